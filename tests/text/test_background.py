import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.errors import InputError
from citaat.text import background
from citaat.text.background import BACKGROUND_PASSAGES, Background, idf

COMMON = Background(1_000, {"=wereld": 900, "=partij": 500})


def test_idf_is_that_of_lucene() -> None:
    assert idf(100, 3) == pytest.approx(math.log(1 + 97.5 / 3.5))
    assert idf(0, 0) == pytest.approx(math.log(2))


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_idf_is_positive_and_falls_with_the_document_frequency(first: int, second: int) -> None:
    rarer, more_common = sorted((first, second))
    assert idf(10_000, rarer) >= idf(10_000, more_common) > 0


def test_everyday_passages_stand_beside_the_library() -> None:
    assert BACKGROUND_PASSAGES == 500
    assert COMMON.idf("=wereld", 5, 2) == pytest.approx(idf(505, 2 + 450))
    assert COMMON.idf("=kernwap", 5, 2) == pytest.approx(idf(505, 2))


def test_a_word_that_is_common_at_large_counts_less() -> None:
    assert COMMON.idf("=wereld", 5, 1) < COMMON.idf("=partij", 5, 1) < COMMON.idf("=kernwap", 5, 1)


def test_without_a_background_every_term_is_as_rare_as_in_the_library() -> None:
    assert Background(0, {}).idf("=wereld", 5, 2) == pytest.approx(idf(505, 2))


def test_a_background_is_saved_as_it_was(tmp_path: Path) -> None:
    known = Background(1_000, {"=caf\u00e9": 30, "=partij": 500})
    known.save(tmp_path / "background.json")
    assert Background.load(tmp_path / "background.json") == known
    assert (tmp_path / "background.json").read_bytes() == '{"passages": 1000, "counts": {"=café": 30, "=partij": 500}}\n'.encode()


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"passages": "x", "counts": {}}', b'{"passages": 3}', b"\xff", b"3"])
def test_a_damaged_background_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "background.json").write_bytes(damage)
    with pytest.raises(InputError, match="missing or damaged") as refused:
        Background.load(tmp_path / "background.json")
    assert refused.value.code == "unknown-model"
    assert str(tmp_path / "background.json") in str(refused.value)


def test_a_missing_background_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CITAAT_MODEL"):
        Background.load(tmp_path / "background.json")


def test_the_number_of_imagined_passages_is_one_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BACKGROUND_PASSAGES", 0)
    assert COMMON.idf("=wereld", 5, 2) == pytest.approx(idf(5, 2))
