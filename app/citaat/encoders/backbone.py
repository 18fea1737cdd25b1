"""A transformer without its pooling: token ids in, hidden states out."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.settings import thread_count

TokenIds = NDArray[np.int64]

_BATCH_TOKENS = 1_024
"""What is computed together then stays in the processor's cache: four times as many take a sixth longer, and 250 MB more."""
_STEP, _LONGEST_STEPPED = 16, 64
"""Rows of at most 64 tokens, as questions are, are padded to a multiple of 16: OpenVINO takes 1.5 ms longer for a text of another
length than the one before. A longer one might be padded beyond what the model has positions for."""


class Backbone(Protocol):
    """Computes the hidden states of a batch of texts."""

    def __call__(self, token_ids: TokenIds, mask: TokenIds, streams: int = 1) -> FloatMatrix:
        """
        Args:
            token_ids: int64 [texts, tokens].
            mask: int64 [texts, tokens], 1 for a token and 0 for padding.
            streams: how many batches are computed at once, each by its share of the threads.

        Returns:
            The last hidden states, float32 [texts, tokens, d]; those of padding mean nothing.
        """
        ...


class TorchBackbone:
    """A transformer as torch runs it, in float32.

    Args:
        folder: a sentence-transformers folder whose first module is a transformer.
        device: as torch names it, such as "cuda".
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._device = device
        self._transformer = load_transformer(folder).to(device)

    def __call__(self, token_ids: TokenIds, mask: TokenIds, streams: int = 1) -> FloatMatrix:
        import torch

        with torch.inference_mode():
            ids, attended = (torch.from_numpy(one).to(self._device) for one in (token_ids, mask))
            found: FloatMatrix = self._transformer(input_ids=ids, attention_mask=attended).last_hidden_state.cpu().numpy()
        return found


def load_transformer(folder: Path) -> Any:
    """A folder's transformer in float32, as torch computes it."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return AutoModel.from_pretrained(folder, dtype="float32", local_files_only=True).float().eval()


def hidden_states(backbone: Backbone, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, FloatMatrix]]:
    """The last hidden states of each row of token ids: its number and float32 [tokens, d]; short rows come first.

    As many batches are computed at once as there are threads; one batch alone is computed by all of them.
    """

    def computed(batch: Sequence[int], streams: int = 1) -> list[tuple[int, FloatMatrix]]:
        lengths = np.array([len(rows[row]) for row in batch])
        mask = (np.arange(_width(int(lengths.max()))) < lengths[:, None]).astype(np.int64)
        token_ids = np.zeros(mask.shape, np.int64)
        token_ids[mask == 1] = np.concatenate([rows[row] for row in batch])
        states = backbone(token_ids, mask, streams)
        return [(row, one[:length]) for row, length, one in zip(batch, lengths.tolist(), states, strict=True)]

    divided = list(batches_by_length([len(row) for row in rows]))
    if len(divided) == 1:
        yield from computed(divided[0])
    else:
        with ThreadPoolExecutor(threads := thread_count()) as pool:
            yield from chain.from_iterable(pool.map(partial(computed, streams=threads), divided))


def _width(longest: int) -> int:
    """Of a batch, in tokens."""
    return -(-longest // _STEP) * _STEP if longest <= _LONGEST_STEPPED else longest


def batches_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The numbers of rows to compute together, at most 1,024 tokens with the padding: those of about one length, since all
    are padded to the longest."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and (len(batch) + 1) * lengths[row] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
