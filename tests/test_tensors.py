from pathlib import Path

import numpy as np
import torch
from citaat.encoders.tensors import raised, read_tensors
from safetensors.torch import save_file


def test_weights_of_eight_sixteen_and_thirty_two_bits_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    every = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).reshape(16, 16)
    kinds = {"eight": every, "sixteen": every.half(), "all": every.float()}
    save_file(kinds, tmp_path / "model.safetensors")
    found = read_tensors(tmp_path / "model.safetensors")
    for name, tensor in kinds.items():
        assert raised(found[name]).dtype == np.float32
        np.testing.assert_array_equal(raised(found[name]), tensor.float().numpy())
