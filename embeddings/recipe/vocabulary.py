"""The part of a multilingual vocabulary that a corpus uses."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, processors

PieceIds = NDArray[np.int64]

_SPACE = "\u2581"
_COUNTED_TOGETHER = 10_000


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[Counter[int], set[str]]:
    """How often each piece stands in the lower-cased texts, and the characters of these."""
    counts: Counter[int] = Counter()
    characters: set[str] = set()
    waiting = iter(texts)
    while part := [text.lower() for text in islice(waiting, _COUNTED_TOGETHER)]:
        characters.update(*part)
        counts.update(number for found in tokenizer.encode_batch_fast(part, add_special_tokens=False) for number in found.ids)
    return counts, characters


def trim_tokenizer(
    tokenizer: Tokenizer, counts: Counter[int], characters: set[str], pieces: int, special: Sequence[int]
) -> tuple[Tokenizer, PieceIds]:
    """A unigram tokenizer that lowers case and keeps the most frequent pieces, and every one of a single character met.

    Args:
        counts: how often each piece is met.
        special: the ids of the special pieces, which stay.

    Returns:
        The tokenizer, and the old id of each of its pieces, int64 [pieces].
    """
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    single = [number for number, (piece, _) in enumerate(vocabulary) if piece == _SPACE or piece in characters]
    ordered = dict.fromkeys([*special, *single, *(number for number, _ in counts.most_common())])
    kept = sorted(list(ordered)[:pieces])
    described["model"] |= {"vocab": [vocabulary[number] for number in kept], "unk_id": kept.index(described["model"]["unk_id"])}
    before = [described["normalizer"]] if described["normalizer"] else []
    # Twice: what is composed between the two, such as the letters of a trade mark sign, may be capitals again.
    described["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *before, {"type": "Lowercase"}]}
    described["added_tokens"] = [row | {"id": kept.index(row["id"])} for row in described["added_tokens"] if row["id"] in special]
    described["post_processor"] = None
    trimmed = Tokenizer.from_str(json.dumps(described))
    first, *_, last = tokenizer.encode("").tokens
    trimmed.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} $B {last}",
        special_tokens=[(token, trimmed.token_to_id(token)) for token in (first, last)],
    )  # fmt: skip
    return trimmed, np.array(kept)
