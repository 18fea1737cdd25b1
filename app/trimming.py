"""A multilingual transformer made small: the pieces that a language's texts use, in lower case, and some of its layers.

After Abdaoui et al. 2020 (arXiv 2010.05609): most of a multilingual model is its vocabulary, and most of that is of other
languages.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer, processors

from app.errors import InputError
from app.pairs import Ids

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SPACE = "▁"
POSITIONS = 256
"""Tokens that are read of a text, the two special ones included."""
_ACTIVATION = "gelu_pytorch_tanh"
_PART = 10_000


def trimmed_tokenizer(tokenizer: Tokenizer, texts: Iterable[str], pieces: int, special: Sequence[int]) -> tuple[Tokenizer, Ids]:
    """A unigram tokenizer that keeps the pieces most frequent in the lower-cased texts, and every character of theirs.

    Args:
        special: the numbers of the special pieces, which stay.

    Returns:
        The tokenizer, and the old number of each of its pieces, int64 [pieces].
    """
    counts, characters = _counted(tokenizer, texts)
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    single = [number for number, (piece, _) in enumerate(vocabulary) if piece == SPACE or piece in characters]
    ordered = dict.fromkeys([*special, *single, *(number for number, _ in counts.most_common())])
    kept = sorted(list(ordered)[:pieces])
    described["model"] |= {"vocab": [vocabulary[number] for number in kept], "unk_id": kept.index(described["model"]["unk_id"])}
    before = [described["normalizer"]] if described["normalizer"] else []
    described["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *before]}
    described["added_tokens"] = [row | {"id": kept.index(row["id"])} for row in described["added_tokens"] if row["id"] in special]
    described["post_processor"] = None
    trimmed = Tokenizer.from_str(json.dumps(described))
    first, *_, last = tokenizer.encode("").tokens
    trimmed.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} $B {last}",
        special_tokens=[(token, trimmed.token_to_id(token)) for token in (first, last)],
    )  # fmt: skip
    return trimmed, np.array(kept)


def _counted(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[Counter[int], set[str]]:
    """How often each piece stands in the lower-cased texts, and the characters of these."""
    counts: Counter[int] = Counter()
    characters: set[str] = set()
    waiting = iter(texts)
    while part := [text.lower() for text in islice(waiting, _PART)]:
        characters.update(*part)
        counts.update(number for found in tokenizer.encode_batch_fast(part, add_special_tokens=False) for number in found.ids)
    return counts, characters


def trimmed_model(model: "PreTrainedModel", kept: Ids, layers: Sequence[int], padding: int) -> "PreTrainedModel":
    """A copy with some of the layers, and the vectors of the pieces that were kept.

    Args:
        kept: int64 [pieces], the numbers of the pieces in `model`, in their new order.
        layers: the numbers of the layers, in their new order.
        padding: the new number of the piece that fills rows.

    Raises:
        InputError: the model has fewer layers, or reads fewer than 256 tokens.
    """
    import torch
    from transformers import BertConfig, BertModel

    own = model.config
    if max(layers) >= own.num_hidden_layers or own.max_position_embeddings < POSITIONS:
        raise InputError(
            f"The base model has {own.num_hidden_layers} layers and reads {own.max_position_embeddings} tokens; this recipe "
            f"needs {max(layers) + 1} layers and {POSITIONS} tokens.",
            code="unknown-model",
        )
    config = BertConfig(**{
        **own.to_dict(),
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
