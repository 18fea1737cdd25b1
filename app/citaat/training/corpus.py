"""What an encoder learns from: a folder of texts as word ids, its pairs, and the vocabulary that cuts them to pieces."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from citaat.errors import InputError
from citaat.text.lexicon import Background
from citaat.training.pairs import (
    WORD_LIST,
    AlikePairs,
    Augmenter,
    Batch,
    Pairs,
    PassagePairs,
    Passages,
    Row,
    Vocabulary,
    read_passages,
    read_sheets,
    rows_of,
    sample_texts,
)

_BACKGROUND_SAMPLE = 35_000
_LONGEST_PIECE = 24
_ALIKE_SHARE = 0.06
Source = tuple[float, Callable[[int], Batch]]
"""The share of the batches that come from it, and what draws a batch of a given size."""


def background(corpus: Path) -> Background:
    """How common terms are in a corpus folder: about 35,000 passages of each file, evenly spread."""
    return Background.of(text for file in passage_files(corpus) for text in sample_texts(file, _BACKGROUND_SAMPLE))


def passage_files(corpus: Path) -> list[Path]:
    """The files with passages in a corpus folder, by name.

    Raises:
        InputError: there are none.
    """
    files = sorted([*corpus.glob("*.jsonl"), *corpus.glob("*.jsonl.zst")]) if corpus.is_dir() else []
    if not files:
        raise InputError(f"{corpus} holds no passages (*.jsonl or *.jsonl.zst with id, title and text).", code="empty-corpus")
    return files


class Corpus:
    """Texts as word ids, and the sources of pairs with the share of the batches that each gives.

    Attributes:
        vocabulary: every word, by number.
        counts: how much each file holds.
        frequencies: int64 [w], how often each word stands in all of them.
    """

    def __init__(self, rows: dict[str, Iterable[Row]], sheets: dict[str, Pairs], seed: int) -> None:
        self.vocabulary = Vocabulary()
        texts = [read_passages(row, self.vocabulary) for row in rows.values()]
        word_list = [pair for name, sheet in sheets.items() if name.startswith(WORD_LIST) for pair in sheet]
        self.counts = {file: len(text) for file, text in zip(rows, texts, strict=True)}
        self.counts |= {name: len(sheet) for name, sheet in sheets.items()}
        running = np.concatenate([text.sentences.values for text in texts])
        words = np.bincount(running, minlength=len(self.vocabulary.numbers))
        augmenter = Augmenter(self.vocabulary, words, word_list, seed)
        alike = [AlikePairs(sheet, self.vocabulary, augmenter.random) for sheet in sheets.values()]
        self._sources: list[Source] = [*_sources(texts, augmenter), *((_ALIKE_SHARE, sheet.draw) for sheet in alike)]
        self.frequencies = np.bincount(
            np.concatenate([running, *(np.concatenate([pairs.left.values, pairs.right.values]) for pairs in alike)]),
            minlength=len(self.vocabulary.numbers),
        )

    @classmethod
    def of_folder(cls, folder: Path, seed: int) -> "Corpus":
        """
        Raises:
            InputError: the folder holds no passages.
        """
        return cls({file.name: rows_of(file) for file in passage_files(folder)}, read_sheets(folder), seed)

    def batches(self, steps: int, size: int, seed: int) -> Iterator[Batch]:
        """Batches of `size` pairs, each from one source, so that its negatives are of the same kind."""
        random = np.random.default_rng(seed)
        shares = np.array([share for share, _ in self._sources])
        for source in random.choice(len(shares), size=steps, p=shares / shares.sum()):
            yield self._sources[source][1](size)


def _sources(texts: list[Passages], augmenter: Augmenter) -> Iterator[Source]:
    """Shares found on the development sets; a text without headings gives twice the sentences."""
    for text in texts:
        pairs = PassagePairs(text, augmenter)
        yield (0.15 if pairs.has_headings else 0.30), pairs.rest
        yield (0.04 if pairs.has_headings else 0.08), partial(pairs.rest, translated=True)
        if pairs.has_headings:
            yield 0.20, pairs.heading
            yield 0.04, partial(pairs.heading, translated=True)


def train_tokenizer(corpus: Corpus, pieces: int) -> Tokenizer:
    """A unigram model over lower-cased words without accents; frequent words count by their count to the 3/4."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=["[UNK]"], unk_token="[UNK]", show_progress=False, max_piece_length=_LONGEST_PIECE
    )
    words = list(corpus.vocabulary.numbers)
    often = np.flatnonzero(corpus.frequencies > 1)
    often = often[np.argsort(-corpus.frequencies[often], kind="stable")][:300_000]
    times = np.minimum(np.ceil(corpus.frequencies[often] ** 0.75 / 4), 20_000).astype(int)
    tokenizer.train_from_iterator((" ".join([words[word]] * count) for word, count in zip(often, times, strict=True)), trainer)
    return tokenizer
