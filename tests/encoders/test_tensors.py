from pathlib import Path

import numpy as np

from citaat.encoders.tensors import dequantize, is_readable, read_tensors


def test_weights_of_eight_sixteen_and_thirty_two_bits_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    every = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).reshape(16, 16)
    kinds = {"eight": every, "sixteen": every.half(), "all": every.float()}
    save_file(kinds, tmp_path / "model.safetensors")
    assert is_readable(tmp_path / "model.safetensors")
    found = read_tensors(tmp_path / "model.safetensors")
    for name, tensor in kinds.items():
        assert dequantize(found[name]).dtype == np.float32
        np.testing.assert_array_equal(dequantize(found[name]), tensor.float().numpy())


def test_a_file_with_one_tensor_of_another_dtype_is_not_readable(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"one": torch.zeros(2), "other": torch.zeros(2, dtype=torch.bfloat16)}, tmp_path / "model.safetensors")
    assert not is_readable(tmp_path / "model.safetensors")
