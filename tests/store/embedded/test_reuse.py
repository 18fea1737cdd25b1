"""A passage is encoded when it is new or changed, never again."""

from pathlib import Path

import numpy as np
import pytest

from citaat import indexing, segmentation
from citaat.store.embedded.store import EmbeddedStore
from tests.building import TEXT, build
from tests.fakes import HashEncoder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a file of three passages."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "wonen.md").write_bytes(TEXT.encode())
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_only_new_and_changed_passages_are_encoded(root: Path, source: Path) -> None:
    build(root, source)
    (source / "wonen.md").write_text(TEXT.replace("Meer huizen", "Veel meer huizen"))
    encoder = HashEncoder()
    report = build(root, encoder=encoder)
    assert (report.passages, report.encoded, report.reused) == (3, 1, 2)
    assert set(encoder.encoded) == {"Veel meer huizen."}
    with EmbeddedStore.open(root) as store:
        found = store.fetch(np.arange(3))
        expected = [
            HashEncoder().encode_passages([parts]) for parts in (["De huur daalt.", "Dat is goed.", "😀"], ["Veel meer huizen."])
        ]
        np.testing.assert_array_equal(found.vectors[:2], np.concatenate([one.passages for one in expected]))
        np.testing.assert_allclose(found.sentences_of(0), expected[0].sentences, atol=1e-3)


def test_nothing_is_reused_of_a_store_that_another_encoder_made(root: Path, source: Path) -> None:
    build(root, source)
    assert build(root, source, encoder=HashEncoder(fingerprint="other")).reused == 0
    assert build(root, source, encoder=HashEncoder(fingerprint="other")).reused == 3


def test_nothing_is_reused_of_a_store_that_was_split_otherwise(root: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(root, source)
    monkeypatch.setattr(segmentation, "VERSION", segmentation.VERSION + 1)
    assert build(root, source).reused == 0


def test_a_text_that_stands_twice_is_encoded_once(root: Path, source: Path) -> None:
    (source / "zorg.md").write_text("Zorg is er voor iedereen.\n\nDe huur daalt. Dat is goed. 😀\n")
    encoder = HashEncoder()
    report = build(root, source, encoder=encoder)
    assert (report.passages, report.encoded, report.reused) == (5, 4, 1)
    assert encoder.encoded.count("De huur daalt.") == 1
    with EmbeddedStore.open(root) as store:
        found = store.fetch(np.array([0, 4]))
        np.testing.assert_array_equal(found.vectors[0], found.vectors[1])
        np.testing.assert_array_equal(found.sentences_of(0), found.sentences_of(1))
        assert np.linalg.norm(found.sentences_of(1), axis=1).min() > 0.9


def test_a_copy_in_a_later_batch_is_not_encoded_again(root: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_BATCH", 2)
    (source / "zorg.md").write_text("Een.\n\nTwee.\n\nEen.\n\nMeer huizen.\n\nDrie.\n")
    report = build(root, source)
    assert (report.passages, report.encoded) == (8, 6)
    with EmbeddedStore.open(root) as store:
        bodies = [" ".join(store.quote(row).split()) for row in range(8)]
        np.testing.assert_array_equal(store.fetch(np.arange(8)).vectors, HashEncoder().encode(bodies, "passage").vectors)


def test_passages_that_the_encoder_cannot_read_whole_are_counted(root: Path, source: Path) -> None:
    assert build(root, source, encoder=HashEncoder(max_words=2)).overlong == 1
    assert build(root, source, encoder=HashEncoder(max_words=2)).overlong == 0, "what is reused is not counted again"


def test_adding_afresh_keeps_what_was_there_and_encodes_all_of_it(root: Path, source: Path, tmp_path: Path) -> None:
    build(root, source)
    care = tmp_path / "zorg.txt"
    care.write_text("Zorg is er voor iedereen.")
    report = build(root, care, add=True, fresh=True)
    assert (report.documents, report.reused) == (2, 0)


def test_a_passage_that_is_cut_otherwise_is_encoded_again(root: Path, tmp_path: Path) -> None:
    """A text's sentences depend on its language, and in lower case on what stands around it: the same text, other vectors."""
    low = " ".join(f"dit is zin {number} over de huur." for number in range(19))
    dates = "Op jan. Twaalf begint het. Goed zo.\n\nNog een alinea."
    before = "Dit is een zin van zestig tekens en dat telt aan het begin. " * 16
    for name, text in {"a": f"{before}En dan dit! {low}", "b": low, "c": dates, "d": dates}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    for one, other in (("nl", "en"), ("en", "nl")):
        (tmp_path / "sources.toml").write_text(f'["c.txt"]\nlanguage = "{one}"\n["d.txt"]\nlanguage = "{other}"\n')
        build(root, tmp_path)
        with EmbeddedStore.open(root) as store:
            for row in range(len(store)):
                passage = store.passage(row)
                texts = [store.text(passage.document, sentence.start, sentence.end) for sentence in passage.sentences]
                expected = HashEncoder().encode(texts, "passage").vectors
                np.testing.assert_allclose(store.fetch(np.array([row])).sentence_vectors, expected, atol=1e-3)
