"""The small transformer that is taught: texts as words in, unit vectors out, and a sentence-transformers folder in the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer, processors

from app.domain import FloatMatrix
from app.pairs import Ids, Ragged
from app.transplant import POSITIONS

if TYPE_CHECKING:
    import torch

MARKS = ("[CLS]", "[SEP]")
_CLS, _SEP = 1, 2
_ROW = 160
"""Tokens of a row of the batch, which holds as many texts as fit; a longer text has a longer row."""
_FITTED, _PARTS = 4_000, 40
"""Texts on which the first map is fitted by ridge regression, and in how many parts they are read."""
_RIDGE = 3.0


class Student:
    """A transformer, the mean of its last states, and a linear map of that to the dimension of the targets."""

    def __init__(self, model: Any, tokenizer: Tokenizer, pieces: Ragged, dimension: int, dropout: float, seed: int) -> None:
        """
        Args:
            tokenizer: with MARKS as its pieces 1 and 2.
            pieces: the pieces of each word of the corpus, by its number.
            dropout: the share of the words of a text that it does not see; a word alone is seen.
        """
        import torch

        self._model, self._pieces, self._dropout = model, pieces, dropout
        self._tokenizer = _with_marks(tokenizer)
        self._map = torch.nn.Linear(model.config.hidden_size, dimension, bias=False)
        self._random = np.random.default_rng(seed)

    def parameters(self) -> "tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]":
        """Those of the layers, and those that begin from little: the vocabulary and the map."""
        vocabulary = self._model.get_input_embeddings().weight
        return [weights for weights in self._model.parameters() if weights is not vocabulary], [vocabulary, self._map.weight]

    def begin(self, texts: Ragged, targets: FloatMatrix) -> None:
        """Fit the map by ridge regression from what the untaught layers give for some of the texts."""
        import torch

        chosen = self._random.permutation(len(texts))[:_FITTED]
        with torch.no_grad():
            means = torch.cat([self._means(self._rows(texts, part)) for part in np.array_split(chosen, _PARTS)])
        known = torch.nn.functional.normalize(means).numpy()
        inner = known.T @ known + _RIDGE * np.eye(known.shape[1], dtype=np.float32)
        fitted = np.linalg.solve(inner, known.T @ targets[chosen])
        self._map.weight.data = torch.from_numpy(np.ascontiguousarray(fitted.T, np.float32))

    def embed(self, texts: Ragged, chosen: Ids) -> "torch.Tensor":
        """Unit vectors of the chosen texts, float32 [n, d], each without some of its words."""
        from torch.nn import functional

        return functional.normalize(self._map(self._means(self._rows(texts, chosen))))

    def _rows(self, texts: Ragged, chosen: Ids) -> list[Ids]:
        """Piece ids of each text between the two marks, at most as many as the model has positions."""
        words, rows = texts.take(chosen)
        kept = (self._random.random(len(words)) >= self._dropout) | (np.bincount(rows)[rows] == 1)
        ids, word = self._pieces.take(words[kept])
        cuts = np.searchsorted(rows[kept][word], np.arange(1, len(chosen)))
        return [np.concatenate([[_CLS], row[: POSITIONS - 2], [_SEP]]) for row in np.split(ids, cuts)]

    def _means(self, rows: Sequence[Ids]) -> "torch.Tensor":
        """The means of the last states of rows of token ids, float32 [n, hidden]; the products inside are in bfloat16.

        Several texts lie in one row of the batch, each seeing only itself, so that little of it is padding.
        """
        import torch

        lengths = [len(row) for row in rows]
        packed = _packed(lengths)
        width = max(sum(lengths[text] for text in texts) for texts in packed)
        ids, positions = np.zeros((2, len(packed), width), np.int64)
        owner = np.full((len(packed), width), -1)
        for line, texts in enumerate(packed):
            filled = sum(lengths[text] for text in texts)
            ids[line, :filled] = np.concatenate([rows[text] for text in texts])
            positions[line, :filled] = np.concatenate([np.arange(lengths[text]) for text in texts])
            owner[line, :filled] = np.repeat(texts, [lengths[text] for text in texts])
        apart = torch.from_numpy(owner[:, None, :, None] != owner[:, None, None, :])
        mask = torch.zeros(apart.shape).masked_fill(apart, torch.finfo(torch.bfloat16).min)
        with torch.autocast("cpu", torch.bfloat16):
            states = self._model(
                input_ids=torch.from_numpy(ids), position_ids=torch.from_numpy(positions), attention_mask=mask
            ).last_hidden_state.float()
        held = torch.from_numpy(owner.ravel() >= 0)
        sums = torch.zeros(len(rows), states.shape[-1])
        sums = sums.index_add(0, torch.from_numpy(owner.ravel())[held], states.reshape(-1, states.shape[-1])[held])
        return sums / torch.tensor(lengths)[:, None]

    def save(self, out: Path) -> None:
        """A sentence-transformers folder with float16 weights, which both readers raise to float32."""
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Normalize
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import PreTrainedTokenizerFast

        hidden, dimension = self._map.in_features, self._map.out_features
        self._model.train(False).half().save_pretrained(out)
        wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=self._tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[UNK]",
            model_max_length=POSITIONS,
        )  # fmt: skip
        wrapped.save_pretrained(out)
        transformer = Transformer(str(out), max_seq_length=POSITIONS)
        dense = Dense(hidden, dimension, bias=False, activation_function=torch.nn.Identity())
        dense.linear.weight.data = self._map.weight.data
        modules = [transformer, Pooling(hidden, "mean"), dense, Normalize()]
        SentenceTransformer(modules=modules, device="cpu").half().save_pretrained(str(out), create_model_card=False)


def _with_marks(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, putting a text between the two marks as the layers expect."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=list(zip(MARKS, (_CLS, _SEP), strict=True))
    )
    return tokenizer


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
