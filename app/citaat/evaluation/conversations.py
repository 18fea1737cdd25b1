"""Measuring conversations: what the last turn finds, by itself and in view of the turns before it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from citaat.chat import conversation
from citaat.domain import Citation, Span
from citaat.errors import InputError
from citaat.evaluation.corpora import temporary_library
from citaat.evaluation.measures import Figures, mean
from citaat.evaluation.question_sets import read_rows
from citaat.evaluation.questions import Outcome, outcome_of, rank_figures
from citaat.library import Library
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
    questions = {str(path): _questions(path) for path in far}
    refused: dict[str, list[bool]] = defaultdict(list)
    found: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for file, text in files:
        with temporary_library([text], settings) as library:
            for row in read_rows(file):
                outcomes = _outcomes(library, row)
                for kind in ("all", str(row["kind"]), *(["held out"] if row.get("held_out") else [])):
                    for way, outcome in outcomes.items():
                        found[kind][way].append(outcome)
            for way, asked in questions.items():
                refused[way] += [library.ask(question, limit=1).status == "no_answer" for question in asked]
    if len(files) > 1:
        found["of all texts"] = _of_all(files, settings)
    figures = {kind: {way: _figures(ones) for way, ones in ways.items()} for kind, ways in sorted(found.items())}
    rates = {way: {"refused": mean(each), "n": len(each)} for way, each in refused.items()}
    return figures | ({"far": rates} if rates else {})


def _of_all(files: Sequence[tuple[Path, Path]], settings: Settings) -> dict[str, list[Outcome]]:
    """What becomes, in one library of all texts, of the questions as they are, and with "volgens" and the text's name."""
    found: dict[str, list[Outcome]] = defaultdict(list)
    with temporary_library([text for _, text in files], settings) as library:
        documents = {one.file_name: one.id for one in library.documents()}
        for file, text in files:
            for row in read_rows(file):
                holds_answer = _answer_in(row, documents[text.stem])
                for way, more in (("without a name", ""), ("with its name", f" volgens {text.stem}")):
                    query = library.query(f"{str(row['alone']).rstrip(' ?.')}{more}?")
                    found[way].append(outcome_of(query, library, holds_answer, _DEPTH))
    return found


def _questions(path: Path) -> list[str]:
    rows = read_rows(path)
    if not all(isinstance(row.get("text"), str) and row["text"].strip() for row in rows):
        raise InputError(f"{path} holds a row without 'text': it takes the questions of a question set.", code="no-question-set")
    return [row["text"] for row in rows]


def _outcomes(library: Library, row: dict[str, Any]) -> dict[str, Outcome]:
    """What becomes of a conversation's last turn, for each way to ask it."""
    (document,) = library.documents()
    try:
        turns, holds_answer = [str(turn) for turn in row["turns"]], _answer_in(row, document.id)
        alone = library.query(turns[-1])
        queries = {
            "last turn alone": alone,
            "in view of the conversation": conversation.understood(library, turns).query or alone,
            "rewritten by hand": library.query(str(row["alone"])),
        }
    except (KeyError, TypeError, ValueError):
        raise InputError("A conversation needs 'turns', 'alone', 'kind' and 'answers' (spans).", code="no-question-set") from None
    if "alone_en" in row:
        queries["rewritten in English"] = library.query(str(row["alone_en"]))
    return {way: outcome_of(query, library, holds_answer, _DEPTH) for way, query in queries.items()}


def _answer_in(row: dict[str, Any], document: str) -> Callable[[Citation], bool]:
    """Whether a citation holds one of a row's answers, which stand in this document."""
    spans = [Span(*span) for span in row["answers"]]
    return lambda citation: citation.document.id == document and any(citation.span.covers(span) for span in spans)


def _figures(outcomes: Sequence[Outcome]) -> Figures:
    return {**rank_figures(outcomes, _DEPTH), "refused": mean(not one.answered for one in outcomes), "n": len(outcomes)}
