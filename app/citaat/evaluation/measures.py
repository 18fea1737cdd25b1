"""What else is measured: sentences marked, typing errors, translations, refusal as a curve."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Span
from citaat.encoders.encoder import Encoder
from citaat.errors import InputError
from citaat.evaluation.evaluation import Figures, QuestionSet, read_lines
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.search import Search
from citaat.text.lexicon import STOP_WORDS

_NEIGHBOURS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "wa qes wrd etf ryg tuh yij uok ipl ol qsz adw sfe dgr fht gjy hku jli kop asx zcd xvf cbg vnh bmj nk".split(),
        strict=True,
    )
)
_SHORTEST_MISTYPED = 4


@dataclass(frozen=True, slots=True)
class Marked:
    """How often every sentence that touches the answer is marked, and the share of the characters that are."""

    hits: int = 0
    marked: int = 0
    characters: int = 0

    def plus(self, hit: bool, marked: int, characters: int) -> "Marked":
        return Marked(self.hits + hit, self.marked + marked, self.characters + characters)


def highlight_figures(questions: QuestionSet, search: Search) -> Figures:
    """`highlight_hit` and `share` (marked characters over all) on the relevant passages that hold their answer.

    Three ways: the product's, the first sentence alone, and the oracle, which marks exactly the sentences that touch
    the answer. Nothing where no passage holds its answer.

    Args:
        search: over the set's corpus as `evaluation.indexed` stores it.
    """
    places = {row["id"]: place for place, row in enumerate(questions.corpus)}
    counts = dict.fromkeys(("highlights", "first sentence", "oracle"), Marked())
    highlighter, asked = Highlighter(search), 0
    for key, relevant in questions.relevant.items():
        row = places[next(iter(relevant))]
        document, passage = search.store.passage(row)
        answer = _place(questions.answers.get(key, ""), search.store.text(document), passage.span)
        if answer is None:
            continue
        asked += 1
        wanted = [one for one in passage.sentences if one.start < answer.end and answer.start < one.end]
        found = highlighter.highlights(row, (document, passage), search.query(questions.questions[key]))
        for name, marks in (("highlights", found), ("first sentence", passage.sentences[:1]), ("oracle", wanted)):
            counts[name] = counts[name].plus(set(wanted) <= set(marks), sum(map(len, marks)), len(passage.span))
    return {
        name: {
            "highlight_hit": round(one.hits / asked, 4), "share": round(one.marked / one.characters, 4), "n": asked
        }
        for name, one in counts.items()
        if asked
    }  # fmt: skip


def _place(words: str, text: str, within: Span) -> Span | None:
    """Where in a span of a text some words first stand, in any case."""
    # Not lower(): of some letters it makes two, and shifts the offsets after them.
    found = re.compile(re.escape(words), re.IGNORECASE).search(text, within.start, within.end)
    return Span(*found.span()) if found and words else None


def mistyped(questions: QuestionSet, seed: int = 0) -> QuestionSet:
    """The same set with one typing error in each content word: a swap, a drop, a double or a neighbouring key."""
    random = np.random.default_rng(seed)
    asked = {
        key: " ".join(_mistype(word, random) for word in question.split(" ")) for key, question in questions.questions.items()
    }
    return replace(questions, name=f"{questions.name} mistyped", questions=asked)


def _mistype(word: str, random: np.random.Generator) -> str:
    letters = word.rstrip("?.,;:!")
    if len(letters) < _SHORTEST_MISTYPED or letters.lower() in STOP_WORDS or not letters.isalpha():
        return word
    at = int(random.integers(1, len(letters) - 1))
    keys = _NEIGHBOURS.get(letters[at].lower(), letters[at])
    wrong = (
        letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :],
        letters[:at] + letters[at + 1 :],
        letters[:at] + letters[at] + letters[at:],
        letters[:at] + keys[int(random.integers(len(keys)))] + letters[at + 1 :],
    )
    changed = [one for one in wrong if one != letters]
    return changed[int(random.integers(len(changed)))] + word[len(letters) :]


def translation_figures(left: Path, right: Path, model: Encoder) -> Figures:
    """How often the right line of the other file is the closest, both ways.

    Raises:
        InputError: the files cannot be read or differ in length.
    """
    lines = [read_lines(path) for path in (left, right)]
    if len(lines[0]) != len(lines[1]) or not lines[0]:
        raise InputError("The two files need as many lines, each the translation of the other's.", code="no-question-set")
    here, there = (model.encode(one, "passage") for one in lines)
    scores = here @ there.T
    own = np.arange(len(scores))
    return {
        f"{one.name} > {other.name}": {"hit@1": round(float((found.argmax(axis=1) == own).mean()), 4), "n": len(own)}
        for one, other, found in ((left, right, scores), (right, left, scores.T))
    }


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
