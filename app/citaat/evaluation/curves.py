"""Risk against coverage: what is answered at each threshold, and how much of that is wrong."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError


@dataclass(frozen=True, slots=True)
class Curve:
    """What a risk-coverage curve is drawn from: of each question the first confidence and whether that passage answers it
    (1 or 0), float64 [n] each; and the threshold that most of them have to reach."""

    confidence: NDArray[np.float64]
    right: NDArray[np.float64]
    threshold: float

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The share of the questions answered at each threshold, and the share of those answers that are wrong.

        El-Yaniv and Wiener 2010 (JMLR 11); float64 [n] each, from the surest answer to all.
        """
        order = np.argsort(-self.confidence, kind="stable")
        answered = np.arange(1, len(order) + 1)
        return answered / len(order), np.cumsum(1 - self.right[order]) / answered


def draw(curves: dict[str, Curve], file: Path) -> None:
    """A picture of risk against coverage; a dot marks each threshold.

    Raises:
        InputError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("A picture needs matplotlib. Run: pip install 'citaat[plot]'", code="no-plot") from None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        coverage, risk = curve.points()
        (line,) = axes.plot(coverage, risk, label=f"{name}, threshold {curve.threshold:.2f}", linewidth=1.6)
        answered = int((curve.confidence >= curve.threshold).sum())
        if answered:
            axes.plot(coverage[answered - 1], risk[answered - 1], "o", color=line.get_color())
    axes.set(xlabel="coverage: questions answered", ylabel="risk: answers that are wrong", xlim=(0, 1), ylim=(0, None))
    axes.set_title("Answerable, near and far questions together; dots: at the threshold", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    try:
        figure.savefig(file, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be written ({type(error).__name__}). Name a .png file.", code="unwritable") from None
