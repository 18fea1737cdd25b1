"""Question sets in BEIR layout: `corpus.jsonl`, `queries.jsonl` and judgements."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from citaat.errors import InputError

_JUDGEMENT = re.compile(r"([^\t]*)\t([^\t]*)\t *([+-]?\d+)(?:\.0*)? *(?:\t.*)?")


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set in BEIR layout.

    Attributes:
        corpus: rows of `id`, `title` and `text`.
        questions: by id.
        relevant: of each question the rows that answer it, with their gain.
        answers: the words of such a row that answer, where the set tells.
        near: by id, questions on the same subject that the row does not answer, where the set has them.
    """

    name: str
    corpus: list[dict[str, str]]
    questions: dict[str, str]
    relevant: dict[str, dict[str, int]]
    answers: dict[str, str]
    near: dict[str, str] = field(default_factory=dict)

    def without(self, rows: frozenset[str]) -> "QuestionSet":
        """The same set without some rows of the corpus, by id, but for those that answer a question."""
        left_out = rows.difference(*self.relevant.values())
        return replace(self, corpus=[row for row in self.corpus if row["id"] not in left_out])

    def without_copies(self) -> "QuestionSet":
        """The same set with each text once: of equal ones the first stays, relevant where any of them was."""
        first: dict[str, str] = {}
        stands_for = {row["id"]: first.setdefault(row["text"], row["id"]) for row in self.corpus}
        kept = set(first.values())
        relevant = {question: {stands_for[row]: gain for row, gain in rows.items()} for question, rows in self.relevant.items()}
        return replace(self, corpus=[row for row in self.corpus if row["id"] in kept], relevant=relevant)


def read_set(folder: Path, queries: Path | None = None) -> QuestionSet:
    """Read `corpus.jsonl`, `queries.jsonl` (or `queries`), `queries_near.jsonl` if there is one, and `qrels.tsv` or
    `qrels/{test,dev}.tsv`.

    Raises:
        InputError: a file is missing, a row lacks a field, a judgement is no whole number, or no question has a relevant row.
    """
    judged = next((path for name in ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv") if (path := folder / name).is_file()), None)
    if judged is None:
        raise InputError(f"{folder} has no qrels.tsv, qrels/test.tsv or qrels/dev.tsv.", code="no-question-set")
    held, asked, near = folder / "corpus.jsonl", queries or folder / "queries.jsonl", folder / "queries_near.jsonl"
    corpus = [
        {"id": _id(row, held), "title": str(row.get("title") or ""), "text": str(row.get("text") or "")}
        for row in read_rows(held)
    ]
    rows = {_id(row, asked): row for row in read_rows(asked)}
    questions = {name: str(row.get("text") or "") for name, row in rows.items()}
    answers = {name: str(row["answer"]) for name, row in rows.items() if row.get("answer")}
    known = {row["id"] for row in corpus}
    relevant: dict[str, dict[str, int]] = {}
    for question, row, gain in _judgements(judged):
        if gain > 0 and question in questions and row in known:
            relevant.setdefault(question, {})[row] = gain
    if not relevant:
        raise InputError(f"{judged} names no question and row that are both there.", code="no-question-set")
    asked_near = {_id(row, near): str(row.get("text") or "") for row in read_rows(near)} if near.is_file() else {}
    return QuestionSet(
        folder.resolve().name, corpus, {key: questions[key] for key in relevant}, relevant, answers,
        {key: asked_near[key] for key in relevant if key in asked_near},
    )  # fmt: skip


def ids(path: Path | None) -> frozenset[str]:
    """Those of the rows of a .jsonl file, if there is one; InputError as for `read_rows`, or if a row has none."""
    return frozenset(_id(row, path) for row in read_rows(path)) if path else frozenset()


def _judgements(path: Path) -> Iterator[tuple[str, str, int]]:
    """The rows of a file of judgements, below its header: a question, a row of the corpus, and the gain."""
    for number, line in enumerate(read_lines(path)[1:], 2):
        if line.strip():
            found = _JUDGEMENT.fullmatch(line)
            if not found:
                message = f"{path}, line {number}: this is not a question, a row and a whole number, with tabs between."
                raise InputError(message, code="no-question-set")
            yield found[1], found[2], int(found[3])


def read_lines(path: Path) -> list[str]:
    """The lines of a file; a line feed alone ends one, with or without a carriage return before it. InputError if the file
    cannot be read, or is not UTF-8."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return [line.removesuffix("\n").removesuffix("\r") for line in file]
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({type(error).__name__}).", code="no-question-set") from None


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file; InputError if it cannot be read, or a line is no JSON object."""
    rows = []
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: this is not a JSON object, one to a line.", code="no-question-set")
        rows.append(row)
    return rows


def _id(row: dict[str, Any], path: Path) -> str:
    found = row.get("_id", row.get("id"))
    if found is None:
        raise InputError(f"{path} holds a row with neither '_id' nor 'id'.", code="no-question-set")
    return str(found)
