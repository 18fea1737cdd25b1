"""What a caller holds: documents that answer questions. Nothing reaches behind it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from citaat import segmentation
from citaat.citations import answers, quotes, verification
from citaat.citations.answers import AnswerWriter
from citaat.citations.verification import CitationCheck, Verification
from citaat.domain import Answer, Citation, DocumentInfo
from citaat.encoders.protocol import Encoder
from citaat.errors import InputError, StoreError
from citaat.limits import DEFAULT_CITATIONS
from citaat.parsers import reading
from citaat.query import turns
from citaat.query.follow_ups import Question
from citaat.query.query import Query
from citaat.query.turns import Turn
from citaat.retrieval import calibration, ranking
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.model import Model
from citaat.retrieval.ranking import Ranking as Ranking
from citaat.settings import Settings
from citaat.store.embedded import generations
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.protocol import Metadata, Store

if TYPE_CHECKING:
    from citaat.indexing import IndexingProgress, Report


@dataclass(frozen=True, slots=True)
class Description:
    """What a library is made of.

    Attributes:
        encoder: the name, `fingerprint` and `dimension` of the encoder that made its vectors.
        threshold: the confidence below which nothing is quoted; `cross_lingual_threshold` for passages in another language.
        is_calibrated: whether confidence is fitted to this library, by a ranker that was fitted to this encoder.
        documents: how many; `passages` likewise.
        size: of the source files, in bytes.
        created: when it was indexed, in seconds since 1970.
        generation: names this state of the library; another one has another name.
    """

    encoder: str
    fingerprint: str
    dimension: int
    threshold: float
    cross_lingual_threshold: float
    is_calibrated: bool
    documents: int
    passages: int
    size: int
    created: int
    generation: str


class Library(AbstractContextManager["Library"]):
    """An open store and the model that made it: ask it questions. `understanding` makes queries of them.

    Close it, or use it as a context manager, to let go of the store's generation. What names a document or a passage that is
    not here raises NotFoundError.
    """

    def __init__(self, store: Store, model: Model) -> None:
        self._store, self._model = store, model
        self._ranker = calibration.calibrated(model.ranker, store.impostor_features(), len(store))
        pipeline = model.pipeline(store)
        self.understanding, self._search = pipeline.understanding, pipeline.search
        self._writer = AnswerWriter(store, Highlighter(model.background), model.reranker)

    @classmethod
    def index(
        cls,
        paths: Sequence[Path],
        settings: Settings | None = None,
        *,
        model: Model | None = None,
        add: bool = False,
        fresh: bool = False,
        missing: bool = False,
        progress: "IndexingProgress | None" = None,
    ) -> "Report":
        """Make the files under `paths` the library; see `indexing.build`."""
        from citaat import indexing

        settings = settings or Settings.from_environment()
        model = model or Model.load(settings)
        return indexing.build(paths, settings.store, model, add=add, fresh=fresh, missing=missing, progress=progress)

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
        store = EmbeddedStore.open(settings.store)
        try:
            model = model or Model.load(settings)
            _refuse_stale(store.metadata, model.encoder)
            return cls(store, model)
        except (InputError, StoreError):
            store.close()
            raise

    @classmethod
    def open_or_build(cls, settings: Settings, progress: "IndexingProgress | None" = None) -> Self:
        """Open the library; index the settings' data first if there is no index at all."""
        model = Model.load(settings)
        try:
            return cls.open(settings, model)
        except StoreError as error:
            if error.code != "store-missing":
                raise
        cls.index([settings.data], settings, model=model, missing=True, progress=progress)
        return cls.open(settings, model)

    def reopen(self, settings: Settings) -> Self:
        """Open the generation that is current now, with the same model unless another one made it."""
        try:
            return self.open(settings, self._model)
        except StoreError as error:
            if error.code != "store-stale":
                raise
            return self.open(settings)

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._store.close()

    def ask(
        self,
        question: str,
        *,
        limit: int = DEFAULT_CITATIONS,
        documents: Sequence[str] | None = None,
        min_confidence: float | None = None,
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
        return self.answer(self.query(question, documents), limit=limit, min_confidence=min_confidence)

    def query(self, question: str, documents: Sequence[str] | None = None) -> Query:
        """The query of a question that stands alone; see `ask`."""
        return self.queries([question], documents)[0]

    def queries(self, questions: Sequence[str], documents: Sequence[str] | None = None) -> list[Query]:
        """The queries of questions that stand alone, by one call of the encoder; see `ask`."""
        read = [Turn.read(turns.checked(question), self.understanding.publishers) for question in questions]
        return self.understanding.queries([Question(turn) for turn in read], documents)

    def rank(self, query: Query, min_confidence: float | None = None) -> Ranking:
        """The passages closest to a query, best first, whether or not they answer."""
        return ranking.rank(query, self._search, self._ranker, min_confidence)

    def answer(
        self, query: Query, *, limit: int = DEFAULT_CITATIONS, min_confidence: float | None = None, ranked: Ranking | None = None
    ) -> Answer:
        """The passages that answer a query; see `ask`. What `rank` found at the ranker's thresholds is not sought again."""
        answers.refuse_out_of_bounds(limit, min_confidence)
        if query.is_truncated:
            raise InputError(
                "The question has more tokens than this model reads. Ask it in fewer words.", code="question-too-long"
            )
        found = ranked if ranked and min_confidence is None else self.rank(query, min_confidence)
        return self._writer.answer(found, limit)

    def documents(self) -> list[DocumentInfo]:
        """The documents, in the order in which they were indexed."""
        return list(self._store.documents())

    def document(self, document_id: str) -> DocumentInfo:
        """One of them by its id."""
        return self._store.document(document_id)

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        """The slice `[start, end)` of a document's canonical text."""
        return self._store.text(document_id, start, end)

    def sections(self, document_id: str) -> list[tuple[tuple[str, ...], int]]:
        """Each heading path of a document, once, with the offset of the first passage under it."""
        starts: dict[tuple[str, ...], int] = {}
        for passage in map(self._store.passage, self._store.rows_of(document_id).tolist()):
            starts.setdefault(quotes.section(self._store, passage), passage.span.start)
        return list(starts.items())

    def passage(self, passage_id: str) -> Citation:
        """A passage by its id, as a citation of confidence 1 with nothing highlighted; GoneError if its document no longer
        holds it."""
        return quotes.cite(self._store, self._store.row_of(passage_id), 1, 1.0, ())

    def verify(self, document_id: str, start: int, end: int, quote: str) -> Verification:
        """Whether a quote is the slice `[start, end)` of a document, and where it does stand."""
        return verification.verify(self._store, document_id, start, end, quote)

    def check(self, citation: Mapping[str, Any]) -> CitationCheck:
        """Hold a citation, in its wire form, against the text."""
        return verification.check(self._store, citation)

    def changed_sources(self) -> list[str]:
        """Names of the source files that are gone or differ from what was indexed."""
        return reading.changed_sources(self._store.metadata.origins)

    @property
    def reranks(self) -> bool:
        """Whether a cross-encoder orders the first passages."""
        return self._model.reranker is not None

    def describe(self) -> Description:
        """What this library is made of."""
        encoder, ranker, metadata = self._model.encoder, self._ranker, self._store.metadata
        return Description(
            encoder=encoder.name,
            fingerprint=encoder.fingerprint,
            dimension=encoder.dimension,
            threshold=ranker.threshold,
            cross_lingual_threshold=ranker.cross_lingual_threshold,
            is_calibrated=ranker.encoder == encoder.fingerprint and len(self._store.impostor_features()) > 0,
            documents=len(metadata.origins),
            passages=len(self._store),
            size=sum(origin.size for origin in metadata.origins),
            created=metadata.created,
            generation=metadata.generation,
        )


def current_generation(settings: Settings) -> str:
    """The name of the generation that `Library.open` would open now, empty for none; StoreError if it cannot be read."""
    found = generations.current(settings.store)
    return found[0] if found else ""


def _refuse_stale(store: Metadata, encoder: Encoder) -> None:
    """Refuse a store that was made with another encoder, or by another version of the segmentation."""
    if store.fingerprint != encoder.fingerprint:
        made, used = f"{store.model}, {store.fingerprint}", f"{encoder.name}, {encoder.fingerprint}"
        what = f"was made with another encoder ({made}) than the one in use ({used})"
    elif store.splitter != segmentation.VERSION:
        what = f"was split by version {store.splitter} of the splitter; this is version {segmentation.VERSION}"
    else:
        return
    raise StoreError(f"The index {what}. Run: citaat index", code="store-stale")
