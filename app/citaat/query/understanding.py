"""From a question to a Query, in steps: who is asked, language, spelling, translation, terms, vector."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.protocol import Encoder
from citaat.query import spelling
from citaat.query.follow_ups import Question
from citaat.query.publishers import Mention, Publishers, are_joined, end_of, excludes
from citaat.query.query import DocumentLanguages, EncodedText, Query
from citaat.query.translation import Translations
from citaat.query.turns import Turn
from citaat.store.protocol import Store
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.language import language_of
from citaat.text.words import Token, content_words, fold, word_list, words

_INTRODUCTION = re.compile(r"(?:\b(?:volgens|bij|van|door|according to|by|of)\s+)?(?:\b(?:de|het|the)\s+)?$", re.IGNORECASE)
"""What leads to a name, and goes with it."""
_HEAD_NOUN = re.compile(r"(?:['’]?s)?[-\s]+(?=\w)")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is searched for, before it is a Query: a turn but for the `cuts` of its text, in order, and what it takes along."""

    turn: Turn
    cuts: tuple[tuple[int, int], ...]
    carried: tuple[str, ...]
    publishers: tuple[frozenset[str], ...]
    documents: frozenset[str] | None

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The turn's tokens that are left."""
        return tuple(one for one in self.turn.tokens if not any(start <= one.start < end for start, end in self.cuts))

    @property
    def folded(self) -> list[str]:
        """Every word that is searched for, folded."""
        return [*(token.folded for token in self.tokens), *chain.from_iterable(map(words, self.carried))]


class Understanding:
    """Makes queries for one library; everything that is known of its words, its documents and their publishers."""

    def __init__(self, store: Store, encoder: Encoder, background: Background, translations: Translations) -> None:
        self._store, self._encoder, self._background = store, encoder, background
        self._translations, self._analyzer = translations, Analyzer()
        self._languages = DocumentLanguages(store.documents())
        self.publishers = Publishers(store.documents(), translations.is_word)

    def encode(self, texts: Iterable[str]) -> dict[str, EncodedText]:
        """Each distinct text, by one call of the encoder."""
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return {}
        encoded = self._encoder.encode(distinct, "question")
        return dict(zip(distinct, map(EncodedText, encoded.vectors, encoded.truncated.tolist()), strict=True))

    def queries(
        self,
        questions: Sequence[Question],
        documents: Sequence[str] | None = None,
        known: Mapping[str, EncodedText] = MappingProxyType({}),
    ) -> list[Query]:
        """The query of each question, by one call of the encoder.

        Args:
            documents: ids of the documents that they are put to; None for all.
            known: texts that were encoded before.

        Raises:
            NotFoundError: there is no such document.
        """
        allowed = None if documents is None else frozenset(self._store.document(one).id for one in documents)
        drafts = [[self._draft(question, one) for one in self._readings(question, allowed)] for question in questions]
        encoded = {**known, **self.encode(draft.text for ones in drafts for draft in ones if draft.text not in known)}
        return [_with_vectors(ones, encoded) for ones in drafts]

    def _readings(self, question: Question, allowed: frozenset[str] | None) -> list[_Reading]:
        """The ways to read a question, the one that is preferred first: with the publishers asked, or as words of it."""
        whole = _Reading(question.turn, (), question.carried, (), allowed)
        taken_along = map(self.publishers.acronym, question.carried)
        asked_before = (replace(one, is_addressed=True) for one in question.asked_before)
        named = [*question.turn.mentions, *filter(None, taken_along), *asked_before]
        named = [] if excludes(question.turn.text) else named
        addressed = [one for one in named if one.is_addressed]
        meant = addressed or named
        groups = tuple(dict.fromkeys(one.documents for one in meant))
        asked = frozenset(chain.from_iterable(groups))
        asked = asked if allowed is None else asked & allowed
        if not any(self._store.document(one).passages for one in asked):
            return [whole]
        carried = tuple(word for word in question.carried if word not in {one.name for one in meant})
        cut = replace(whole, cuts=_cuts(question.turn, meant), carried=carried)
        has_subject = not (word_list("stop") | word_list("stance")).issuperset(cut.folded)
        restricted = replace(cut if has_subject else whole, documents=asked)
        return [replace(restricted, publishers=groups)] if addressed else [restricted, whole]

    def _draft(self, question: Question, reading: _Reading) -> Query:
        """The query of a reading but for its vector."""
        folded = reading.folded
        language = language_of(folded)
        is_crossed, known = self._languages.differ(language).any(), self._translations
        table = (known.from_english if language == "en" else known.from_dutch) if is_crossed else None
        corrections = spelling.corrections(folded, self._frequencies, table if table and language == "en" else ())
        content = content_words(corrections.get(word, word) for word in folded)
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

    def _frequencies(self, words: Sequence[str]) -> NDArray[np.int64]:
        """How many passages of the library hold each word or one of its stem; 1 for an everyday word that none holds."""
        stems = [self._analyzer.stem(word) for word in words]
        own = self._store.document_frequencies(stems)
        everyday = [
            int(word in word_list("stop") or stem in self._background.counts) for word, stem in zip(words, stems, strict=True)
        ]
        return np.where(own > 0, own, everyday)


def _with_vectors(drafts: Sequence[Query], encoded: Mapping[str, EncodedText]) -> Query:
    """The queries of a question's readings as one, the second as the alternative of the first."""
    texts = [encoded[draft.text] for draft in drafts]
    filled = [replace(one, vector=text.vector, is_truncated=text.is_truncated) for one, text in zip(drafts, texts, strict=True)]
    return replace(filled[0], alternative=filled[1]) if len(filled) > 1 else filled[0]


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
    carried = [corrections.get(fold(word), word) for word in reading.carried]
    return f"{written} ({', '.join(carried)})" if carried else written
