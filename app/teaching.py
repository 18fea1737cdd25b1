"""What a student is taught: texts, and the vectors that two teachers give them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app import training
from app.corpus import Corpus, train_tokenizer
from app.domain import FloatMatrix
from app.encoder import unit
from app.glosses import gloss_words
from app.pairs import Ids, Ragged
from app.training import Progress, pieces_of_words
from app.transplant import Base

_GLOSSED_SENTENCES = 450_000
_PAIRED = 256


@dataclass(frozen=True, slots=True)
class Lessons:
    """Texts of one kind as word numbers, and what the English model reads for each."""

    texts: Ragged
    english: list[str]


class StaticTeacher:
    """A static model of the same corpus, trained first."""

    def __init__(self, corpus: Corpus, recipe: training.Recipe, progress: Progress | None) -> None:
        tokenizer = train_tokenizer(corpus, recipe.pieces)
        first = np.random.default_rng(recipe.seed).standard_normal((tokenizer.get_vocab_size(), recipe.dimension), np.float32)
        self._table, _ = training.learn(corpus, tokenizer, first, recipe, progress)
        self._pieces = pieces_of_words(tokenizer, corpus)

    def embed(self, texts: Ragged) -> FloatMatrix:
        """Unit vectors, float32 [n, d]; zeros for a text without pieces."""
        vectors = np.zeros((len(texts), self._table.shape[1]), np.float32)
        for row in range(len(texts)):
            ids, _ = self._pieces.take(texts.values[texts.starts[row] : texts.starts[row + 1]])
            self._table[ids].sum(axis=0, out=vectors[row])
        return unit(vectors)


def glosses_of(corpus: Corpus, english: Base, seed: int) -> list[str]:
    """An English gloss for each word of a corpus."""
    words, counts = list(corpus.vocabulary.numbers), corpus.frequencies
    sentences = corpus.sentences(_GLOSSED_SENTENCES, np.random.default_rng(seed))
    return gloss_words(words, counts, sentences, corpus.word_list, corpus.aligned, english.embed, english.commonness)


def lessons_of(corpus: Corpus, glosses: Sequence[str], texts: int, words: int, longest: int, seed: int) -> list[Lessons]:
    """Running text with its glosses, aligned texts with their English sides, and words with their glosses.

    Args:
        texts: how many of the first, rounded up to batches; they are the sentences, passages, headings and questions that
            a static model learns from.
        words: how many of the last.
        longest: words of a text that are kept.
    """
    random = np.random.default_rng(seed)

    def glossed(rows: Ragged) -> Lessons:
        each = (rows.values[start:end].tolist() for start, end in zip(rows.starts[:-1], rows.starts[1:], strict=True))
        return Lessons(rows, [" ".join(glosses[word] for word in row) for row in each])

    halves = []
    for batch in corpus.batches(-(-texts // (2 * _PAIRED)), _PAIRED, seed, running=True):
        halves += [_ragged(*batch.query, _PAIRED, longest), _ragged(*batch.target, _PAIRED, longest)]
    dutch = Ragged.of(corpus.vocabulary.ids(own)[:longest] for own, _ in corpus.aligned)
    foreign = Ragged.of(corpus.vocabulary.ids(other)[:longest] for _, other in corpus.aligned)
    written = zip(glosses, corpus.frequencies, strict=True)
    known = np.array([word for word, (gloss, count) in enumerate(written) if count and gloss[:1].isalpha()])
    chosen = random.permutation(known)[:words]
    return [
        glossed(Ragged.join(halves)),
        Lessons(Ragged.join([dutch, foreign]), 2 * [other for _, other in corpus.aligned]),
        glossed(Ragged(chosen, np.arange(len(chosen) + 1))),
    ]


def _ragged(words: Ids, rows: Ids, size: int, longest: int) -> Ragged:
    """Words with row numbers in any order, as rows of at most `longest` words."""
    order = np.argsort(rows, kind="stable")
    flat = Ragged(words[order], np.searchsorted(rows[order], np.arange(size + 1)))
    ends = np.minimum(flat.starts[:-1] + longest, flat.starts[1:])
    return Ragged(flat.slices(flat.starts[:-1], ends)[0], np.concatenate([[0], np.cumsum(ends - flat.starts[:-1])]))


def targets_of(
    lessons: Sequence[Lessons], static: StaticTeacher, english: Base, glossed: float, dimension: int
) -> list[FloatMatrix]:
    """What the student should give for each text: both teachers' vectors in one, on the axes along which texts differ most.

    The cosine of two texts is the mean of their cosines to the two teachers, that of the English one `glossed` times as
    heavy; the axes are the eigenvectors of the running texts' second moments, so no more of it is lost than must be.

    Returns:
        Unit vectors for each lesson, float32 [n, dimension].
    """
    root = np.float32(glossed**0.5)
    both = [np.hstack([root * _embedded(lesson.english, english), static.embed(lesson.texts)]) for lesson in lessons]
    axes = np.linalg.eigh(both[0].T @ both[0])[1][:, ::-1][:, :dimension]
    return [unit(np.asarray(vectors @ axes, np.float32)) for vectors in both]


def _embedded(texts: Sequence[str], english: Base) -> FloatMatrix:
    """The vectors of texts of which some are equal."""
    distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return english.embed(list(distinct))[[distinct[text] for text in texts]]
