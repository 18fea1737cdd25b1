"""Texts to unit vectors: the model that ships and static ones, by numpy alone, or any sentence-transformers model."""

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from tokenizers import Tokenizer

from app.bert import Bert
from app.domain import FloatMatrix
from app.errors import InputError
from app.tensors import raised, read_tensors

Kind = Literal["question", "passage"]

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
_BERT_MODULES = (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling", "Dense", "Normalize"])
_POOLING, _DENSE = "1_Pooling", "2_Dense"
_SETTINGS = "config_sentence_transformers.json"
_PROMPTS: dict[Kind, str] = {"question": "query", "passage": "document"}
"""What sentence-transformers calls them."""
_E5 = re.compile(r"(?:^|[_-])e5(?:[_-]|$)", re.IGNORECASE)
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}
_CACHED_WORDS = 200_000
_MANY = 500
"""Texts in one call from which it pays to raise the whole table to float32 at once."""


class Encoder(Protocol):
    """Turns texts into unit vectors; the all-zero vector for a text without a known token.

    Attributes:
        name: what the user called the model.
        fingerprint: hex; two encoders with one fingerprint give equal vectors.
        dimension: d.
    """

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        """float32 [len(texts), d], each row of unit length, in the order of `texts`."""
        ...

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        """The vectors of passages, given as their sentences, and of those sentences: float32 [n, d] and [sentences, d]."""
        ...

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        """How many of the texts have more tokens than the model reads; what is beyond that is not encoded."""
        ...


def load(model: str) -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    folder = Path(model)
    modules = folder / "modules.json"
    if modules.is_file():
        listed = json.loads(modules.read_text("utf-8"))
        kinds = [module["type"].rsplit(".", 1)[-1] for module in listed]
        if kinds == _STATIC_MODULES:
            return StaticEncoder(folder, listed[0]["path"])
        if kinds in _BERT_MODULES and BertEncoder.reads(folder):
            return BertEncoder(folder)
    return TransformerEncoder(model)


def _apart(encoder: Encoder, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
    """Passages and their sentences encoded apart, as models do that give one vector a text."""
    whole = encoder.encode([" ".join(sentences) for sentences in passages], "passage")
    return whole, encoder.encode(list(chain.from_iterable(passages)), "passage")


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
        self._prompts: dict[Kind, str] = {kind: told.get(name) or "" for kind, name in _PROMPTS.items()}
        self.fingerprint = _hash_of(json.dumps(self._prompts), tokenizer, weights, *dense)
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


class StaticEncoder:
    """A `StaticEmbedding` followed by `Normalize`: the mean of a text's token vectors, scaled to unit length.

    Reads the sentence-transformers folder with `tokenizers` and numpy. The weights stay memory-mapped as they are
    stored; rows are raised to float32 as they are used.
    """

    def __init__(self, folder: Path, module: str = "") -> None:
        weights = folder / module / "model.safetensors"
        tokenizer = folder / module / "tokenizer.json"
        if not weights.is_file() or not tokenizer.is_file():
            raise InputError(
                f"{folder} holds no complete static model: it lacks tokenizer.json or model.safetensors. "
                "Point CITAAT_MODEL at a whole model folder.",
                code="unknown-model",
            )
        self.name = folder.name
        self.fingerprint = _hash_of("", tokenizer, weights)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        (self._table,) = read_tensors(weights).values()
        self.dimension = int(self._table.shape[1])
        self._known: dict[str, list[int]] = {}
        self._raised: FloatMatrix | None = None

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        words = [text.split() for text in texts]
        self._learn(set(chain.from_iterable(words)))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        known, table = self._known, self._table
        if len(texts) > _MANY and table.dtype != np.float32:
            table = self._raised = raised(table) if self._raised is None else self._raised
        for row, vector in zip(words, vectors, strict=True):
            ids = list(chain.from_iterable(map(known.__getitem__, row)))
            if ids:
                raised(table[ids]).sum(axis=0, out=vector)
        return unit(vectors)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        return _apart(self, passages)

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        return 0

    def _learn(self, words: set[str]) -> None:
        """Tokenise each distinct word once: the tokenizer never looks across white space."""
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        new = [word for word in words if word not in self._known]
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True):
            self._known[word] = encoding.ids


class TransformerEncoder:
    """Any sentence-transformers model, with its own prompts for questions and passages.

    A model of the E5 family (Wang et al. 2022, arXiv 2212.03533) whose files name no prompts gets those it was trained with.

    Attributes:
        model: as sentence-transformers loads it.
        prompts: what questions ("query") and passages ("document") begin with.
    """

    def __init__(self, model: str) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        try:
            self.model: SentenceTransformer = SentenceTransformer(model, device="cpu", model_kwargs={"dtype": "float32"}).float()
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"The model cannot be loaded ({type(error).__name__}). CITAAT_MODEL takes a sentence-transformers folder, "
                "or the id of a model on a hub that this machine can reach.",
                code="unknown-model",
            ) from None
        self.name = model
        if not any(self.model.prompts.values()) and _E5.search(Path(model).name):
            self.model.prompts |= _E5_PROMPTS
        self.prompts = {kind: prompt or "" for kind, prompt in self.model.prompts.items()}
        digest = hashlib.sha256(json.dumps([model, self.model.prompts]).encode())
        with torch.no_grad():
            for tensor in self.model.state_dict().values():
                digest.update(tensor.contiguous().numpy().tobytes())
        self.fingerprint = digest.hexdigest()[:16]
        self.dimension = self.model.encode([""], show_progress_bar=False).shape[1]

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        encode = self.model.encode_query if kind == "question" else self.model.encode_document
        return np.asarray(encode(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        return _apart(self, passages)

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        longest = self.model.max_seq_length
        if longest is None:
            return 0
        prompt = self.prompts.get(_PROMPTS[kind], "")
        rows = self.model.tokenizer([prompt + text for text in texts], truncation=False)["input_ids"] if texts else []
        return sum(len(row) > longest for row in rows)


def _hash_of(settings: str, *paths: Path) -> str:
    digest = hashlib.sha256(settings.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def unit(vectors: FloatMatrix) -> FloatMatrix:
    """Each row scaled to unit length, in place; a row of zeros stays."""
    norms = np.sqrt(np.vecdot(vectors, vectors))[:, np.newaxis]
    return np.divide(vectors, norms, out=vectors, where=norms > 0)
