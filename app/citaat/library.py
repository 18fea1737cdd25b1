"""What a caller holds: documents that answer questions."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from citaat import indexing
from citaat.citations import citation as citations
from citaat.domain import LONGEST_QUESTION, Answer, Citation, DocumentInfo, FloatMatrix
from citaat.encoders.encoder import Encoder
from citaat.errors import InputError, StoreError
from citaat.indexing import Progress, Report
from citaat.query.names import Names
from citaat.retrieval import calibration
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.model import Model
from citaat.retrieval.reranking import RERANKED
from citaat.retrieval.search import FEATURES, Query, Search
from citaat.segmentation import passages
from citaat.settings import Settings
from citaat.store.store import Store, StoredDocument

MOST_CITATIONS = 50
_SUGGESTIONS, _CLOSEST = 3, 20
"""How many headings are suggested at most, and how many passages beyond those cited they are taken from."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The candidates of a question as it was put: their rows, confidences, whether they reach the thresholds, and their places,
    best first."""

    query: Query
    rows: NDArray[np.int64]
    confidences: NDArray[np.float64]
    answers: NDArray[np.bool_]
    order: NDArray[np.int64]


class Library:
    """An open store and the model that made it: ask it questions.

    Close it, or use it as a context manager, to let go of the store's generation.
    """

    def __init__(self, store: Store, model: Model) -> None:
        self.store, self.model = store, model
        self.ranker = calibration.calibrated(model.ranker, store.probes, len(store))
        self.names = Names(store.manifest.documents, model.background.translations.is_word)
        self._search = Search(store, model.encoder, model.background)
        self._highlighter = Highlighter(self._search)

    @classmethod
    def open(cls, settings: Settings | None = None, model: Model | None = None) -> Self:
        """Open the library that the settings name; by default those of the environment.

        Args:
            model: that of the settings, where it is loaded already.

        Raises:
            StoreError: there is no index, or it is stale or damaged; the message has the command that mends it.
            InputError: there is no such model.
        """
        settings = settings or Settings.from_environment()
        store = Store.open(settings.store)
        try:
            model = model or Model.load(settings)
            _refuse_stale(store, model.encoder)
            return cls(store, model)
        except (InputError, StoreError):
            store.close()
            raise

    @classmethod
    def open_or_build(cls, settings: Settings, progress: Progress | None = None) -> Self:
        """Open the library; index the settings' data first if there is no index at all."""
        model = Model.load(settings)
        try:
            return cls.open(settings, model)
        except StoreError as error:
            if error.code != "store-missing":
                raise
        index([settings.data], settings, model, missing=True, progress=progress)
        return cls.open(settings, model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    def ask(
        self, question: str, *, limit: int = 3, documents: Sequence[str] | None = None, min_confidence: float | None = None
    ) -> Answer:
        """The passages that answer a question, verbatim, best first; equal confidences in document order.

        A question that names who speaks, as a publisher or by the acronym of a file's name, is put to their documents alone,
        without the name.

        Args:
            question: 1 to 2,000 characters.
            limit: how many citations at most, 1 to 50.
            documents: ids of the documents to look in; None for all.
            min_confidence: replaces the ranker's thresholds; 0 returns the closest passages whatever they are.

        Raises:
            InputError: an argument is out of bounds, or a document is not in the library.
            StoreError: the text in the store is not the text that was indexed.
        """
        question = self.checked(question)
        if not 1 <= limit <= MOST_CITATIONS:
            raise InputError(f"limit is {limit}; it can be 1 to {MOST_CITATIONS}.", code="invalid-limit")
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise InputError("min_confidence can be 0 to 1.", code="invalid-confidence")
        ranked = self._ranked(question, documents)
        answers = ranked.answers if min_confidence is None else ranked.confidences >= min_confidence
        best = self._reranked(question, ranked.rows, [place for place in ranked.order if answers[place]])[:limit]
        cited = tuple(
            self._cite(int(ranked.rows[place]), number, float(ranked.confidences[place]), ranked.query)
            for number, place in enumerate(best, 1)
        )
        closest = [int(ranked.rows[place]) for place in ranked.order[: limit + _CLOSEST]]
        return Answer(question, "answered" if cited else "no_answer", cited, self._suggestions(closest, cited))

    def rows(self, question: str, documents: Sequence[str] | None = None) -> tuple[list[int], list[int]]:
        """The rows of the passages closest to a question, and of those that answer it, both best first.

        Raises:
            InputError: as for `ask`.
        """
        ranked = self._ranked(self.checked(question), documents)
        answering = ranked.order[ranked.answers[ranked.order]]
        return ranked.rows[ranked.order].tolist(), ranked.rows[answering].tolist()

    def checked(self, question: str) -> str:
        """The question without white space around it.

        Raises:
            InputError: it is empty, too long, or holds characters that are no text.
        """
        question = checked_question(question)
        if self.model.encoder.overlong([question], "question"):
            raise InputError(
                "The question has more tokens than this model reads. Ask it in fewer words.", code="question-too-long"
            )
        return question

    def documents(self) -> list[DocumentInfo]:
        """The documents, in the order in which they were indexed."""
        return [_info(row) for row in self.store.manifest.documents]

    def document(self, document_id: str) -> DocumentInfo:
        """
        Raises:
            NotFoundError: there is no such document.
        """
        return _info(self.store.document(document_id))

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        """The slice `[start, end)` of a document's canonical text."""
        return self.store.text(self.store.document(document_id), start, end)

    def sections(self, document_id: str) -> list[tuple[tuple[str, ...], int]]:
        """Each heading path of a document, once, with the offset of the first passage under it."""
        row = self.store.document(document_id)
        found: dict[tuple[str, ...], int] = {}
        for number in range(row.first_passage, row.first_passage + row.passages):
            found.setdefault(self.store.section(*self.store.passage(number)), int(self.store.passages[number]["start"]))
        return list(found.items())

    def passage(self, passage_id: str) -> Citation:
        """A passage by its id, as a citation of confidence 1 with nothing highlighted.

        Raises:
            GoneError: its document no longer holds it.
            NotFoundError: there is no such document.
        """
        row = self.store.find(passage_id)
        return citations.cite(self.store, row, self.store.passage(row), 1, 1.0, ())

    def _ranked(self, question: str, documents: Sequence[str] | None) -> _Ranked:
        allowed = None
        if documents is not None:
            places = [self.store.place(document) for document in documents]
            allowed = np.isin(self.store.passages["document"], places)
        documents_of = self.store.passages["document"]
        named = self.names.in_question(question)
        meant = named.documents[documents_of] & (True if allowed is None else allowed) if named else None
        if named is None or meant is None or not meant.any():
            return self._among(question, allowed)
        ranked = self._among(named.question, meant)
        if named.speaking:
            return replace(ranked, order=_each_first(ranked, [one[documents_of[ranked.rows]] for one in named.each]))
        return max(ranked, self._among(question, allowed), key=lambda one: (one.answers.any(), one.confidences.max()))

    def _among(self, question: str, allowed: NDArray[np.bool_] | None) -> _Ranked:
        query = self._search.query(question)
        found = self._search.candidates(query, allowed)
        confidences = self.ranker.confidence(found)
        answers = confidences >= self.ranker.thresholds(found)
        return _Ranked(query, found.rows, confidences, answers, np.argsort(-confidences, kind="stable"))

    def _cite(self, row: int, number: int, confidence: float, query: Query) -> Citation:
        found = self.store.passage(row)
        return citations.cite(self.store, row, found, number, confidence, self._highlighter.highlights(row, found, query))

    def _reranked(self, question: str, rows: NDArray[np.int64], places: list[int]) -> list[int]:
        """The places of candidates, the first twenty in the order of the cross-encoder, if there is one."""
        first = places[:RERANKED]
        if self.model.reranker is None or len(first) < 2:
            return places
        order = self.model.reranker.order(question, [self.store.quote(int(rows[place])) for place in first])
        return [first[place] for place in order] + places[RERANKED:]

    def _suggestions(self, rows: list[int], cited: Sequence[Citation]) -> tuple[str, ...]:
        """The innermost headings of the passages in `rows`, in that order, but for those that were cited."""
        known = {citation.section[-1] for citation in cited if citation.section}
        labels = [section[-1] for row in rows if (section := self.store.section(*self.store.passage(row)))]
        return tuple(label for label in dict.fromkeys(labels) if label not in known)[:_SUGGESTIONS]


def _each_first(ranked: _Ranked, groups: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """The places of candidates, the best of each group before all others: who is asked of two parties reads both."""
    leaders = [ranked.order[group[ranked.order]][:1] for group in groups]
    return ranked.order[np.argsort(~np.isin(ranked.order, np.concatenate(leaders)), kind="stable")]


def index(
    paths: Sequence[Path],
    settings: Settings | None = None,
    model: Model | None = None,
    *,
    add: bool = False,
    fresh: bool = False,
    missing: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make the files under `paths` the library; see `indexing.index`."""
    settings = settings or Settings.from_environment()
    found = model or Model.load(settings)
    shifts = [0.0]

    def probe(store: Store) -> FloatMatrix:
        probes = calibration.probe(Search(store, found.encoder, found.background))
        shifts.append(calibration.shift(found.ranker, probes, len(store)))
        return probes

    report = indexing.index(
        paths, settings.store, found.encoder, add=add, fresh=fresh, missing=missing, progress=progress, probe=probe
    )
    return replace(report, shift=round(shifts[-1], 2))


def checked_question(question: str) -> str:
    """The question without white space around it, each letter with its accent one character (NFC).

    Raises:
        InputError: it is empty, too long, or holds characters that are no text.
    """
    trimmed = unicodedata.normalize("NFC", question.strip())
    if not trimmed:
        raise InputError("The question is empty. Ask it in words.", code="question-empty")
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"The question has {len(question)} characters; at most {LONGEST_QUESTION} are read. Shorten it.",
            code="question-too-long",
        )
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in trimmed):
        raise InputError(
            "The question holds a NUL or half a character (a lone surrogate). Send it as text.", code="question-unreadable"
        )
    return trimmed


def _info(row: StoredDocument) -> DocumentInfo:
    return DocumentInfo(row.id, row.source, row.sha256, row.length, row.passages)


def _refuse_stale(store: Store, model: Encoder) -> None:
    manifest = store.manifest
    if manifest.fingerprint != model.fingerprint:
        raise StoreError(
            f"The index was made with another encoder ({manifest.model}, {manifest.fingerprint}) than the one in use "
            f"({model.name}, {model.fingerprint}). Run: citaat index",
            code="store-stale",
        )
    if store.probes is not None and store.probes.shape[1] != len(FEATURES):
        raise StoreError(
            "The index was fitted to another ranking than that of this version. Run: citaat index", code="store-stale"
        )
    if manifest.splitter != passages.VERSION:
        raise StoreError(
            f"The index was split by version {manifest.splitter} of the splitter; this is version {passages.VERSION}. "
            "Run: citaat index",
            code="store-stale",
        )
