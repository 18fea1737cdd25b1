"""From a question to a Query, in steps: who is asked, language, spelling, translation, terms, vector."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatVector
from citaat.encoders.protocol import Encoder
from citaat.query import spelling
from citaat.query.follow_ups import Question
from citaat.query.publishers import Mention, Publishers, are_joined, end_of
from citaat.query.query import DocumentLanguages, Query
from citaat.query.translation import Table, Translations
from citaat.query.turns import Turn, Word
from citaat.store.protocol import Store
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.language import language_of
from citaat.text.words import Token, content_words, word_list

_INTRODUCTION = re.compile(r"(?:\b(?:volgens|bij|van|door|according to|by|of)\s+)?(?:\b(?:de|het|the)\s+)?$", re.IGNORECASE)
"""What leads to a name, and goes with it."""
_HEAD_NOUN = re.compile(r"(?:['’]?s)?[-\s]+(?=\w)")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is searched for, before it is a Query.

    Attributes:
        turn: whose words these are.
        cuts: parts of the turn's text that are left out, in code points, in order.
        carried: words that it takes along.
        publishers: as of Query.
        documents: as of Query.
    """

    turn: Turn
    cuts: tuple[tuple[int, int], ...]
    carried: tuple[Word, ...]
    publishers: tuple[frozenset[str], ...]
    documents: frozenset[str] | None

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The turn's tokens that are left."""
        return tuple(one for one in self.turn.tokens if not any(start <= one.start < end for start, end in self.cuts))

    @property
    def words(self) -> list[str]:
        """Every word that is searched for, folded."""
        return [*(token.folded for token in self.tokens), *chain.from_iterable(word.tokens for word in self.carried)]


class Understanding:
    """Makes queries for one library; everything that is known of its words, its documents and their publishers."""

    def __init__(self, store: Store, encoder: Encoder, background: Background, translations: Translations) -> None:
        self._store, self._encoder, self._background = store, encoder, background
        self._translations, self._analyzer = translations, Analyzer()
        self._languages = DocumentLanguages(store.documents())
        self.publishers = Publishers(store.documents(), translations.is_word)

    def word_vectors(self, words: Sequence[str]) -> Mapping[str, FloatVector]:
        """The vector of each distinct word or text as a question by itself, by one call of the encoder."""
        distinct = list(dict.fromkeys(words))
        return dict(zip(distinct, self._encoder.encode(distinct, "question").vectors, strict=True))

    def queries(
        self,
        questions: Sequence[Question],
        documents: Sequence[str] | None = None,
        known: Mapping[str, FloatVector] = MappingProxyType({}),
    ) -> list[Query]:
        """The query of each question, by one call of the encoder.

        Args:
            documents: ids of the documents that they are put to; None for all.
            known: vectors of texts that were encoded before, as `word_vectors` gives them.

        Raises:
            NotFoundError: there is no such document.
        """
        allowed = None if documents is None else frozenset(self._store.document(one).id for one in documents)
        readings = [(question, self._readings(question, allowed)) for question in questions]
        drafts = [(question, [self._draft(question, one) for one in ones]) for question, ones in readings]
        vectors = {text: (vector, False) for text, vector in known.items()}
        texts = list(dict.fromkeys(draft.text for _, ones in drafts for draft in ones if draft.text not in vectors))
        if texts:
            encoded = self._encoder.encode(texts, "question")
            vectors |= zip(texts, zip(encoded.vectors, encoded.truncated.tolist(), strict=True), strict=True)
        return [_with_vectors(ones, vectors) for _, ones in drafts]

    def _readings(self, question: Question, allowed: frozenset[str] | None) -> list[_Reading]:
        """The ways to read a question, the one that is preferred first: with the publishers asked, or as words of it."""
        whole = _Reading(question.turn, (), question.carried, (), allowed)
        named = () if question.turn.excludes_publishers else self._named(question)
        addressed = tuple(one for one in named if one.is_addressed)
        meant = addressed or named
        groups = tuple({frozenset(one.documents): None for one in meant})
        asked = frozenset(chain.from_iterable(groups))
        asked = asked if allowed is None else asked & allowed
        if not any(self._store.document(one).passages for one in asked):
            return [whole]
        carried = tuple(word for word in question.carried if word.text not in {one.name for one in meant})
        cut = replace(whole, cuts=_cuts(question.turn, meant), carried=carried)
        restricted = replace(cut if _has_subject(cut) else whole, documents=asked)
        return [replace(restricted, publishers=groups)] if addressed else [restricted, whole]

    def _named(self, question: Question) -> tuple[Mention, ...]:
        """The publishers that a question names itself, that were asked before, or that are among the words it takes along."""
        before = tuple(replace(one, is_addressed=True) for one in question.asked_before)
        carried = tuple(one for word in question.carried if (one := self.publishers.acronym(word.text)))
        return (*question.turn.mentions, *carried, *before)

    def _draft(self, question: Question, reading: _Reading) -> Query:
        """The query of a reading but for its vector."""
        words = reading.words
        language = language_of(words)
        table = self._table(language) if self._languages.differ(language).any() else None
        corrections = spelling.corrections(words, self._frequencies, table if table and language == "en" else ())
        content = content_words(corrections.get(word, word) for word in words)
        translated = " ".join(table.translations(content)).split() if table else []
        return Query(
            question=question.text,
            text=_written(reading, corrections),
            language=language,
            vector=np.empty(0, np.float32),
            terms=tuple(self._analyzer.terms(content)),
            translated=tuple(self._analyzer.terms(content_words(translated))),
            documents=reading.documents,
            publishers=reading.publishers,
        )

    def _table(self, language: str | None) -> Table:
        """From a language to the other: made when it is first needed, which takes a tenth of a second."""
        return self._translations.from_english if language == "en" else self._translations.from_dutch

    def _frequencies(self, words: Sequence[str]) -> NDArray[np.int64]:
        """How many passages of the library hold each word or one of its stem; 1 for an everyday word that none holds."""
        stems = [self._analyzer.stem(word) for word in words]
        own = self._store.document_frequencies(stems)
        everyday = [
            int(word in word_list("stop") or stem in self._background.counts) for word, stem in zip(words, stems, strict=True)
        ]
        return np.where(own > 0, own, everyday)


