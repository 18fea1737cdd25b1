"""What the last turn of a conversation asks, in view of those before it.

Each turn is read once. The words that say what turns are about are encoded by one call, the texts of all ways to read the
last turns by another; then searches decide, turn by turn, whether it has gone on to another subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from citaat.chat.intents import intent_of
from citaat.library import Library, Ranking
from citaat.query.follow_ups import UNRELATED, Question, contextualise, is_context_dependent, may_change_subject
from citaat.query.query import Query
from citaat.query.turns import Turn


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
    first, *following = _since_last_alone([turn for turn in turns[:-1] if intent_of(turn.words) == "question"] + [turns[-1]])
    words = [word for turn in (first, *following) for word in turn.content]
    encoded = library.understanding.encode([*words, *UNRELATED]) if following and words else {}
    vectors = {word: one.vector for word, one in encoded.items()}
    alone = Question(turns[-1])
    # What each turn may ask, by what the one before it may have asked.
    layers: list[dict[Question, Question]] = []
    possible = [Question(first)]
    for turn in following:
        layers.append({before: contextualise(turn, before, vectors) for before in possible})
        possible = list(dict.fromkeys(reading for asked in layers[-1].values() for reading in asked.readings))
    undecided = [asked.readings for layer in layers for asked in layer.values() if len(asked.readings) > 1]
    searched = list(dict.fromkeys([*possible, alone, *chain.from_iterable(undecided)]))
    queries = dict(zip(searched, library.understanding.queries(searched, documents, encoded), strict=True))
    asked, rankings = Question(first), dict[Question, Ranking]()
    for layer in layers:
        asked, rankings = _decided(library, layer[asked], queries)
    asked = alone if asked.carried and queries[asked].is_truncated else asked
    return Contextualised(queries[asked], rankings.get(asked))


def _since_last_alone(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The last turns from the one that stands alone: what comes before it has no say."""
    alone = [at for at, turn in enumerate(turns) if not (is_context_dependent(turn) or may_change_subject(turn))]
    return turns[max(alone, default=0) :]


def _decided(library: Library, asked: Question, queries: Mapping[Question, Query]) -> tuple[Question, dict[Question, Ranking]]:
    """The way to read a turn, and what was found to decide it. It has gone on to another subject where it is answered by
    itself, but not by the passage that it finds with the words of the question before: after a question on the army, "en de
    huur?" finds the army with those words, and the rent without."""
    if len(asked.readings) == 1:
        return asked, {}
    _, alone = asked.readings
    if queries[asked].is_truncated:
        return alone, {}
    by_itself = library.rank(queries[alone])
    answering = by_itself.answering_rows.tolist()
    if not answering:
        return asked, {}
    in_context = library.rank(queries[asked])
    is_another = int(in_context.rows[0]) not in answering
    return alone if is_another else asked, {alone: by_itself, asked: in_context}
