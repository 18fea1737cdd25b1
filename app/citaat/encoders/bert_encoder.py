"""The model that ships: a BERT model by numpy alone."""

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.encoders.bert import Bert
from citaat.encoders.encoder import PROMPTS, Kind, hash_of, unit
from citaat.encoders.tensors import raised, read_tensors, readable

_POOLING, _DENSE = "1_Pooling", "2_Dense"
_SETTINGS = "config_sentence_transformers.json"


class BertEncoder:
    """A BERT model with the mean of its tokens and, it may be, an affine map of that, read with `tokenizers` and numpy.

    A sentence's vector is the mean of its tokens within the passage, so that "dat" means what the sentence before says;
    a passage beyond the model's length is read in windows of whole sentences.
    """

    def __init__(self, folder: Path) -> None:
        tokenizer, weights = folder / "tokenizer.json", folder / "model.safetensors"
        self.name = folder.name
        dense = [folder / _DENSE / "model.safetensors"] if (folder / _DENSE).is_dir() else []
        told = json.loads((folder / _SETTINGS).read_text("utf-8")).get("prompts") or {}
        self._prompts: dict[Kind, str] = {kind: told.get(name) or "" for kind, name in PROMPTS.items()}
        self.fingerprint = hash_of(json.dumps(self._prompts), tokenizer, weights, *dense)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = self._tokenizer.encode("").ids
        (self._opening,) = self._ids([self._prompts["passage"].rstrip()])
        self._bert = Bert(folder)
        maps = [{name: raised(tensor) for name, tensor in read_tensors(path).items()} for path in dense]
        self._map = np.ascontiguousarray(maps[0]["linear.weight"].T) if maps else None
        self._shift = maps[0].get("linear.bias") if maps else None
        self.dimension = int(self._map.shape[1]) if self._map is not None else self._bert.dimension
        self._room = self._bert.longest - 2

    @staticmethod
    def reads(folder: Path) -> bool:
        """Whether a folder holds a model of the one kind that this class computes."""
        if not all((folder / name).is_file() for name in ("config.json", "tokenizer.json", "model.safetensors", _SETTINGS)):
            return False
        config, pooling, dense = (
            json.loads(path.read_text("utf-8")) if path.is_file() else {}
            for path in (folder / name / "config.json" for name in ("", _POOLING, _DENSE))
        )
        mean = pooling.get("pooling_mode") == "mean" or pooling.get("pooling_mode_mean_tokens") is True
        return (
            config.get("model_type") == "bert"
            and config.get("hidden_act") == "gelu_pytorch_tanh"
            and mean
            and pooling.get("include_prompt", True)
            and str(dense.get("activation_function", ".Identity")).endswith(".Identity")
            and readable(folder / "model.safetensors")
        )

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        rows = [[self._first, *ids[: self._room], self._last] for ids in self._ids(self._prompted(list(distinct), kind))]
        vectors = np.zeros((len(rows), self._bert.dimension), np.float32)
        for row, states in self._bert.states(rows):
            vectors[row] = states.mean(axis=0)
        return self._finished(vectors)[[distinct[text] for text in texts]]

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        sentences = self._ids(list(chain.from_iterable(passages)))
        windows, owners = self._windows(passages, sentences)
        rows = [[self._first, *self._opening, *chain.from_iterable(ids for _, ids in window), self._last] for window in windows]
        whole, parts = (_Means(len(ones), self._bert.dimension) for ones in (passages, sentences))
        for number, states in self._bert.states(rows):
            whole.add(owners[number], states)
            at = 1 + len(self._opening)
            for sentence, ids in windows[number]:
                parts.add(sentence, states[at : at + len(ids)])
                at += len(ids)
        return self._finished(whole.found()), self._finished(parts.found())

    def _finished(self, means: FloatMatrix) -> FloatMatrix:
        """Unit vectors; what has no token, and so a mean of 0, keeps no direction."""
        mapped = means if self._map is None else means @ self._map
        return unit(mapped if self._shift is None else (mapped + self._shift) * means.any(axis=1, keepdims=True))

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        if kind == "passage":
            return 0
        return sum(len(ids) > self._room for ids in self._ids(self._prompted(texts, kind)))

    def _prompted(self, texts: Sequence[str], kind: Kind) -> list[str]:
        return [self._prompts[kind] + text for text in texts]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [found.ids for found in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def _windows(
        self, passages: Sequence[Sequence[str]], sentences: list[list[int]]
    ) -> tuple[list[list[tuple[int, list[int]]]], list[int]]:
        """Pieces of sentences, by number, that are read together, and the passage that each window is of."""
        windows: list[list[tuple[int, list[int]]]] = []
        owners: list[int] = []
        length = self._room - len(self._opening)
        number = 0
        for passage, texts in enumerate(passages):
            room = 0
            for _ in texts:
                ids = sentences[number]
                for start in range(0, max(1, len(ids)), length):
                    piece = ids[start : start + length]
                    if len(piece) > room or not owners or owners[-1] != passage:
                        windows.append([])
                        owners.append(passage)
                        room = length
                    windows[-1].append((number, piece))
                    room -= len(piece)
                number += 1
        return windows, owners


class _Means:
    """The means of the states that are added to each of n rows; zeros where none was."""

    def __init__(self, rows: int, dimension: int) -> None:
        self._sums = np.zeros((rows, dimension), np.float32)
        self._counts = np.zeros((rows, 1), np.float32)

    def add(self, row: int, states: FloatMatrix) -> None:
        self._sums[row] += states.sum(axis=0)
        self._counts[row] += len(states)

    def found(self) -> FloatMatrix:
        return self._sums / self._counts.clip(min=1)
