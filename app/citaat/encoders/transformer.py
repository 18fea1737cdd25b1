"""The model that ships: a BERT model with mean pooling, whose sentences get their vectors within the passage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.encoders.backbone import Backbone, TorchBackbone, hidden_states
from citaat.encoders.combining import Combined
from citaat.encoders.openvino import OpenVinoBackbone
from citaat.encoders.protocol import PROMPT_NAMES, Encoded, EncodedPassages, TextKind, fingerprint_of, normalize, prompts_of

_POOLING, _DENSE = "1_Pooling", "2_Dense"
_SETTINGS, _LENGTHS = "config_sentence_transformers.json", "sentence_bert_config.json"


@dataclass(frozen=True, slots=True)
class _Window:
    """Whole sentences of one passage, or pieces of a very long one, that the model reads together.

    Attributes:
        passage: its number.
        pieces: the number of each sentence with its token ids.
    """

    passage: int
    pieces: list[tuple[int, list[int]]]


class TransformerEncoder:
    """A BERT model, the mean of its hidden states and, if the folder has one, an affine map of that.

    A sentence's vector is the mean of its tokens within the passage, so that "dat" means what the sentence before says;
    a passage beyond the model's length is read in windows of whole sentences, and so is never truncated.

    Args:
        folder: one that `supports` says yes to.
        device: a device of torch's to compute on, such as "cuda"; empty for OpenVINO on the processor.
    """

    def __init__(self, folder: Path, device: str = "") -> None:
        tokenizer, weights = folder / "tokenizer.json", folder / "model.safetensors"
        dense = [path for path in (folder / _DENSE / "model.safetensors",) if path.is_file()]
        prompts = prompts_of(folder.name, _read_json(folder / _SETTINGS).get("prompts") or {})
        self.name = folder.name
        self._prompts: dict[TextKind, str] = {kind: prompts.get(name) or "" for kind, name in PROMPT_NAMES.items()}
        self.fingerprint = fingerprint_of(json.dumps(self._prompts), tokenizer, weights, *dense)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = self._tokenizer.encode("").ids
        (self._passage_prompt,) = self._token_ids([self._prompts["passage"].rstrip()])
        self._max_tokens = _max_tokens(folder) - 2
        self._hidden_size = int(_read_json(folder / "config.json")["hidden_size"])
        maps = [load_file(path) for path in dense]
        self._map = np.ascontiguousarray(maps[0]["linear.weight"].T, np.float32) if maps else None
        self._bias = maps[0].get("linear.bias") if maps else None
        self.dimension = int(self._map.shape[1]) if self._map is not None else self._hidden_size
        self._backbone: Backbone = TorchBackbone(folder, device) if device else OpenVinoBackbone(folder, self.fingerprint)
        self._mean: Combined[list[int], FloatMatrix] = Combined(self._means)

    @staticmethod
    def supports(folder: Path) -> bool:
        """Whether a folder holds the one architecture that this class computes."""
        if not all((folder / name).is_file() for name in ("config.json", "tokenizer.json", "model.safetensors", _SETTINGS)):
            return False
        config, pooling, dense = (_read_json(folder / name / "config.json") for name in ("", _POOLING, _DENSE))
        mean = pooling.get("pooling_mode") == "mean" or pooling.get("pooling_mode_mean_tokens") is True
        return (
            config.get("model_type") == "bert"
            and mean
            and pooling.get("include_prompt", True)
            and str(dense.get("activation_function", ".Identity")).endswith(".Identity")
        )

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        token_ids = self._token_ids([self._prompts[kind] + text for text in distinct])
        rows = [[self._first, *ids[: self._max_tokens], self._last] for ids in token_ids]
        means = self._means(rows) if len(rows) != 1 else self._mean(rows[0])[np.newaxis]
        positions = [distinct[text] for text in texts]
        truncated = np.array([len(ids) > self._max_tokens for ids in token_ids], np.bool_)
        return Encoded(self._project(means)[positions], truncated[positions])

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        sentences = self._token_ids(list(chain.from_iterable(passages)))
        windows = self._windows(passages, sentences)
        passage_means, sentence_means = (_MeanPooling(len(ones), self._hidden_size) for ones in (passages, sentences))
        for number, states in hidden_states(self._backbone, [self._row(window) for window in windows]):
            passage_means.add(windows[number].passage, states)
            start = 1 + len(self._passage_prompt)
            for sentence, ids in windows[number].pieces:
                sentence_means.add(sentence, states[start : start + len(ids)])
                start += len(ids)
        vectors = self._project(passage_means.means()), self._project(sentence_means.means())
        return EncodedPassages(*vectors, np.zeros(len(passages), np.bool_))

    def _means(self, rows: Sequence[list[int]]) -> FloatMatrix:
        """The mean hidden state of each row of token ids."""
        means = np.zeros((len(rows), self._hidden_size), np.float32)
        for row, states in hidden_states(self._backbone, rows):
            means[row] = states.mean(axis=0)
        return means

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def _project(self, means: FloatMatrix) -> FloatMatrix:
        """Unit vectors; a text without a token, and so a mean of 0, keeps no direction."""
        mapped = means if self._map is None else means @ self._map
        return normalize(mapped if self._bias is None else (mapped + self._bias) * means.any(axis=1, keepdims=True))

    def _row(self, window: _Window) -> list[int]:
        tokens = chain.from_iterable(ids for _, ids in window.pieces)
        return [self._first, *self._passage_prompt, *tokens, self._last]

    def _windows(self, passages: Sequence[Sequence[str]], sentences: Sequence[list[int]]) -> list[_Window]:
        """The windows of each passage, as full as whole sentences make them.

        Args:
            sentences: the token ids of the sentences of all passages.
        """
        windows: list[_Window] = []
        most = self._max_tokens - len(self._passage_prompt)
        numbered = enumerate(sentences)
        for passage, texts in enumerate(passages):
            windows.append(_Window(passage, []))
            left = most
            for number, ids in (next(numbered) for _ in texts):
                for start in range(0, max(1, len(ids)), most):
                    piece = ids[start : start + most]
                    if len(piece) > left:
                        windows.append(_Window(passage, []))
                        left = most
                    windows[-1].pieces.append((number, piece))
                    left -= len(piece)
        return windows


class _MeanPooling:
    """The means of the hidden states that are added to each of n rows; zeros where none was."""

    def __init__(self, rows: int, dimension: int) -> None:
        self._sums = np.zeros((rows, dimension), np.float32)
        self._counts: NDArray[np.float32] = np.zeros((rows, 1), np.float32)

    def add(self, row: int, states: FloatMatrix) -> None:
        self._sums[row] += states.sum(axis=0)
        self._counts[row] += len(states)

    def means(self) -> FloatMatrix:
        return self._sums / self._counts.clip(min=1)


def _read_json(path: Path) -> dict[str, Any]:
    """What a file of settings holds; nothing if there is none."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _max_tokens(folder: Path) -> int:
    """How many tokens the model reads, by whichever of its files says the least."""
    said = (
        ("config.json", "max_position_embeddings"),
        ("tokenizer_config.json", "model_max_length"),
        (_LENGTHS, "max_seq_length"),
    )
    return min(int(value) for file, key in said if (value := _read_json(folder / file).get(key)))
