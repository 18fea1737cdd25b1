import json
import re
from pathlib import Path
from typing import Any

import pytest

from citaat.errors import InputError
from citaat.evaluation.conversations import conversation_figures
from citaat.settings import Settings

TEXT = "Kernwapens gaan de wereld uit.\n\nDe huur van een woning gaat omlaag in de stad.\n"
RENT = [TEXT.index("De huur"), TEXT.index(" in de stad")]
ROW: dict[str, Any] = {
    "turns": ["Gaat de huur omlaag?", "en van een woning?"], "kind": "follow-up", "alone": "Gaat de huur omlaag?",
    "alone_en": "How do I renew my driving licence?", "answers": [RENT], "held_out": True,
}  # fmt: skip


def files(folder: Path, *rows: dict[str, Any], name: str = "a", text: str = TEXT) -> tuple[Path, Path]:
    (folder / f"{name}.txt").write_text(text)
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder / f"{name}.jsonl", folder / f"{name}.txt"


def far(folder: Path, *questions: str) -> Path:
    (folder / "queries.jsonl").write_text("\n".join(json.dumps({"id": "1", "text": text}) for text in questions))
    return folder / "queries.jsonl"


def test_it_is_told_what_each_way_to_ask_finds_and_what_is_refused(words: Settings, tmp_path: Path) -> None:
    asked = far(tmp_path, "Hoe bak ik een appeltaart?", "Waar gaan kernwapens heen?", "Wie is er jarig?")
    found = conversation_figures([files(tmp_path, ROW)], words, [asked])
    assert list(found) == ["all", "follow-up", "held out", "far"]
    assert found["far"] == {str(asked): {"refused": 0.6667, "n": 3}}
    assert found["all"]["rewritten by hand"] == {"hit@1": 1.0, "mrr@5": 1.0, "refused": 0.0, "n": 1}
    assert found["all"]["in view of the conversation"] == {"hit@1": 1.0, "mrr@5": 1.0, "refused": 0.0, "n": 1}
    assert found["all"]["rewritten in English"]["refused"] == 1.0
    assert found["all"] == found["follow-up"] == found["held out"]
    assert not words.store.exists(), "the library of the settings is left alone"


def test_the_last_turn_alone_is_asked_without_those_before_it(words: Settings, tmp_path: Path) -> None:
    row = ROW | {"turns": ["Gaat de huur omlaag?", "en waarom?"]}
    del row["alone_en"], row["held_out"]
    found = conversation_figures([files(tmp_path, row)], words)
    assert list(found) == ["all", "follow-up"]
    assert found["all"]["in view of the conversation"]["hit@1"] == 1.0
    assert found["all"]["last turn alone"] == {"hit@1": 0.0, "mrr@5": 0.5, "refused": 1.0, "n": 1}
    assert "rewritten in English" not in found["all"]


def test_a_courtesy_is_measured_as_the_question_that_it_would_be(words: Settings, tmp_path: Path) -> None:
    found = conversation_figures([files(tmp_path, ROW | {"turns": ["Gaat de huur omlaag?", "Dank je wel!"]})], words)
    assert found["all"]["in view of the conversation"] == found["all"]["last turn alone"]


def test_a_passage_is_right_if_it_holds_the_whole_of_one_answer(words: Settings, tmp_path: Path) -> None:
    spans = {"half": [[RENT[0] - 5, RENT[1]]], "another": [[0, 5]], "one of two": [[0, 5], RENT]}
    rows = [ROW | {"kind": kind, "answers": answers} for kind, answers in spans.items()]
    found = conversation_figures([files(tmp_path, *rows)], words)
    hits = {kind: ways["rewritten by hand"]["hit@1"] for kind, ways in found.items()}
    assert hits == {"all": 0.3333, "another": 0.0, "half": 0.0, "held out": 0.3333, "one of two": 1.0}
    assert found["all"]["rewritten by hand"]["mrr@5"] == 0.5
    assert found["half"]["rewritten by hand"]["mrr@5"] == 0.0
    assert found["another"]["rewritten by hand"]["mrr@5"] == 0.5


@pytest.mark.parametrize(("rank", "reciprocal"), [(3, 0.3333), (5, 0.2), (6, 0.0)])
def test_five_passages_are_judged(words: Settings, tmp_path: Path, rank: int, reciprocal: float) -> None:
    text = "".join(f"De huur gaat {'heel ' * number}omlaag.\n\n" for number in range(6))
    starts = [place.start() for place in re.finditer("De", text)]
    row = ROW | {"turns": ["huur"], "alone": "huur", "answers": [[starts[rank - 1], starts[rank - 1] + 7]]}
    found = conversation_figures([files(tmp_path, row, text=text)], words)
    assert found["all"]["rewritten by hand"]["mrr@5"] == reciprocal


def test_questions_of_several_texts_are_put_to_all_of_them_with_and_without_a_name(words: Settings, tmp_path: Path) -> None:
    asked = []
    for name, text in (("XYZ", "De huur gaat omlaag."), ("QRS", "De huur blijft.")):
        row = ROW | {"turns": ["Gaat de huur omlaag?"], "answers": [[0, len(text)]]}
        asked.append(files(tmp_path, row, name=name, text=text))
    found = conversation_figures(asked, words)["of all texts"]
    assert (found["without a name"]["hit@1"], found["with its name"]["hit@1"]) == (0.5, 1.0)
    assert found["without a name"]["n"] == 2
    assert "of all texts" not in conversation_figures(asked[:1], words)


@pytest.mark.parametrize("name", ["turns", "alone", "answers"])
def test_a_conversation_that_lacks_a_field_is_refused(words: Settings, tmp_path: Path, name: str) -> None:
    row = {key: value for key, value in ROW.items() if key != name}
    with pytest.raises(InputError, match=r"needs 'turns', 'alone', 'kind' and 'answers' \(spans\)"):
        conversation_figures([files(tmp_path, row)], words)


@pytest.mark.parametrize("answers", [[[5, 3]], [[1]], [["a", "b"]], 5])
def test_answers_that_are_no_spans_are_refused(words: Settings, tmp_path: Path, answers: object) -> None:
    with pytest.raises(InputError, match=r"'answers' \(spans\)"):
        conversation_figures([files(tmp_path, ROW | {"answers": answers})], words)


@pytest.mark.parametrize("text", ["", " ", None])
def test_far_questions_without_text_are_refused(words: Settings, tmp_path: Path, text: str | None) -> None:
    (tmp_path / "far.jsonl").write_text(json.dumps({"text": text}))
    with pytest.raises(InputError, match=r"far\.jsonl holds a row without 'text'"):
        conversation_figures([files(tmp_path, ROW)], words, [tmp_path / "far.jsonl"])
