"""Weights on disk, mapped into memory."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_tensors(path: Path) -> dict[str, NDArray[np.float16] | NDArray[np.float32]]:
    """Memory-map a safetensors file: eight bytes of header length, a JSON header, the data."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    kinds = {"F16": np.float16, "F32": np.float32}
    return {
        name: np.asarray(
            np.memmap(path, kinds[value["dtype"]], "r", 8 + length + value["data_offsets"][0], tuple(value["shape"]))
        )
        for name, value in header.items()
        if name != "__metadata__"
    }
