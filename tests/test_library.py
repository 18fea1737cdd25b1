import json
import re
from pathlib import Path

import numpy as np
import pytest
from citaat import library as library_module
from citaat.errors import InputError, NotFoundError, StoreError
from citaat.library import Library
from citaat.retrieval.search import FEATURES
from citaat.settings import Settings
from citaat.text.lexicon import STOP_WORDS, Analyzer, fold
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.conftest import ROOT, SEED

QUESTIONS = [json.loads(line) for line in (ROOT / "tests" / "questions" / "seed.jsonl").read_text("utf-8").splitlines()]
TEXT = SEED.read_bytes().decode()


@pytest.mark.parametrize(
    "row", [row for row in QUESTIONS if row["answer"] and row["kind"] == "plain"], ids=lambda row: row["question"]
)
def test_the_right_paragraph_comes_first_byte_for_byte(shipped: Library, row: dict[str, str]) -> None:
    answer = shipped.ask(row["question"])
    assert answer.status == "answered"
    best = answer.citations[0]
    assert row["answer"] in best.quote
    assert best.quote == best.span.of(TEXT)
    assert all(best.span.covers(span) for span in best.highlights)
    assert best.highlights


@pytest.mark.parametrize("row", [row for row in QUESTIONS if row["kind"] == "far"], ids=lambda row: row["question"])
def test_a_question_about_something_else_has_no_answer(shipped: Library, row: dict[str, str]) -> None:
    answer = shipped.ask(row["question"])
    assert (answer.status, answer.citations) == ("no_answer", ())
    assert answer.suggestions


def test_five_questions_share_no_content_word_with_the_passage_that_answers(shipped: Library) -> None:
    rows = [row for row in QUESTIONS if row["kind"] == "other words"]
    analyzer = Analyzer(stems_only=True)
    for row in rows:
        (passage,) = [shipped.store.quote(place) for place in range(5) if row["answer"] in shipped.store.quote(place)]
        words = [word for word in re.findall(r"\w+", fold(row["question"])) if word not in STOP_WORDS]
        assert not set(analyzer.terms(" ".join(words))) & set(analyzer.terms(passage)), row["question"]
    assert len(rows) == 5


def test_the_same_question_gives_the_same_answer(shipped: Library) -> None:
    assert shipped.ask("Mag Nederland wapens exporteren?") == shipped.ask("Mag Nederland wapens exporteren?")


QUESTION_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=60)


@hypothesis_settings(max_examples=50)
@given(QUESTION_TEXT.filter(lambda text: bool(text.strip())))
def test_whatever_is_asked_every_quote_is_a_slice_and_the_best_comes_first(settings: Settings, question: str) -> None:
    with Library.open(settings) as opened:
        answer = opened.ask(question, min_confidence=0, limit=20)
    assert [citation.quote for citation in answer.citations] == [citation.span.of(TEXT) for citation in answer.citations]
    confidences = [citation.confidence for citation in answer.citations]
    assert confidences == sorted(confidences, reverse=True)


@pytest.mark.parametrize(
    ("question", "code"),
    [("", "question-empty"), (" \n", "question-empty"), ("a" * 2_001, "question-too-long"), ("a\0b", "question-unreadable"),
     ("a\ud800", "question-unreadable")],
)  # fmt: skip
def test_a_bad_question_is_refused_by_name(shipped: Library, question: str, code: str) -> None:
    with pytest.raises(InputError) as error:
        shipped.ask(question)
    assert error.value.code == code


def test_limits_and_documents_are_checked(shipped: Library) -> None:
    with pytest.raises(InputError, match="1 to 50"):
        shipped.ask("vrede", limit=51)
    with pytest.raises(InputError, match="0 to 1"):
        shipped.ask("vrede", min_confidence=float("nan"))
    with pytest.raises(NotFoundError, match="It holds 1: verkiezingsprogramma-7-3"):
        shipped.ask("vrede", documents=["elders"])


def test_min_confidence_replaces_the_threshold(shipped: Library) -> None:
    assert len(shipped.ask("Hoe bak ik een appeltaart?", min_confidence=0).citations) == 3
    assert shipped.ask("Wat vindt de partij van kernwapens?", min_confidence=1).status == "no_answer"


def test_an_index_of_another_encoder_is_refused_with_the_command(settings: Settings, shipped: Library) -> None:
    class Other:
        name, fingerprint, dimension = "other", "0", 256

    with pytest.raises(StoreError, match="Run: citaat index") as error:
        library_module._refuse_stale(shipped.store, Other())  # type: ignore[arg-type]
    assert error.value.code == "store-stale"


def test_an_index_that_was_fitted_to_another_ranking_is_stale(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped.store, "probes", np.zeros((20, len(FEATURES) + 1), np.float32))
    with pytest.raises(StoreError, match="another ranking"):
        library_module._refuse_stale(shipped.store, shipped.model.encoder)


def test_a_missing_index_is_built_from_the_data(settings: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(settings.data, settings.model, tmp_path / "new", "")
    with pytest.raises(StoreError, match="There is no index"):
        Library.open(elsewhere)
    with Library.open_or_build(elsewhere) as opened:
        assert len(opened.store) == 5
