"""Texts to unit vectors: the static model that ships, by numpy alone, or any sentence-transformers model."""

import hashlib
import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.domain import FloatMatrix
from app.errors import InputError

if TYPE_CHECKING:
    pass

Kind = Literal["question", "passage"]

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
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

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        """How many of the texts have more tokens than the model reads; what is beyond that is not encoded."""
        ...


def load(model: str) -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    modules = Path(model) / "modules.json"
    if modules.is_file():
        listed = json.loads(modules.read_text("utf-8"))
        if [module["type"].rsplit(".", 1)[-1] for module in listed] == _STATIC_MODULES:
            return StaticEncoder(Path(model), listed[0]["path"])
    return TransformerEncoder(model)


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
        self.fingerprint = _hash_of_files(tokenizer, weights)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._table = read_matrix(weights)
        self.dimension = int(self._table.shape[1])
        self._known: dict[str, list[int]] = {}
        self._raised: FloatMatrix | None = None

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        words = [text.split() for text in texts]
        self._learn(set(chain.from_iterable(words)))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        known, table = self._known, self._table
        if len(texts) > _MANY and table.dtype != np.float32:
            table = self._raised = table.astype(np.float32) if self._raised is None else self._raised
        for row, vector in zip(words, vectors, strict=True):
            ids = list(chain.from_iterable(map(known.__getitem__, row)))
            if ids:
                table[ids].sum(axis=0, dtype=np.float32, out=vector)
        norms = np.sqrt(np.vecdot(vectors, vectors))[:, np.newaxis]
        return np.divide(vectors, norms, out=vectors, where=norms > 0)

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
    """Any sentence-transformers model, with its own prompts for questions and passages."""

    def __init__(self, model: str) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        try:
            self._model: SentenceTransformer = SentenceTransformer(model, device="cpu").float()
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"The model cannot be loaded ({type(error).__name__}). CITAAT_MODEL takes a sentence-transformers folder, "
                "or the id of a model on a hub that this machine can reach.",
                code="unknown-model",
            ) from None
        self.name = model
        digest = hashlib.sha256(model.encode())
        with torch.no_grad():
            for tensor in self._model.state_dict().values():
                digest.update(tensor.contiguous().numpy().tobytes())
        self.fingerprint = digest.hexdigest()[:16]
        self.dimension = self._model.encode([""], show_progress_bar=False).shape[1]

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        encode = self._model.encode_query if kind == "question" else self._model.encode_document
        return np.asarray(encode(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32)

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        longest = self._model.max_seq_length
        if longest is None:
            return 0
        prompt = self._model.prompts.get("query" if kind == "question" else "document") or ""
        rows = self._model.tokenizer([prompt + text for text in texts], truncation=False)["input_ids"] if texts else []
        return sum(len(row) > longest for row in rows)


def _hash_of_files(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def read_matrix(path: Path) -> NDArray[np.float16] | NDArray[np.float32]:
    """Memory-map the one matrix of a safetensors file: eight bytes of header length, a JSON header, the data."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    (tensor,) = [value for name, value in header.items() if name != "__metadata__"]
    dtype = {"F16": np.float16, "F32": np.float32}[tensor["dtype"]]
    offset = 8 + length + tensor["data_offsets"][0]
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=tuple(tensor["shape"])))
