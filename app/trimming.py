"""A multilingual transformer made small: the pieces that a language's texts use, in lower case, and some of its layers.

After Abdaoui et al. 2020 (arXiv 2010.05609): most of a multilingual model is its vocabulary, and most of that is of other
languages.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from app.pairs import Ids

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SPACE = "▁"
POSITIONS = 256
"""Tokens that are read of a text, its two marks included."""
_ACTIVATION = "gelu_pytorch_tanh"
_PART = 10_000


def trimmed_tokenizer(tokenizer: Tokenizer, texts: Iterable[str], pieces: int, special: Sequence[int]) -> tuple[Tokenizer, Ids]:
    """A unigram tokenizer that keeps the pieces most frequent in the lower-cased texts, and every single character of them.

    Args:
        special: the numbers of the marks, which come first and stay.

    Returns:
        The tokenizer, and the old number of each of its pieces, int64 [pieces].
    """
    counts: Counter[int] = Counter()
    part: list[str] = []
    for text in texts:
        part.append(text.lower())
        if len(part) == _PART:
            counts.update(number for found in tokenizer.encode_batch_fast(part, add_special_tokens=False) for number in found.ids)
            part.clear()
    counts.update(number for found in tokenizer.encode_batch_fast(part, add_special_tokens=False) for number in found.ids)
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    single = [number for number in counts if len(vocabulary[number][0]) == 1]
    ordered = dict.fromkeys([*special, *single, *(number for number, _ in counts.most_common())])
    kept = sorted(list(ordered)[:pieces])
    described["model"] |= {"vocab": [vocabulary[number] for number in kept], "unk_id": kept.index(described["model"]["unk_id"])}
    before = [described["normalizer"]] if described["normalizer"] else []
    described["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *before]}
    described["added_tokens"] = [row | {"id": kept.index(row["id"])} for row in described["added_tokens"] if row["id"] in special]
    _renumber(described["post_processor"], kept)
    return Tokenizer.from_str(json.dumps(described)), np.array(kept)


def _renumber(post_processor: dict[str, Any], kept: Sequence[int]) -> None:
    for token in post_processor["special_tokens"].values():
        token["ids"] = [kept.index(number) for number in token["ids"]]


def trimmed_model(model: "PreTrainedModel", kept: Ids, layers: Sequence[int], padding: int) -> "PreTrainedModel":
    """A copy with some of the layers, and the vectors of the pieces that were kept."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(**{
        **model.config.to_dict(),
        "vocab_size": len(kept), "num_hidden_layers": len(layers), "hidden_act": _ACTIVATION, "pad_token_id": padding,
        "max_position_embeddings": POSITIONS, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        "attn_implementation": "sdpa",
    })  # fmt: skip
    small = BertModel(config, add_pooling_layer=False)
    weights = model.state_dict()
    taken = {name: tensor for name, tensor in weights.items() if name.startswith("embeddings.")}
    for name in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"):
        rows = torch.from_numpy(kept) if "word" in name else torch.arange(POSITIONS)
        taken[name] = weights[name][rows].clone()
    for new, old in enumerate(layers):
        prefix = f"encoder.layer.{old}."
        taken |= {
            f"encoder.layer.{new}.{name.removeprefix(prefix)}": tensor.clone()
            for name, tensor in weights.items()
            if name.startswith(prefix)
        }
    wanted = small.state_dict()
    small.load_state_dict({name: tensor for name, tensor in taken.items() if name in wanted}, strict=True)
    return small
