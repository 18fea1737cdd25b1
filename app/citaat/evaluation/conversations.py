"""Measuring conversations: what the last turn finds, by itself and in view of the turns before it."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.chat import conversation
from citaat.domain import Span
from citaat.errors import InputError
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import read_rows
from citaat.library import Library
from citaat.query.query import Query
from citaat.settings import Settings

_DEPTH = 5


def conversation_figures(files: Sequence[tuple[Path, Path]], settings: Settings, far: Sequence[Path] = ()) -> Figures:
    """`{KIND: {WAY: figures}}` of the last turns of conversations, each file with the text it is about.

    The ways: the last turn by itself, in view of the turns before it, as it would be asked with none before it, and that in
    English, where rows tell it. The figures: hit@1 and mrr@5 of the passages whatever their confidence, and what share is
    `refused` at the library's threshold. `held out` are the rows that say so, of any kind. Where there are several texts, `of
    all texts` has what is found in a library of all of them, by the question alone and by one that names its text.

    Args:
        far: files of questions, as of question sets, that these texts do not answer; each is put to each text.

    Raises:
        InputError: a row lacks a field.
    """
    far_questions = {str(path): _questions(path) for path in far}
    refused: dict[str, list[bool]] = {way: [] for way in far_questions}
    found: dict[str, dict[str, list[tuple[int, bool]]]] = {}
    for file, text in files:
        with tempfile.TemporaryDirectory() as name:
            own = replace(settings, data=text, store=Path(name))
            with Library.open_or_build(own) as library:
                for row in read_rows(file):
                    ranks = _ranks(library, row)
                    for kind in ("all", str(row["kind"]), *(["held out"] if row.get("held_out") else [])):
                        for way, rank in ranks.items():
                            found.setdefault(kind, {}).setdefault(way, []).append(rank)
                for way, questions in far_questions.items():
                    refused[way] += [library.ask(question, limit=1).status == "no_answer" for question in questions]
    if len(files) > 1:
        found["of all texts"] = _of_all(files, settings)
    figures = {kind: {way: _rates(np.array(rows)) for way, rows in ways.items()} for kind, ways in sorted(found.items())}
    rates = {way: {"refused": round(float(np.mean(each)), 4), "n": len(each)} for way, each in refused.items()}
    return figures | ({"far": rates} if rates else {})


def _of_all(files: Sequence[tuple[Path, Path]], settings: Settings) -> dict[str, list[tuple[int, bool]]]:
    """Ranks as of `_ranks`, in one library of all texts: the questions as they are, and with "volgens" and the text's name."""
    found: dict[str, list[tuple[int, bool]]] = {"without a name": [], "with its name": []}
    with tempfile.TemporaryDirectory() as name:
        own = replace(settings, store=Path(name))
        Library.index([text for _, text in files], own)
        with Library.open(own) as library:
            documents = {one.file_name: one.id for one in library.documents()}
            for file, text in files:
                for row in read_rows(file):
                    asked, spans = str(row["alone"]), [Span(*span) for span in row["answers"]]
                    for way, more in (("without a name", ""), ("with its name", f" volgens {text.stem}")):
                        question = f"{asked.rstrip(' ?.')}{more}?"
                        found[way].append(_rank(library, library.query(question), spans, documents[text.stem]))
    return found


def _questions(path: Path) -> list[str]:
    rows = read_rows(path)
    if not all(isinstance(row.get("text"), str) and row["text"].strip() for row in rows):
        raise InputError(f"{path} holds a row without 'text': it takes the questions of a question set.", code="no-question-set")
    return [row["text"] for row in rows]


def _ranks(library: Library, row: dict[str, Any]) -> dict[str, tuple[int, bool]]:
    """The rank of the first right passage, 0 for none of five, and whether nothing is quoted, for each way to ask."""
    try:
        turns, spans = [str(turn) for turn in row["turns"]], [Span(*span) for span in row["answers"]]
        asked = conversation.understood(library, turns).query
        queries = {
            "last turn alone": library.query(turns[-1]),
            "in view of the conversation": asked if asked else library.query(turns[-1]),
            "rewritten by hand": library.query(str(row["alone"])),
        }
    except (KeyError, TypeError, ValueError):
        raise InputError("A conversation needs 'turns', 'alone', 'kind' and 'answers' (spans).", code="no-question-set") from None
    if "alone_en" in row:
        queries["rewritten in English"] = library.query(str(row["alone_en"]))
    (document,) = library.documents()
    return {way: _rank(library, query, spans, document.id) for way, query in queries.items()}


def _rank(library: Library, query: Query, spans: Sequence[Span], document: str) -> tuple[int, bool]:
    cited = library.answer(query, limit=_DEPTH, min_confidence=0).citations
    right = [one.number for one in cited if one.document.id == document and any(one.span.covers(span) for span in spans)]
    return min(right, default=0), library.answer(query, limit=1).status == "no_answer"


def _rates(ranks: NDArray[np.int64]) -> Figures:
    """
    Args:
        ranks: int64 [n, 2], of each question the rank, or 0, and 1 if it is refused.
    """
    reciprocal = np.divide(1, ranks[:, 0], out=np.zeros(len(ranks)), where=ranks[:, 0] > 0)
    return {
        "hit@1": round(float((ranks[:, 0] == 1).mean()), 4),
        "mrr@5": round(float(reciprocal.mean()), 4),
        "refused": round(float(ranks[:, 1].mean()), 4),
        "n": len(ranks),
    }
