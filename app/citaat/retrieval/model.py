"""What a model's folder holds, loaded once and shared by all that need it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoder
from citaat.query.translation import Translations
from citaat.retrieval.candidates import QueryPipeline
from citaat.retrieval.ranker import Ranker
from citaat.retrieval.reranking import Reranker
from citaat.settings import Settings, shipped_model
from citaat.store.protocol import Store
from citaat.text.background import Background


@dataclass(frozen=True, slots=True)
class Model:
    """
    Attributes:
        encoder: texts to vectors.
        ranker: before it is calibrated to a library.
        background: how common terms are at large.
        translations: of words, English and Dutch.
        reranker: a cross-encoder with a second look, where the settings name one.
    """

    encoder: Encoder
    ranker: Ranker
    background: Background
    translations: Translations
    reranker: Reranker | None = None

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """The model that the settings name; InputError if there is none, or it is damaged."""
        return cls(
            encoder=load(settings.model, settings.device),
            ranker=Ranker.load(_beside(settings.model, "ranker.json")),
            background=load_background(settings.model),
            translations=load_translations(settings.model),
            reranker=Reranker(settings.rerank) if settings.rerank else None,
        )

    def pipeline(self, store: Store) -> QueryPipeline:
        """What asks a store that this model's encoder made."""
        return QueryPipeline(store, self.encoder, self.background, self.translations)


def load_background(model: str) -> Background:
    """The collection statistics beside a model, or the shipped ones for a model that has none."""
    return Background.load(_beside(model, "background.json"))


def load_translations(model: str) -> Translations:
    """The word list beside a model, or the shipped one for a model that has none."""
    return Translations.load(_beside(model, "translations.tsv"))


def _beside(model: str, name: str) -> Path:
    """A file of the model's folder, or of the shipped one for a model that lacks it."""
    own = Path(model) / name
    return own if own.is_file() else shipped_model() / name
