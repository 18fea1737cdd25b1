"""An English transformer made to read Dutch: the layers stay, the vocabulary is replaced through glosses.

After WECHSEL (Minixhofer et al. 2022, arXiv 2112.06598), with a word list where that work has aligned word vectors.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.domain import FloatMatrix
from app.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

POSITIONS = 256
"""Tokens that are read of a text, its two marks included."""
_ACTIVATION = "gelu_pytorch_tanh"
_SELDOM = 3
"""A word that stands in the texts less often tells nothing of its pieces."""
_PART_OF_WORD = 0.02
"""What a word tells of a piece that is only a part of it, beside one of which it is the whole."""


class Base:
    """A BERT model that sentence-transformers can load, with its own tokenizer."""

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(model, device="cpu")
        except (OSError, ValueError) as error:
            raise InputError(
                f"The base model cannot be loaded ({type(error).__name__}). Name a sentence-transformers folder or id.",
                code="unknown-model",
            ) from None
        self.name = Path(model).name
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self._tokenizer = self._model.tokenizer
        self._ranks: dict[str, int] = self._tokenizer.get_vocab()

    def embed(self, texts: Sequence[str]) -> FloatMatrix:
        """Unit vectors, float32 [n, d]; the products inside are in bfloat16, twice as fast and equal to four digits."""
        import torch

        if not texts:
            return np.empty((0, self.dimension), np.float32)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            found: Any = self._model.encode(
                list(texts), batch_size=256, show_progress_bar=False, normalize_embeddings=True, convert_to_tensor=True
            )
        return np.asarray(found.float().numpy(), np.float32)

    def commonness(self, text: str) -> float:
        """-ln of the place in the vocabulary, which lists its pieces by falling frequency; one less a further word."""
        ranks = [self._ranks.get(word, len(self._ranks)) for word in text.lower().split()]
        return float(-np.log(max(ranks) + 500) - (len(ranks) - 1))

    def transplanted(
        self, tokenizer: Tokenizer, words: Sequence[str], glosses: Sequence[str], counts: NDArray[np.int64], layers: Sequence[int]
    ) -> "PreTrainedModel":
        """A copy with `layers` of its layers, whose vocabulary is that of `tokenizer`.

        The vector of a piece is the mean of the vectors of the glosses of the words that it is, or is a part of, each
        by its count to the 3/4.
        """
        import torch
        from transformers import BertConfig, BertModel

        source: Any = self._model[0].auto_model
        table = source.embeddings.word_embeddings.weight.detach().numpy()
        vectors = self._piece_vectors(table, tokenizer, words, glosses, counts)
        config = BertConfig(**{
            **source.config.to_dict(),
            "vocab_size": len(vectors), "num_hidden_layers": len(layers), "hidden_act": _ACTIVATION, "pad_token_id": 0,
            "max_position_embeddings": POSITIONS, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "attn_implementation": "eager",
        })  # fmt: skip
        model = BertModel(config)
        weights = source.state_dict()
        kept = {
            name.replace(f"encoder.layer.{old}.", f"encoder.layer.{new}.", 1): weights[name]
            for new, old in enumerate(layers)
            for name in weights
            if name.startswith(f"encoder.layer.{old}.")
        }
        kept |= {name: tensor for name, tensor in weights.items() if not name.startswith("encoder.")}
        kept["embeddings.word_embeddings.weight"] = torch.from_numpy(vectors)
        kept["embeddings.position_embeddings.weight"] = weights["embeddings.position_embeddings.weight"][:POSITIONS]
        wanted = model.state_dict()
        model.load_state_dict({name: tensor for name, tensor in kept.items() if name in wanted}, strict=True)
        return model

    def _piece_vectors(
        self, table: FloatMatrix, tokenizer: Tokenizer, words: Sequence[str], glosses: Sequence[str], counts: NDArray[np.int64]
    ) -> FloatMatrix:
        known = np.flatnonzero(counts >= _SELDOM).tolist()
        english = self._tokenizer([glosses[word] for word in known], add_special_tokens=False)["input_ids"]
        pieces = tokenizer.encode_batch_fast([words[word] for word in known], add_special_tokens=False)
        vectors = np.zeros((tokenizer.get_vocab_size(), table.shape[1]))
        weights = np.zeros(len(vectors))
        for own, found, count in zip(english, pieces, counts[known], strict=True):
            if own and found.ids:
                share = float(count) ** 0.75 * (1.0 if len(found.ids) == 1 else _PART_OF_WORD / len(found.ids))
                vectors[found.ids] += share * table[own].mean(axis=0)
                weights[found.ids] += share
        mean = table.mean(axis=0)
        vectors = np.where(weights[:, None] > 0, vectors / np.maximum(weights, 1e-12)[:, None], mean)
        vectors[tokenizer.token_to_id("[CLS]")] = table[self._tokenizer.cls_token_id]
        vectors[tokenizer.token_to_id("[SEP]")] = table[self._tokenizer.sep_token_id]
        return vectors.astype(np.float32)
