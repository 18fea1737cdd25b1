"""Three hundred answers of every kind, as the first version gave them: ids, spans, highlights, status, suggestions, confidence.

A row that changes is changed in `tests/golden/answers.jsonl` by hand or with UPDATE_GOLDEN=1, in a commit that says which and
why.
"""

import json
import os
from typing import Any

import pytest

from citaat.chat.conversation import Message, reply
from citaat.domain import Answer
from citaat.library import Library
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "answers.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
# BLAS adds in another order with another number of threads.
TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def found(shipped: Library, laws: Library) -> dict[str, Any]:
    return {row["id"]: asked(shipped if row["library"] == "shipped" else laws, row) for row in ROWS}


def asked(library: Library, row: dict[str, Any]) -> dict[str, Any]:
    """The row's conversation, answered now."""
    turns = [Message("user", row["turns"][0])]
    for turn in row["turns"][1:]:
        turns += [Message("assistant", "…"), Message("user", turn)]
    fields = {name: row[name] for name in ("limit", "documents", "min_confidence")}
    said = reply(library, turns, **fields)
    return written(said.answer, said.language)


def written(answer: Answer, language: str) -> dict[str, Any]:
    citations = [
        {
            "id": one.id, "start": one.span.start, "end": one.span.end,
            "highlights": [[span.start, span.end] for span in one.highlights],
            "section": list(one.section), "confidence": round(one.confidence, 6),
        }
        for one in answer.citations
    ]  # fmt: skip
    return {
        "question": answer.question, "language": language, "status": answer.status,
        "suggestions": list(answer.suggestions), "citations": citations,
    }  # fmt: skip


def without_confidence(answer: dict[str, Any]) -> dict[str, Any]:
    citations = [{key: value for key, value in one.items() if key != "confidence"} for one in answer["citations"]]
    return answer | {"citations": citations}


def confidences(answer: dict[str, Any]) -> list[float]:
    return [citation["confidence"] for citation in answer["citations"]]


def is_same(now: dict[str, Any], then: dict[str, Any]) -> bool:
    """Whether two answers differ in nothing but the last digits of confidences, which are not worth a line of a commit."""
    return without_confidence(now) == without_confidence(then) and confidences(now) == pytest.approx(
        confidences(then), abs=TOLERANCE
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_answer_is_the_one_that_was_given_before(found: dict[str, Any], row: dict[str, Any]) -> None:
    now, then = found[row["id"]], row["answer"]
    assert without_confidence(now) == without_confidence(then)
    assert confidences(now) == pytest.approx(confidences(then), abs=TOLERANCE)


def test_the_golden_file_is_written_anew_on_request(found: dict[str, Any]) -> None:
    """Set UPDATE_GOLDEN=1, and read the difference before you commit it."""
    if os.environ.get("UPDATE_GOLDEN"):
        rows = [row if is_same(found[row["id"]], row["answer"]) else row | {"answer": found[row["id"]]} for row in ROWS]
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
        GOLDEN.write_text("\n".join(lines) + "\n", "utf-8")
    assert len(found) == len(ROWS) == 300
