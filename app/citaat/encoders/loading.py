"""Which of the encoders reads a model."""

import json
from pathlib import Path

from citaat.encoders.bert_encoder import BertEncoder
from citaat.encoders.encoder import Encoder, unloadable
from citaat.encoders.static_encoder import StaticEncoder
from citaat.encoders.transformer_encoder import TransformerEncoder
from citaat.errors import InputError

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
_BERT_MODULES = (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling", "Dense", "Normalize"])


def load(model: str) -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    try:
        return _by_numpy(Path(model)) or TransformerEncoder(model)
    except InputError:
        raise
    except Exception as error:  # A broken tokenizer.json raises nothing narrower, and broken weights many things.
        raise unloadable(error) from error


def _by_numpy(folder: Path) -> Encoder | None:
    """The encoder in a folder, if it is one that is read without torch."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    listed = json.loads(modules.read_text("utf-8"))
    kinds = [module["type"].rsplit(".", 1)[-1] for module in listed]
    if kinds == _STATIC_MODULES:
        return StaticEncoder(folder, listed[0]["path"])
    return BertEncoder(folder) if kinds in _BERT_MODULES and BertEncoder.reads(folder) else None
