"""The vocabulary of a static encoder: a unigram model (Kudo 2018, arXiv 1804.10959) of the words of a corpus."""

from collections.abc import Mapping

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

_LONGEST_PIECE = 24
_MOST_WORDS = 300_000


def train_tokenizer(frequencies: Mapping[str, int], pieces: int) -> Tokenizer:
    """A tokenizer over lower-cased words without accents; a word counts by its frequency to the 3/4, once is too little."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=["[UNK]"], unk_token="[UNK]", show_progress=False, max_piece_length=_LONGEST_PIECE
    )
    often = sorted(((word, count) for word, count in frequencies.items() if count > 1), key=lambda item: -item[1])[:_MOST_WORDS]
    times = [min(int(np.ceil(count**0.75 / 4)), 20_000) for _, count in often]
    tokenizer.train_from_iterator((" ".join([word] * count) for (word, _), count in zip(often, times, strict=True)), trainer)
    return tokenizer