def _with_vectors(drafts: Sequence[Query], vectors: Mapping[str, tuple[FloatVector, bool]]) -> Query:
    """The queries of a question's readings as one, the others as alternatives of the first."""
    first, *others = [replace(draft, vector=vectors[draft.text][0], is_truncated=vectors[draft.text][1]) for draft in drafts]
    return replace(first, alternative=others[0]) if others else first


def _has_subject(reading: _Reading) -> bool:
    """Whether something is left to search for beside the words that only ask for a view."""
    return any(word not in word_list("stop") and word not in word_list("stance") for word in reading.words)


def _cuts(turn: Turn, meant: Sequence[Mention]) -> tuple[tuple[int, int], ...]:
    """The parts of a turn that name those who are asked, with what leads to them; names side by side are one part."""
    cuts: list[tuple[int, int]] = []
    last: Mention | None = None
    for mention in (one for one in turn.mentions if one in meant):
        end = end_of(turn.text, mention)
        noun = _HEAD_NOUN.match(turn.text, mention.end) if end > mention.end or turn.text.startswith("-", end) else None
        end = noun.end() if noun else end
        if last and are_joined(turn.text, last, mention):
            cuts[-1] = cuts[-1][0], end
        else:
            introduction = None if noun else _INTRODUCTION.search(turn.text, 0, mention.start)
            cuts.append((introduction.start() if introduction else mention.start, end))
        last = mention
    return tuple(cuts)


def _written(reading: _Reading, corrections: Mapping[str, str]) -> str:
    """The text of a reading: the turn's without the cuts, with corrected words, and the carried words in parentheses."""
    text, parts, at = reading.turn.text, [], 0
    edits = [(start, end, " ") for start, end in reading.cuts]
    edits += [(one.start, one.end, corrections[one.folded]) for one in reading.tokens if one.folded in corrections]
    for start, end, instead in sorted(edits):
        parts += [text[at:start], instead]
        at = end
    written = "".join([*parts, text[at:]])
    if reading.cuts:
        written = re.sub(r"\s+(?=[?!.,)]|$)", "", " ".join(written.split()))
    carried = [corrections.get(word.folded, word.text) for word in reading.carried]
    return f"{written} ({', '.join(carried)})" if carried else written
