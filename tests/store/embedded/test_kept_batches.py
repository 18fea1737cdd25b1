import shutil
from pathlib import Path

import numpy as np
import pytest

from citaat.errors import StoreError
from citaat.store.embedded.kept_batches import KeepingEncoder
from tests.building import build
from tests.fakes import FullDisk, HashEncoder, QuickDisk

BATCH = [["De huur daalt.", "Dat is goed."], ["Meer huizen."]]


def keeping(folder: Path, encoder: HashEncoder | None = None) -> KeepingEncoder:
    return KeepingEncoder(encoder or HashEncoder(), folder / "encoding", QuickDisk())


def test_a_batch_that_was_kept_is_not_encoded_again(tmp_path: Path) -> None:
    first = keeping(tmp_path)
    expected = first.encode_passages(BATCH)
    encoder = HashEncoder()
    again = keeping(tmp_path, encoder)
    found = again.encode_passages(BATCH)
    for kept, made in ((found.passages, expected.passages), (found.sentences, expected.sentences)):
        np.testing.assert_array_equal(kept, made)
        assert kept.dtype == made.dtype
    assert found.truncated.tolist() == expected.truncated.tolist() == [False, False]
    assert (first.known, again.known, encoder.encoded) == (0, 2, [])


def test_another_batch_and_another_encoder_find_nothing(tmp_path: Path) -> None:
    keeping(tmp_path).encode_passages(BATCH)
    other = HashEncoder()
    other.fingerprint = "other"
    for encoder, batch in ((HashEncoder(), BATCH[:1]), (other, BATCH)):
        made = keeping(tmp_path, encoder)
        made.encode_passages(batch)
        assert made.known == 0


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_batch_that_is_damaged_is_encoded_again(tmp_path: Path, damage: bytes | None) -> None:
    keeping(tmp_path).encode_passages(BATCH)
    (file,) = (tmp_path / "encoding").iterdir()
    raw = bytearray(file.read_bytes())
    raw[200] ^= 255
    file.write_bytes(raw if damage is None else damage)
    made = keeping(tmp_path)
    np.testing.assert_array_equal(made.encode_passages(BATCH).passages, HashEncoder().encode_passages(BATCH).passages)
    assert made.known == 0


def test_texts_are_kept_by_their_kind(tmp_path: Path) -> None:
    expected = keeping(tmp_path).encode(["Huur?", "Zorg?"], "question")
    encoder = HashEncoder()
    found = keeping(tmp_path, encoder).encode(["Huur?", "Zorg?"], "question")
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    assert (found.truncated.tolist(), encoder.encoded) == ([False, False], [])
    keeping(tmp_path, encoder).encode(["Huur?", "Zorg?"], "passage")
    assert encoder.encoded == ["Huur?", "Zorg?"]


def test_what_was_computed_in_another_precision_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping(tmp_path).encode_passages(BATCH)
    monkeypatch.setenv("CITAAT_PRECISION", "bfloat16")
    made = keeping(tmp_path)
    made.encode_passages(BATCH)
    assert made.known == 0


def test_a_batch_that_cannot_be_written_leaves_none_that_is_read(tmp_path: Path) -> None:
    for failing in range(3):
        made = KeepingEncoder(HashEncoder(), tmp_path / "encoding", FullDisk(failing))
        with pytest.raises(OSError, match="No space left"):
            made.encode_passages(BATCH)
        again = keeping(tmp_path)
        again.encode_passages(BATCH)
        assert again.known == 0
        shutil.rmtree(tmp_path / "encoding")


def test_a_build_goes_on_where_one_was_stopped_and_writes_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citaat.indexing._BATCH", 4)
    text = tmp_path / "lang.txt"
    text.write_text("\n\n".join(f"Alinea {'x' * number}. En nog een." for number in range(1, 22)))
    build(tmp_path / "undisturbed", text)

    def stop(name: str, done: int, total: int, passages: int) -> None:
        if passages == 12:
            raise KeyboardInterrupt

    root = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        build(root, text, progress=stop)
    encoder = HashEncoder()
    report = build(root, text, encoder=encoder)
    assert (report.encoded, report.reused) == (9, 12)
    assert len(list((root / "generations").iterdir())) == 1
    assert not (root / "encoding").exists()
    kept, whole = (next((folder / "generations").iterdir()) for folder in (root, tmp_path / "undisturbed"))
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == {file.name: file.read_bytes() for file in whole.iterdir()}


def test_a_build_from_scratch_and_one_that_cannot_be_written_take_nothing_over(tmp_path: Path) -> None:
    text = tmp_path / "kort.txt"
    text.write_text("De huur daalt.")
    root = tmp_path / "store"
    root.mkdir()
    keeping(root).encode_passages([["De huur daalt."]])
    assert build(root, text, fresh=True).encoded == 1
    keeping(root).encode_passages([["De huur daalt."]])
    (root / "CURRENT").write_text("nothing of the kind")
    with pytest.raises(StoreError):
        build(root, text, add=True)
    assert (root / "encoding").exists()
