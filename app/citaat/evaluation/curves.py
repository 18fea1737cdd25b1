"""Risk against coverage: what is answered at each threshold, and how much of that is wrong."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError


def risk_coverage(confidence: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of the questions answered at each threshold, and the share of those answers that are wrong (El-Yaniv and
    Wiener 2010, JMLR 11); float64 [n] each, from the surest answer to all.

    Args:
        right: float64 [n], 1 for each question whose first passage answers it, 0 for the others.
    """
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(1 - right[order]) / answered


def draw(firsts: Mapping[str, NDArray[np.float64]], file: Path) -> None:
    """A picture of risk against coverage; a dot marks the threshold that most questions have to reach.

    Args:
        firsts: by the name of a curve, float64 [n, 3]: each question's first confidence, whether that passage answers it (1
            or 0), and its threshold.

    Raises:
        InputError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("A picture needs matplotlib. Run: pip install 'citaat[plot]'", code="no-plot") from None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, (confidence, right, thresholds) in ((name, rows.T) for name, rows in firsts.items()):
        threshold = np.median(thresholds)
        coverage, risk = risk_coverage(confidence, right)
        (line,) = axes.plot(coverage, risk, label=f"{name}, threshold {threshold:.2f}", linewidth=1.6)
        if answered := int((confidence >= threshold).sum()):
            axes.plot(coverage[answered - 1], risk[answered - 1], "o", color=line.get_color())
    axes.set(xlabel="coverage: questions answered", ylabel="risk: answers that are wrong", xlim=(0, 1), ylim=(0, None))
    axes.set_title("Answerable, taken out and far questions together; dots: at the threshold", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    try:
        figure.savefig(file, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be written ({type(error).__name__}). Name a .png file.", code="unwritable") from None
