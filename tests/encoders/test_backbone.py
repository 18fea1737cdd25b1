import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from citaat.domain import FloatMatrix
from citaat.encoders import openvino
from citaat.encoders.backbone import Backbone, TokenIds, TorchBackbone, batches_by_length, hidden_states
from citaat.encoders.openvino import OpenVinoBackbone
from citaat.errors import InputError
from tests.fakes import tiny_bert


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module", params=["openvino", "torch"])
def backbone(request: pytest.FixtureRequest, folder: Path) -> Backbone:
    return OpenVinoBackbone(folder, "tiny") if request.param == "openvino" else TorchBackbone(folder, "cpu")


def test_hidden_states_of_a_text_do_not_depend_on_what_it_is_computed_with(backbone: Backbone) -> None:
    rows = [[2, 5, 9, 3], [2, 7, 3], [2, 5, 9, 3], [2, *range(10, 40), 3]]
    together = dict(hidden_states(backbone, rows))
    assert sorted(together) == [0, 1, 2, 3]
    for number, row in enumerate(rows):
        ((_, alone),) = hidden_states(backbone, [row])
        assert alone.shape == (len(row), 16)
        np.testing.assert_allclose(together[number], alone, atol=1e-5)


def test_short_texts_of_about_one_length_are_computed_in_one_shape() -> None:
    shapes: list[tuple[int, ...]] = []

    def computed(token_ids: TokenIds, mask: TokenIds, streams: int = 1) -> FloatMatrix:
        assert mask.sum(axis=1).tolist() == [(token_ids != 0).sum()]
        shapes.append(mask.shape)
        return np.zeros((*mask.shape, 4), np.float32)

    found = [states.shape for length in (1, 15, 16, 17, 64, 65) for _, states in hidden_states(computed, [[5] * length])]
    assert shapes == [(1, 16), (1, 16), (1, 16), (1, 32), (1, 64), (1, 65)]
    assert found == [(1, 4), (15, 4), (16, 4), (17, 4), (64, 4), (65, 4)]


def test_one_batch_is_computed_by_all_threads_and_several_by_a_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_THREADS", "3")
    divided: list[int] = []

    def computed(token_ids: TokenIds, mask: TokenIds, streams: int = 1) -> FloatMatrix:
        divided.append(streams)
        return np.zeros((*mask.shape, 4), np.float32)

    assert len(list(hidden_states(computed, [[5] * 10] * 4))) == 4
    assert divided == [1]
    assert len(list(hidden_states(computed, [[5] * 500] * 4))) == 4
    assert divided == [1, 3, 3]


def test_openvino_leaves_threads_to_run_on_any_core(folder: Path) -> None:
    """Otherwise the first thread of each worker runs on the first core."""
    assert OpenVinoBackbone(folder, "tiny")._compile(1).get_property("ENABLE_CPU_PINNING") is False


def test_openvino_computes_what_torch_does(folder: Path) -> None:
    ids: TokenIds = np.random.default_rng(0).integers(4, 40, (3, 9))
    mask: TokenIds = (np.arange(9) < np.array([[9], [4], [2]])).astype(np.int64)
    found, expected = (one(ids, mask) for one in (OpenVinoBackbone(folder, "tiny"), TorchBackbone(folder, "cpu")))
    np.testing.assert_allclose(found[mask == 1], expected[mask == 1], atol=1e-5)


def test_a_batch_holds_texts_of_about_one_length_and_1024_tokens_with_their_padding() -> None:
    lengths = [500, 3, 500, 512, 480, 40, 300]
    found = list(batches_by_length(lengths))
    assert found == [[1, 5, 6], [4, 0], [2, 3]]
    assert [len(batch) * max(lengths[row] for row in batch) <= 1_024 for batch in found] == [True] * len(found)
    assert list(batches_by_length([])) == []


