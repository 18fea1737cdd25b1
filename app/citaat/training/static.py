"""A static encoder learned from texts without labels, by contrast within large batches."""

import platform
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from citaat.evaluation.measures import Figures
from citaat.training.contrastive import ContrastiveRecipe, TrainingProgress, batches, learn
from citaat.training.corpus import passage_files, read_passages
from citaat.training.model_folder import refuse_overwriting, write_log

_LONGEST_PIECE = 24
_MOST_WORDS = 300_000

RECIPE = ContrastiveRecipe(steps=6_000, batch=2_048, rate=0.15)
"""It decides the result, but for the last digits: the tokenizer's trainer and threads add in an order of their own."""


def train(
    folder: Path, out: Path, recipe: ContrastiveRecipe, progress: TrainingProgress, pieces: int = 40_000, dimension: int = 256
) -> Figures:
    """Train a static model on the texts in `folder` and write it to `out` as a sentence-transformers folder.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text); each file gives as many pairs.
        out: a folder that does not exist yet.
        pieces: the size of the vocabulary.
        dimension: of the vectors.

    Returns:
        The log, also written to `training.json`: the recipe, the passages of each file (`data`), the seconds that reading and
        learning took, the mean losses along the way, and the kind of machine.

    Raises:
        InputError: `folder` holds no passages, or `out` exists.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    refuse_overwriting(out)
    began = time.monotonic()
    files = {file.name: read_passages(file) for file in passage_files(folder)}
    tokenizer = train_tokenizer(chain.from_iterable(chain.from_iterable(files.values())), pieces)
    read = time.monotonic()
    torch.manual_seed(recipe.seed)
    embedding = StaticEmbedding(tokenizer, embedding_dim=dimension)
    model = SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
    pairs = batches(model.prompts, list(files.values()), recipe)
    losses = learn(model, pairs, recipe.steps, recipe.rate, progress)
    with torch.no_grad():
        embedding.embedding.weight /= embedding.embedding.weight.norm(dim=1).mean()
    model.half().save_pretrained(str(out), create_model_card=False)
    log: Figures = {
        "recipe": asdict(recipe) | {"pieces": pieces, "dimension": dimension},
        "data": {name: len(passages) for name, passages in files.items()},
        "seconds": {"reading": round(read - began), "learning": round(time.monotonic() - read)}, "loss": losses,
        "machine": f"{platform.machine()}, {platform.system()}",
    }  # fmt: skip
    write_log(out, log)
    return log


def train_tokenizer(texts: Iterable[str], pieces: int) -> Tokenizer:
    """A unigram tokenizer (Kudo 2018, arXiv 1804.10959) over lower-cased words without accents.

    A word counts by its frequency to the 3/4, as word2vec samples its negatives (Mikolov et al. 2013, arXiv 1310.4546), so that
    the words of the longest texts do not take all pieces; once is too little.
    """
    counts = Counter(chain.from_iterable(text.lower().split() for text in texts))
    words = ([word] * int(count**0.75) for word, count in counts.most_common(_MOST_WORDS) if count > 1)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=["[UNK]"], unk_token="[UNK]", show_progress=False, max_piece_length=_LONGEST_PIECE
    )
    tokenizer.train_from_iterator(map(" ".join, words), trainer)
    return tokenizer
