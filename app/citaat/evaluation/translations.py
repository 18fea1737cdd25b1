"""Sentences and their translations: how often each finds the other."""

from pathlib import Path

import numpy as np

from citaat.encoders.protocol import Encoder
from citaat.errors import InputError
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import read_lines


def translation_figures(left: Path, right: Path, encoder: Encoder) -> Figures:
    """How often the right line of the other file is the closest, both ways.

    Raises:
        InputError: the files cannot be read or differ in length.
    """
    lines = [read_lines(path) for path in (left, right)]
    if len(lines[0]) != len(lines[1]) or not lines[0]:
        raise InputError("The two files need as many lines, each the translation of the other's.", code="no-question-set")
    here, there = (encoder.encode(one, "passage").vectors for one in lines)
    scores = here @ there.T
    own = np.arange(len(scores))
    return {
        f"{one.name} > {other.name}": {"hit@1": round(float((found.argmax(axis=1) == own).mean()), 4), "n": len(own)}
        for one, other, found in ((left, right, scores), (right, left, scores.T))
    }
