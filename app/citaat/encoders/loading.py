"""Which encoder computes a model."""

import json
from pathlib import Path

from citaat.encoders.protocol import Encoder, loading_failed
from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.encoders.static import StaticEncoder
from citaat.encoders.transformer import TransformerEncoder
from citaat.errors import InputError

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
_TRANSFORMER_MODULES = (
    ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling", "Dense", "Normalize"],
)  # fmt: skip


def load(model: str) -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    try:
        return _load_without_torch(Path(model)) or SentenceTransformersEncoder(model)
    except InputError:
        raise
    except Exception as error:  # A broken tokenizer.json raises nothing narrower, and broken weights many things.
        raise loading_failed(error) from error


def _load_without_torch(folder: Path) -> Encoder | None:
    """The encoder in a folder, if it can be computed without torch."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    listed = json.loads(modules.read_text("utf-8"))
    types = [module["type"].rsplit(".", 1)[-1] for module in listed]
    if types == _STATIC_MODULES:
        return StaticEncoder(folder, listed[0]["path"])
    return TransformerEncoder(folder) if types in _TRANSFORMER_MODULES and TransformerEncoder.supports(folder) else None
