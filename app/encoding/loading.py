"""Which of the encoders reads a model."""

import json
from pathlib import Path

from app.encoding.bert_encoder import BertEncoder
from app.encoding.encoder import Encoder
from app.encoding.static_encoder import StaticEncoder
from app.encoding.transformer_encoder import TransformerEncoder

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
_BERT_MODULES = (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling", "Dense", "Normalize"])


def load(model: str) -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    folder = Path(model)
    modules = folder / "modules.json"
    if modules.is_file():
        listed = json.loads(modules.read_text("utf-8"))
        kinds = [module["type"].rsplit(".", 1)[-1] for module in listed]
        if kinds == _STATIC_MODULES:
            return StaticEncoder(folder, listed[0]["path"])
        if kinds in _BERT_MODULES and BertEncoder.reads(folder):
            return BertEncoder(folder)
    return TransformerEncoder(model)
