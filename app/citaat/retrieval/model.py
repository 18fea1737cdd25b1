"""What a model's folder holds, loaded once and shared by all that need it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from citaat.encoders.encoder import Encoder
from citaat.encoders.loading import load
from citaat.retrieval.ranking import Ranker
from citaat.retrieval.reranking import Reranker
from citaat.settings import Settings, shipped_model
from citaat.text.lexicon import Background


@dataclass(frozen=True, slots=True)
class Model:
    """
    Attributes:
        encoder: texts to vectors.
        ranker: before it is calibrated to a library.
        background: what is known of words beside those of a library.
        reranker: a cross-encoder with a second look, where the settings name one.
    """

    encoder: Encoder
    ranker: Ranker
    background: Background
    reranker: Reranker | None = None

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """
        Raises:
            InputError: there is no such model, or it is damaged.
        """
        reranker = Reranker(settings.rerank) if settings.rerank else None
        return cls(load(settings.model), load_ranker(settings.model), load_background(settings.model), reranker)


def load_ranker(model: str) -> Ranker:
    """The ranker beside a model, or the shipped one for a model that has none."""
    return Ranker.load(_beside(model, "ranker.json"))


def load_background(model: str) -> Background:
    """The background beside a model, or the shipped one for a model that has none."""
    return Background.load(_beside(model, "background.json"), _beside(model, "translations.tsv"))


def _beside(model: str, name: str) -> Path:
    own = Path(model) / name
    return own if own.is_file() else shipped_model() / name