def test_little_is_padded_in_texts_of_the_lengths_of_sentences_and_passages() -> None:
    lengths = np.random.default_rng(0).lognormal(4.2, 0.7, 2_000).astype(int).clip(3, 512).tolist()
    computed = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches_by_length(lengths))
    assert computed < 1.1 * sum(lengths)


def test_threads_that_are_first_at_the_same_time_do_not_wait_for_one_another(folder: Path) -> None:
    program = (
        "import sys, threading, numpy as np; from pathlib import Path\n"
        "from citaat.encoders.openvino import OpenVinoBackbone\n"
        "sys.setswitchinterval(1e-6)\n"
        "backbone, ids = OpenVinoBackbone(Path(sys.argv[1]), 'tiny'), np.ones((2, 5), np.int64)\n"
        "threads = [threading.Thread(target=backbone, args=(ids, ids)) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]; print('done')\n"
    )
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=60)
        assert done.stdout == "done\n", done.stderr


def test_neither_converting_nor_computing_opens_a_socket(folder: Path, tmp_path: Path) -> None:
    program = (
        "import socket, sys, numpy as np; from pathlib import Path\n"
        "def refuse(*arguments, **options): raise AssertionError('a socket is opened')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from citaat.encoders.openvino import OpenVinoBackbone\n"
        "OpenVinoBackbone(Path(sys.argv[1]), 'tiny')(np.ones((2, 5), np.int64), np.ones((2, 5), np.int64))\n"
        "print('openvino_telemetry' in sys.modules)\n"
    )
    environment = os.environ | {"CITAAT_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("False\n", "")
    assert list(tmp_path.rglob("transformer.xml"))


def test_where_the_cache_cannot_be_written_it_is_converted_for_the_process(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CITAAT_CACHE", str(tmp_path / "file"))
    ids: TokenIds = np.ones((1, 4), np.int64)
    np.testing.assert_allclose(OpenVinoBackbone(folder, "tiny")(ids, ids), TorchBackbone(folder, "cpu")(ids, ids), atol=1e-5)


def test_it_computes_in_bfloat16_where_it_is_told_and_hardly_otherwise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids: TokenIds = np.random.default_rng(0).integers(4, 40, (3, 9))
    exact = OpenVinoBackbone(folder, "tiny")(ids, np.ones_like(ids))
    monkeypatch.setenv("CITAAT_PRECISION", "bfloat16")
    rounded = OpenVinoBackbone(folder, "tiny")(ids, np.ones_like(ids))
    np.testing.assert_allclose(rounded, exact, atol=0.05)


def test_of_two_processes_that_convert_at_once_the_first_wins_and_nothing_is_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITAAT_CACHE", str(tmp_path))
    real = openvino.convert

    def late(source: Path, out: Path) -> None:
        real(source, out)
        shutil.copytree(out, tmp_path / "models" / names[0])

    ids: TokenIds = np.ones((1, 4), np.int64)
    expected = OpenVinoBackbone(folder, "tiny")(ids, ids)
    names = [path.name for path in tmp_path.glob("models/*")]
    shutil.rmtree(tmp_path / "models")
    monkeypatch.setattr(openvino, "convert", late)
    np.testing.assert_allclose(OpenVinoBackbone(folder, "tiny")(ids, ids), expected, atol=1e-6)
    assert [path.name for path in tmp_path.glob("models/*")] == names


def test_a_cache_that_is_full_is_told_with_what_to_do_and_nothing_is_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, out: Path) -> None:
        (out / "transformer.xml").write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("CITAAT_CACHE", str(tmp_path))
    monkeypatch.setattr(openvino, "convert", full)
    ids: TokenIds = np.ones((1, 4), np.int64)
    with pytest.raises(InputError, match="point CITAAT_CACHE at another folder") as error:
        OpenVinoBackbone(folder, "tiny")(ids, ids)
    assert error.value.code == "cache-unwritable"
    assert list(tmp_path.glob("models/*")) == []
