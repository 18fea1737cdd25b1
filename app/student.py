"""The small transformer that is taught: rows of pieces in, vectors out, and a sentence-transformers folder in the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from app.pairs import Ids, Ragged
from app.teaching import Targets
from app.trimming import POSITIONS

if TYPE_CHECKING:
    import torch

_ROW = 160
"""Tokens of a row of the batch, which holds as many texts as fit; a longer text has a longer row."""
_FITTED = 2_000
"""Texts on whose pieces the first map is fitted by ridge regression."""
_TOGETHER = 50
_RIDGE = 1.0


class Student:
    """A transformer, and a linear map of its last states; a text's vector is the mean of its pieces'."""

    def __init__(self, model: Any, tokenizer: Tokenizer, padding: int, dropout: float, seed: int) -> None:
        """
        Args:
            padding: the piece that fills rows.
            dropout: the share of the pieces of a text that it does not see; the special ones around it are seen.
        """
        import torch

        self._model, self._tokenizer, self._padding, self._dropout = model, tokenizer, padding, dropout
        self._map = torch.nn.Linear(model.config.hidden_size, model.config.hidden_size, bias=False)
        self._random = np.random.default_rng(seed)

    def parameters(self) -> "tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]":
        """Those of the layers with the map, and the vocabulary."""
        vocabulary = self._model.get_input_embeddings().weight
        layers = [weights for weights in self._model.parameters() if weights is not vocabulary]
        return [*layers, self._map.weight], [vocabulary]

    def begin(self, lesson: Targets) -> None:
        """Fit the map by ridge regression from what the untaught layers give for the pieces of some of the texts."""
        import torch

        inner = _RIDGE * torch.eye(self._map.in_features)
        given = torch.zeros(self._map.in_features, self._map.out_features)
        fitted = self._random.permutation(len(lesson.ids))[:_FITTED]
        for chosen in np.split(fitted, range(_TOGETHER, len(fitted), _TOGETHER)):
            with torch.no_grad():
                _, _, states = self._states(lesson.ids, chosen, 0.0)
            wanted = torch.from_numpy(lesson.pieces[lesson.ids.places(chosen)].astype(np.float32))
            inner += states.T @ states
            given += states.T @ wanted
        self._map.weight.data = torch.linalg.solve(inner, given).T.contiguous()

    def embed(self, lesson: Targets, chosen: Ids) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
        """Of the chosen texts, each without some of its pieces: unit vectors, float32 [n, d], the vectors of the pieces that
        were seen, float32 [seen, d], and what the teacher says of those."""
        import torch
        from torch.nn import functional

        seen, rows, states = self._states(lesson.ids, chosen, self._dropout)
        pieces = self._map(states)
        sums = torch.zeros(len(chosen), pieces.shape[1]).index_add(0, torch.from_numpy(rows), pieces)
        return functional.normalize(sums), pieces, torch.from_numpy(lesson.pieces[seen].astype(np.float32))

    def _states(self, texts: Ragged, chosen: Ids, dropout: float) -> "tuple[Ids, Ids, torch.Tensor]":
        """The places in `texts` of the pieces that were seen, the row of each in `chosen`, and their last states.

        Products inside are in bfloat16. Several texts lie in one row of the batch, each seeing only itself, so that little
        of it is padding.
        """
        import torch

        places = texts.places(chosen)
        rows = np.repeat(np.arange(len(chosen)), texts.starts[chosen + 1] - texts.starts[chosen])
        special = (np.diff(rows, prepend=-1) > 0) | (np.diff(rows, append=len(chosen)) > 0)
        kept = special | (self._random.random(len(rows)) >= dropout)
        places, rows = places[kept], rows[kept]
        lengths = np.bincount(rows, minlength=len(chosen))
        starts = np.cumsum(lengths) - lengths
        packed = _packed(lengths.tolist())
        width = max(int(lengths[line].sum()) for line in packed)
        ids, positions = np.full((len(packed), width), self._padding), np.zeros((len(packed), width), np.int64)
        owner, source = np.full((2, len(packed), width), -1)
        for line, held in enumerate(packed):
            own = np.concatenate([np.arange(starts[text], starts[text] + lengths[text]) for text in held])
            ids[line, : len(own)] = texts.values[places[own]]
            positions[line, : len(own)] = own - starts[rows[own]]
            owner[line, : len(own)], source[line, : len(own)] = rows[own], own
        apart = torch.from_numpy(owner[:, None, :, None] != owner[:, None, None, :])
        mask = torch.zeros(apart.shape, dtype=torch.bfloat16).masked_fill(apart, torch.finfo(torch.bfloat16).min)
        with torch.autocast("cpu", torch.bfloat16):
            found = self._model(
                input_ids=torch.from_numpy(ids), position_ids=torch.from_numpy(positions), attention_mask=mask
            ).last_hidden_state.float()
        flat = torch.from_numpy(np.flatnonzero(source.ravel() >= 0))
        back = torch.from_numpy(np.argsort(source.ravel()[flat.numpy()]))
        return places, rows, found.reshape(-1, found.shape[-1])[flat[back]]

    def save(self, out: Path) -> None:
        """A sentence-transformers folder with float16 weights, which both readers raise to float32."""
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Normalize
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import PreTrainedTokenizerFast

        hidden, dimension = self._map.in_features, self._map.out_features
        self._model.train(False).half().save_pretrained(out)
        first, *_, last = self._tokenizer.encode("a").tokens
        wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=self._tokenizer, unk_token="<unk>", cls_token=first, sep_token=last,
            pad_token=self._tokenizer.id_to_token(self._padding), model_max_length=POSITIONS,
        )  # fmt: skip
        wrapped.save_pretrained(out)
        transformer = Transformer(str(out), max_seq_length=POSITIONS)
        dense = Dense(hidden, dimension, bias=False, activation_function=torch.nn.Identity())
        dense.linear.weight.data = self._map.weight.data
        modules = [transformer, Pooling(hidden, "mean"), dense, Normalize()]
        SentenceTransformer(modules=modules, device="cpu").half().save_pretrained(str(out), create_model_card=False)


def _packed(lengths: Sequence[int]) -> list[list[int]]:
    """Places of texts in as few rows as first-fit decreasing finds."""
    rows: list[list[int]] = []
    room: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        row = next((row for row, left in enumerate(room) if left >= lengths[place]), len(rows))
        if row == len(rows):
            rows.append([])
            room.append(max(_ROW, lengths[place]))
        rows[row].append(place)
        room[row] -= lengths[place]
    return rows
