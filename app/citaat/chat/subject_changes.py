"""What the last turn of a conversation asks, in view of those before it.

Each turn is read once. The words that say what turns are about are encoded by one call, the texts of all ways to read the
last turns by another; then searches decide, turn by turn, whether it has gone on to another subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from citaat.chat.intents import intent_of
from citaat.domain import FloatVector
from citaat.library import Library, Ranking
from citaat.limits import LONGEST_QUESTION
from citaat.query.follow_ups import UNRELATED, Question, in_view_of, is_context_dependent, may_change_subject
from citaat.query.query import Query
from citaat.query.turns import Turn


@dataclass(frozen=True, slots=True)
class _Choice:
    """The two ways to read a turn after a question: with its words, and without; where both can be meant, a search decides."""

    carried: Question
    alone: Question

    @property
    def is_open(self) -> bool:
        return bool(self.carried.carried) and may_change_subject(self.carried.turn)

    @property
    def outcomes(self) -> list[Question]:
        return [self.carried, self.alone] if self.is_open else [self.carried]


@dataclass(frozen=True, slots=True)
class Contextualised:
    """The query of a turn, and what was found for it where that decided how the turn is read."""

    query: Query
    ranking: Ranking | None = None


def contextualised(library: Library, turns: Sequence[Turn], documents: Sequence[str] | None = None) -> Contextualised:
    """The query of the last of a person's turns.

    Args:
        turns: those that are read, oldest first; all but the last may be courtesies.
        documents: ids of the documents that it is put to; None for all.

    Raises:
        NotFoundError: there is no such document.
    """
    first, *following = _chain([turn for turn in turns[:-1] if intent_of(turn.words) == "question"] + [turns[-1]])
    vectors = _word_vectors(library, [first, *following])
    layers: list[dict[Question, _Choice]] = []
    possible = [Question(first)]
    for turn in following:
        choices = {before: _choice(before, turn, vectors) for before in possible}
        layers.append(choices)
        possible = list(dict.fromkeys(chain.from_iterable(choice.outcomes for choice in choices.values())))
    queries = _queries(library, layers, [*possible, Question(turns[-1])], documents, vectors)
    asked, rankings = Question(first), dict[Question, Ranking]()
    for choices in layers:
        asked, rankings = _decided(library, choices[asked], queries)
    if asked.carried and queries[asked].is_truncated:
        asked = Question(turns[-1])
    return Contextualised(queries[asked], rankings.get(asked))


def _chain(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns from the one that stands alone: what comes before it has no say."""
    start = next(
        (at for at in range(len(turns) - 1, 0, -1) if not (is_context_dependent(turns[at]) or may_change_subject(turns[at]))), 0
    )
    return list(turns[start:])


def _word_vectors(library: Library, turns: Sequence[Turn]) -> Mapping[str, FloatVector]:
    words = [word.text for turn in turns for word in turn.content]
    return library.understanding.word_vectors([*words, *UNRELATED]) if len(turns) > 1 and words else {}


def _choice(before: Question, turn: Turn, vectors: Mapping[str, FloatVector]) -> _Choice:
    carried, alone = in_view_of(before, turn, vectors)
    return _Choice(carried, alone) if len(carried.text) <= LONGEST_QUESTION else _Choice(Question(turn), Question(turn))


def _queries(
    library: Library,
    layers: Sequence[dict[Question, _Choice]],
    last: Sequence[Question],
    documents: Sequence[str] | None,
    known: Mapping[str, FloatVector],
) -> dict[Question, Query]:
    """The query of each question that a search may be made for, by one call of the encoder."""
    choices = [choice for layer in layers for choice in layer.values()]
    questions = [*last, *chain.from_iterable((one.carried, one.alone) for one in choices if one.is_open)]
    distinct = list(dict.fromkeys(questions))
    return dict(zip(distinct, library.understanding.queries(distinct, documents, known), strict=True))


def _decided(library: Library, choice: _Choice, queries: Mapping[Question, Query]) -> tuple[Question, dict[Question, Ranking]]:
    """The way to read a turn, and what was found to decide it. It has gone on to another subject where it is answered by
    itself, but not by the passage that it finds with the words of the question before: after a question on the army, "en de
    huur?" finds the army with those words, and the rent without."""
    if not choice.is_open:
        return choice.carried, {}
    if queries[choice.carried].is_truncated:
        return choice.alone, {}
    alone = library.rank(queries[choice.alone])
    answering = alone.answering_rows.tolist()
    if not answering:
        return choice.carried, {}
    carried = library.rank(queries[choice.carried])
    is_another = int(carried.rows[0]) not in answering
    return choice.alone if is_another else choice.carried, {choice.alone: alone, choice.carried: carried}
