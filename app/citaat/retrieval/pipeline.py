"""From a text to a query to candidates, over one store."""

from collections.abc import Sequence

from citaat.encoders.protocol import Encoder
from citaat.query.follow_ups import Question
from citaat.query.query import Query
from citaat.query.translation import Translations
from citaat.query.turns import Turn
from citaat.query.understanding import Understanding
from citaat.retrieval.candidates import CandidateSearch
from citaat.store.protocol import Store
from citaat.text.background import Background


class QueryPipeline:
    """The two halves of retrieval before ranking: understanding a question, and searching for candidates.

    Attributes:
        store: where the passages are.
        understanding: makes queries.
        search: finds candidates.
    """

    def __init__(self, store: Store, encoder: Encoder, background: Background, translations: Translations) -> None:
        self.store = store
        self.understanding = Understanding(store, encoder, background, translations)
        self.search = CandidateSearch(store, background)

    def plain_queries(self, texts: Sequence[str]) -> list[Query]:
        """The queries of texts in which no publishers are sought, by one call of the encoder."""
        return self.understanding.queries([Question(Turn.read(text)) for text in texts])
