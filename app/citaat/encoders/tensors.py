"""Weights on disk, mapped into memory."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix

Stored = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8]
"""Weights as they lie in a file; bytes are floats of eight bits."""

_KINDS = {"F16": np.float16, "F32": np.float32, "F8_E4M3": np.uint8}


def read_tensors(path: Path) -> dict[str, Stored]:
    """Memory-map a safetensors file: eight bytes of header length, a JSON header, the data."""
    data, header = _header(path)
    return {
        name: np.asarray(np.memmap(path, _KINDS[value["dtype"]], "r", data + value["data_offsets"][0], tuple(value["shape"])))
        for name, value in header
    }


def _header(path: Path) -> tuple[int, list[tuple[str, Any]]]:
    """Where the data begin, in bytes, and what is told of each tensor."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        rows = json.loads(file.read(length))
    return 8 + length, [(name, value) for name, value in rows.items() if name != "__metadata__"]


def readable(path: Path) -> bool:
    """Whether every tensor in a safetensors file is of a kind that is read here."""
    return all(value["dtype"] in _KINDS for _, value in _header(path)[1])


def raised(weights: Stored) -> FloatMatrix:
    """The same numbers as float32."""
    return _eight_bits()[weights] if weights.dtype == np.uint8 else weights.astype(np.float32)


@cache
def _eight_bits() -> FloatMatrix:
    """The number that each byte stands for in E4M3 (Micikevicius et al. 2022, arXiv 2209.05433), float32 [256].

    A sign, four bits of exponent with bias 7, three of fraction; exponent 0 is subnormal, and all ones are no number.
    """
    bits = np.arange(128)
    exponent, fraction = bits >> 3, bits & 7
    numbers = np.where(exponent > 0, np.ldexp(8.0 + fraction, exponent - 10), np.ldexp(1.0 * fraction, -9))
    numbers[-1] = np.nan
    return np.concatenate([numbers, -numbers]).astype(np.float32)
