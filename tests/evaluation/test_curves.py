import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.evaluation import curves

CONFIDENCE, RIGHT = np.array([0.1, 0.9, 0.5, 0.7]), np.array([0.0, 1.0, 0.0, 1.0])


def firsts(threshold: float) -> NDArray[np.float64]:
    """One question has another threshold than the others."""
    return np.column_stack([CONFIDENCE, RIGHT, [threshold, threshold, threshold, 0.0]])


def test_risk_falls_where_the_sure_answers_are_right() -> None:
    coverage, risk = curves.risk_coverage(CONFIDENCE, RIGHT)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0.0, 0.0, pytest.approx(1 / 3), 0.5]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_risk_at_full_coverage_is_the_share_that_is_wrong(rows: list[tuple[float, bool]]) -> None:
    confidence, right = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    coverage, risk = curves.risk_coverage(confidence, right)
    assert coverage[-1] == 1
    assert risk[-1] == pytest.approx(1 - right.mean())
    assert ((risk >= 0) & (risk <= 1)).all()


def test_a_picture_is_drawn_also_where_nothing_reaches_the_threshold(tmp_path: Path) -> None:
    curves.draw({"p": firsts(0.6), "q": firsts(0.95)}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_each_curve_has_a_dot_at_its_threshold_if_anything_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, file, dpi: drawn.append(figure))
    curves.draw({"p": firsts(0.5), "q": firsts(0.95)}, tmp_path / "curve.png")
    (axes,) = drawn[0].axes
    curve, dot, another = axes.lines
    assert (
        np.array(curve.get_data()).tolist()
        == np.array(another.get_data()).tolist()
        == np.array(curves.risk_coverage(CONFIDENCE, RIGHT)).tolist()
    )
    assert np.array(dot.get_data()).tolist() == [[0.75], [pytest.approx(1 / 3)]]
    assert (dot.get_color(), dot.get_marker(), dot.get_color() == another.get_color()) == (curve.get_color(), "o", False)
    assert [curve.get_label(), another.get_label()] == ["p, threshold 0.50", "q, threshold 0.95"]
    assert (axes.get_xlim(), axes.get_ylim()[0]) == ((0, 1), 0)


@pytest.mark.parametrize("name", ["nergens/curve.png", "curve.onbekend"])
def test_a_picture_that_cannot_be_written_is_an_error_of_the_caller(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be written .* Name a \.png file") as raised:
        curves.draw({"p": firsts(0.6)}, tmp_path / name)
    assert raised.value.code == "unwritable"


def test_without_matplotlib_the_command_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"pip install 'citaat\[plot\]'") as raised:
        curves.draw({"p": firsts(0.6)}, tmp_path / "curve.png")
    assert raised.value.code == "no-plot"
