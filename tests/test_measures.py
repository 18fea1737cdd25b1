import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from citaat.errors import InputError
from citaat.evaluation import measures
from citaat.evaluation.conversations import conversation_figures
from citaat.evaluation.evaluation import QuestionSet, indexed
from citaat.evaluation.measures import Curve
from citaat.retrieval.model import load_background
from citaat.retrieval.search import Search
from citaat.settings import Settings

from tests.fakes import HashEncoder

CORPUS = [
    {"id": "a", "title": "", "text": "Kernwapens moeten weg. De huur gaat omlaag met tien procent. Zorg is er voor iedereen."},
    {"id": "b", "title": "", "text": "Kernwapens moeten weg. De huur gaat omlaag met tien procent. Zorg is er voor iedereen."},
    {"id": "c", "title": "", "text": "Vrede."},
]
SET = QuestionSet("p", CORPUS, {"1": "Hoeveel gaat de huur omlaag?"}, {"1": {"b": 1.0}}, {"1": "tien procent"})


def test_a_highlight_is_a_hit_if_it_holds_the_whole_answer(settings: Settings) -> None:
    with indexed(SET.corpus, model := HashEncoder()) as store:
        figures = measures.highlight_figures(SET, Search(store, model, load_background(settings.model)))
    first, second = "Kernwapens moeten weg.", "De huur gaat omlaag met tien procent."
    assert figures["first sentence"] == {"highlight_hit": 0.0, "share": round(len(first) / len(CORPUS[0]["text"]), 4), "n": 1}
    assert figures["oracle"] == {"highlight_hit": 1.0, "share": round(len(second) / len(CORPUS[0]["text"]), 4), "n": 1}
    assert figures["highlights"]["highlight_hit"] == 1.0


def test_an_answer_is_found_whatever_its_case_and_whatever_letters_stand_before_it(settings: Settings) -> None:
    first, second = "İ" * 30 + " is er.", "De huur gaat TIEN PROCENT omlaag."
    own = replace(SET, corpus=[{"id": "b", "title": "", "text": f"{first} {second} Zorg is er voor iedereen."}])
    with indexed(own.corpus, model := HashEncoder()) as store:
        figures = measures.highlight_figures(own, Search(store, model, load_background(settings.model)))
    assert figures["oracle"]["share"] == round(len(second) / len(own.corpus[0]["text"]), 4)


def test_answers_that_stand_in_no_passage_have_no_figures(settings: Settings) -> None:
    own = replace(SET, answers={"1": "elders"})
    with indexed(own.corpus, model := HashEncoder()) as store:
        assert measures.highlight_figures(own, Search(store, model, load_background(settings.model))) == {}


def test_copies_are_taken_together() -> None:
    once = SET.without_copies()
    assert [row["id"] for row in once.corpus] == ["a", "c"]
    assert once.relevant == {"1": {"a": 1.0}}


def test_each_content_word_gets_one_typing_error_and_the_seed_decides_which() -> None:
    question = "Hoeveel gaat de huur omlaag?"
    one = measures.mistyped(SET).questions["1"]
    assert one == measures.mistyped(SET).questions["1"]
    changed = [was != now for was, now in zip(question.split(), one.split(), strict=True)]
    assert changed == [False, True, False, True, True]
    assert one.endswith("?")


def test_lines_that_translate_each_other_are_found_both_ways(tmp_path: Path) -> None:
    left, right = tmp_path / "nl", tmp_path / "en"
    left.write_text("een twee\ndrie vier\n")
    right.write_text("een twee\nvijf\n")
    figures = measures.translation_figures(left, right, HashEncoder())
    assert [one["n"] for one in figures.values()] == [2, 2]
    left.write_bytes("een\u2028twee\r\ndrie\u0085vier\r\n".encode())
    assert measures.translation_figures(left, right, HashEncoder())["nl > en"]["n"] == 2
    right.write_text("een\n")
    with pytest.raises(InputError, match="as many lines"):
        measures.translation_figures(left, right, HashEncoder())


def test_risk_falls_where_the_sure_answers_are_right(tmp_path: Path) -> None:
    curve = Curve(np.array([0.1, 0.9, 0.5, 0.7]), np.array([0.0, 1.0, 0.0, 1.0]), 0.6)
    coverage, risk = curve.points()
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0.0, 0.0, pytest.approx(1 / 3), 0.5]
    measures.draw({"p": curve}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="cannot be written"):
        measures.draw({"p": curve}, tmp_path / "nergens" / "curve.png")


def test_conversations_tell_what_each_way_to_ask_finds_and_what_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Kernwapens gaan de wereld uit.\n\nDe huur gaat omlaag met tien procent.\n")
    row = {
        "turns": ["Gaat de huur omlaag?", "en met hoeveel?"], "kind": "follow-up", "alone": "Gaat de huur omlaag?",
        "alone_en": "How do I renew my driving licence?", "answers": [[32, 60]], "held_out": True,
    }  # fmt: skip
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "queries.jsonl").write_text(json.dumps({"id": "1", "text": "Hoe bak ik een appeltaart?"}) + "\n")
    asked = [(tmp_path / "rows.jsonl", tmp_path / "text.txt")]
    found = conversation_figures(asked, settings, [tmp_path / "queries.jsonl"])
    assert set(found) == {"all", "follow-up", "held out", "far"}
    assert found["far"][str(tmp_path / "queries.jsonl")] == {"refused": 1.0, "n": 1}
    assert found["all"]["rewritten by hand"] == {"hit@1": 1.0, "mrr@5": 1.0, "refused": 0.0, "n": 1}
    assert found["all"]["in view of the conversation"]["hit@1"] == 1.0
    assert found["all"]["rewritten in English"]["refused"] == 1.0


def test_questions_of_several_texts_are_put_to_all_of_them_with_and_without_a_name(settings: Settings, tmp_path: Path) -> None:
    for name, text, span in (("XYZ", "De huur gaat omlaag.", [0, 20]), ("QRS", "Wij laten de huur zoals die is.", [0, 31])):
        row = {"turns": ["Gaat de huur omlaag?"], "kind": "a", "alone": "Gaat de huur omlaag?", "answers": [span]}
        (tmp_path / f"{name}.txt").write_text(text)
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    asked = [(tmp_path / f"{name}.jsonl", tmp_path / f"{name}.txt") for name in ("XYZ", "QRS")]
    found = conversation_figures(asked, settings)["of all texts"]
    assert (found["without a name"]["hit@1"], found["with its name"]["hit@1"]) == (0.5, 1.0)
