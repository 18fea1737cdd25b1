"""English words and phrases with Dutch words that mean alike, out of a list of words and sentences in both languages."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product

import numpy as np
import Stemmer

from citaat.domain import FloatVector
from citaat.encoders.protocol import Encoder
from citaat.query.translation import LONGEST, MOST, Translations
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.words import fold, word_list
from citaat.training.contrastive import TrainingProgress
from recipe.texts import WORD_LIST, TextPairs

_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_PAIRS, _LEAST_DICE = 3, 0.4
"""Sentence pairs that hold both words of a pair at least, and the Dice coefficient of those that hold either (Dice 1945)."""
_LEAST_CLOSENESS = 0.6
"""How close the words of a pair have to be: below that most are of senses that are hardly meant."""
_ENCODED_TOGETHER = 1_000
_DICE_WEIGHT, _FREQUENCY_WEIGHT = 0.3, 0.05

WordPairs = dict[tuple[str, str], float]
"""English and Dutch words that mean alike, with their Dice coefficient in the sentences; 0 for those of the list of words."""


def learn(
    sheets: Mapping[str, TextPairs], encoder: Encoder, background: Background, progress: TrainingProgress | None = None
) -> Translations:
    """At most three Dutch words for each English one, the closest pairs first.

    How close a pair is: the cosine of its words, 0.3 times its Dice coefficient in the sentences, and 0.05 times the ln of
    1 + the passages of the background that hold the Dutch word, since a common word is more likely to be meant.

    Args:
        sheets: Dutch and English texts that mean alike, by the name of their file; `lexicon*` holds words.
    """
    found = _word_list_pairs(chain.from_iterable(sheet for name, sheet in sheets.items() if name.startswith(WORD_LIST)))
    found |= _aligned_pairs([pair for name, sheet in sheets.items() if not name.startswith(WORD_LIST) for pair in sheet])
    vectors = _vectors(list(dict.fromkeys(chain.from_iterable(found))), encoder, progress)
    cosines = np.array([float(vectors[english] @ vectors[dutch]) for english, dutch in found])
    analyzer = Analyzer()
    frequencies = np.log1p([max(_form_counts(word, analyzer, background)) for _, word in found])
    # Rounded, so that the last digits of a cosine, which differ from one run to the next, decide no order.
    closeness = (cosines + _DICE_WEIGHT * np.array(list(found.values())) + _FREQUENCY_WEIGHT * frequencies).round(2)
    close = sorted(zip((-closeness).tolist(), found, strict=True))
    return Translations(_best([pair for distance, pair in close if distance <= -_LEAST_CLOSENESS], analyzer))


def _form_counts(word: str, analyzer: Analyzer, background: Background) -> list[int]:
    """How many passages of the background hold a word or its plural: Snowball gives "kernwapen" and "kernwapens" two stems."""
    return [background.counts.get(analyzer.stem(word + ending), 0) for ending in ("", "s", "en")]


def _vectors(words: list[str], encoder: Encoder, progress: TrainingProgress | None) -> dict[str, FloatVector]:
    vectors: dict[str, FloatVector] = {}
    for start in range(0, len(words), _ENCODED_TOGETHER):
        part = words[start : start + _ENCODED_TOGETHER]
        vectors |= zip(part, encoder.encode(part, "question").vectors, strict=True)
        if progress:
            progress(len(vectors), len(words), None)
    return vectors


def _best(pairs: Iterable[tuple[str, str]], analyzer: Analyzer) -> list[tuple[str, str]]:
    """The first pairs of each English word, with Dutch words of different stems."""
    kept: dict[tuple[str, str], tuple[str, str]] = {}
    counts = Counter[str]()
    for english, dutch in pairs:
        key = english, analyzer.stem(dutch)
        if key not in kept and counts[english] < MOST:
            kept[key] = english, dutch
            counts[english] += 1
    return list(kept.values())


def _word_list_pairs(pairs: Iterable[tuple[str, str]]) -> WordPairs:
    """Single Dutch words of a list, with English ones or phrases of at most three words that count."""
    found: WordPairs = {}
    for dutch, english in pairs:
        words = [word for word in re.split("[ -]", fold(english)) if word not in word_list("stop")]
        if (
            fold(dutch) not in word_list("stop")
            and 0 < len(words) <= LONGEST
            and all(_WORD.fullmatch(word) for word in [*words, fold(dutch)])
        ):
            found[" ".join(words), fold(dutch)] = 0.0
    return found


def _aligned_pairs(sentences: Sequence[tuple[str, str]]) -> WordPairs:
    """Words whose stems stand in the same pairs of sentences; each stem by its most frequent word."""
    stems = [Stemmer.Stemmer(language).stemWord for language in ("dutch", "english")]
    words = tuple(defaultdict[str, Counter[str]](Counter) for _ in stems)
    counts = tuple(Counter[str]() for _ in stems)
    together: Counter[tuple[str, str]] = Counter()
    for pair in sentences:
        sides = []
        for text, stem, forms, count in zip(pair, stems, words, counts, strict=True):
            met = {word: stem(word) for word in _WORD.findall(fold(text)) if word not in word_list("stop")}
            for word, its in met.items():
                forms[its][word] += 1
            count.update(set(met.values()))
            sides.append(set(met.values()))
        together.update(product(*sides))
    found = {}
    for (dutch, english), times in together.items():
        dice = 2 * times / (counts[0][dutch] + counts[1][english])
        if times >= _LEAST_PAIRS and dice >= _LEAST_DICE:
            (one, _), (other, _) = words[1][english].most_common(1)[0], words[0][dutch].most_common(1)[0]
            found[one, other] = dice
    return found
