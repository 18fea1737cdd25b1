"""Weights on disk, mapped into memory."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix

StoredWeights = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8]
"""Weights as they lie in a file; bytes are floats of eight bits."""

_DTYPES = {"F16": np.float16, "F32": np.float32, "F8_E4M3": np.uint8}


def read_tensors(path: Path) -> dict[str, StoredWeights]:
    """Memory-map a safetensors file: eight bytes of header length, a JSON header, the data."""
    data, header = _header(path)
    return {
        name: np.asarray(np.memmap(path, _DTYPES[value["dtype"]], "r", data + value["data_offsets"][0], tuple(value["shape"])))
        for name, value in header
    }


def _header(path: Path) -> tuple[int, list[tuple[str, Any]]]:
    """The offset of the data in bytes, and the name, dtype, shape and offsets of each tensor."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        rows = json.loads(file.read(length))
    return 8 + length, [(name, value) for name, value in rows.items() if name != "__metadata__"]


def is_readable(path: Path) -> bool:
    """Whether every tensor in a safetensors file has a dtype that is read here."""
    return all(value["dtype"] in _DTYPES for _, value in _header(path)[1])


def dequantize(weights: StoredWeights) -> FloatMatrix:
    """The same numbers as float32."""
    return _e4m3_values()[weights] if weights.dtype == np.uint8 else weights.astype(np.float32)


@cache
def _e4m3_values() -> FloatMatrix:
    """The value of each byte in E4M3 (Micikevicius et al. 2022, arXiv 2209.05433), float32 [256].

    A sign, four bits of exponent with bias 7, three of fraction; exponent 0 is subnormal, and all ones are NaN.
    """
    bits = np.arange(128)
    exponent, fraction = bits >> 3, bits & 7
    values = np.where(exponent > 0, np.ldexp(8.0 + fraction, exponent - 10), np.ldexp(1.0 * fraction, -9))
    values[-1] = np.nan
    return np.concatenate([values, -values]).astype(np.float32)
