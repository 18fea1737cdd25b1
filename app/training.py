"""Learning a static encoder from texts without labels, by contrast within large batches."""

import json
import platform
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from app.domain import FloatMatrix
from app.encoder import read_matrix
from app.errors import InputError
from app.lexicon import Background
from app.pairs import (
    AlikePairs,
    Augmenter,
    Batch,
    Ids,
    PassagePairs,
    Passages,
    Ragged,
    Vocabulary,
    read_passages,
    read_word_pairs,
    sample_texts,
)

if TYPE_CHECKING:
    import torch

_WARM_UP = 100
_LONGEST_PIECE = 24
_PREFETCH = 8
_BACKGROUND_SAMPLE = 35_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, but for the last digits: the tokenizer's trainer and threads add in an order of their own.

    Attributes:
        pieces: the size of the vocabulary.
        dimension: of the vectors.
        steps: how many batches are learned from; the learning rate falls to zero over them.
        batch: pairs a batch; each other target in it is a negative.
        rate: Adam's learning rate at its highest.
        scale: cosines are multiplied by it before the softmax (the inverse temperature).
        dropout: the share of the words that each side of a pair loses, so that no single word carries a match.
        flatten: where training starts from a model, the power to which the lengths of its vectors are raised first;
            below 1 it takes back some of the weight that long training gives to rare words.
    """

    pieces: int = 40_000
    dimension: int = 256
    steps: int = 18_000
    batch: int = 2_048
    rate: float = 0.15
    scale: float = 20.0
    dropout: float = 0.3
    flatten: float = 0.75
    seed: int = 0


Log = dict[str, object]
Progress = Callable[[int, int, float], None]
"""Called with the step, how many there are, and the mean loss since the last call."""


def train(corpus: Path, out: Path, recipe: Recipe, progress: Progress | None = None, start: Path | None = None) -> Log:
    """Train a static model on the texts in `corpus` and write it to `out` as a sentence-transformers folder.

    Args:
        corpus: a folder with passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text) and, if at hand, a
            `lexicon*.tsv` (Dutch and English words that mean alike) and other `*.tsv` of texts that mean alike.
        out: a folder that does not exist yet.
        start: the folder of a static model to go on from, with its tokenizer; None to begin anew.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds, loss.

    Raises:
        InputError: `corpus` holds no passages, or `out` exists.
    """
    if out.exists():
        raise InputError(f"{out} exists; a model is never overwritten. Name another folder.", code="output-exists")
    began = time.monotonic()
    data = _Data(corpus, recipe)
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json")) if start else _train_tokenizer(data, recipe)
    pieces = _pieces_of_words(tokenizer, data.vocabulary)
    read = time.monotonic() - began
    weights, losses = _learn(data, pieces, _first_weights(tokenizer.get_vocab_size(), recipe, start), recipe, progress)
    log: Log = {
        "recipe": asdict(recipe) | {"from": start.name if start else None},
        "data": data.counts,
        "seconds": {"reading": round(read), "learning": round(time.monotonic() - began - read)},
        "loss": [round(loss, 3) for loss in losses],
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    _save(out, tokenizer, weights, log)
    background(corpus).save(out / "background.json")
    return log


def background(corpus: Path) -> Background:
    """How common terms are in a corpus folder: at most 35,000 passages of each file, evenly spread."""
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


class _Data:
    """A corpus folder as word ids, and the sources of pairs with the share of the batches that each gives."""

    def __init__(self, corpus: Path, recipe: Recipe) -> None:
        files = passage_files(corpus)
        self.vocabulary = Vocabulary()
        texts = [read_passages(file, self.vocabulary) for file in files]
        sheets = {path.name: read_word_pairs(path) for path in sorted(corpus.glob("*.tsv"))}
        lexicon = [pair for name, pairs in sheets.items() if name.startswith("lexicon") for pair in pairs]
        self.counts = {file.name: len(text) for file, text in zip(files, texts, strict=True)}
        self.counts |= {name: len(pairs) for name, pairs in sheets.items()}
        running = np.concatenate([text.sentences.values for text in texts])
        words = np.bincount(running, minlength=len(self.vocabulary.numbers))
        augmenter = Augmenter(self.vocabulary, words, lexicon, recipe.seed)
        alike = [AlikePairs(pairs, self.vocabulary, augmenter.random) for pairs in sheets.values()]
        self._sources = list(_sources(texts, augmenter, alike))
        self.frequencies = np.bincount(
            np.concatenate([running, *(np.concatenate([pairs.left.values, pairs.right.values]) for pairs in alike)]),
            minlength=len(self.vocabulary.numbers),
        )

    def batches(self, recipe: Recipe) -> Iterator[Batch]:
        """`recipe.steps` batches, each from one source, so that its negatives are of the same kind."""
        random = np.random.default_rng(recipe.seed)
        shares = np.array([share for share, _ in self._sources])
        for source in random.choice(len(shares), size=recipe.steps, p=shares / shares.sum()):
            yield self._sources[source][1](recipe.batch)


def _sources(
    texts: list[Passages], augmenter: Augmenter, alike: list[AlikePairs]
) -> Iterator[tuple[float, Callable[[int], Batch]]]:
    """Shares found on the development sets; a text without headings gives twice the sentences."""
    for text in texts:
        pairs = PassagePairs(text, augmenter)
        yield (0.15 if pairs.has_headings else 0.30), pairs.rest
        yield (0.04 if pairs.has_headings else 0.08), partial(pairs.rest, translated=True)
        if pairs.has_headings:
            yield 0.20, pairs.heading
            yield 0.04, partial(pairs.heading, translated=True)
    for sheet in alike:
        yield 0.06, sheet.draw


def _train_tokenizer(data: _Data, recipe: Recipe) -> Tokenizer:
    """A unigram model over lower-cased words without accents; frequent words count by their count to the 3/4."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=recipe.pieces,
        special_tokens=["[UNK]"],
        unk_token="[UNK]",
        show_progress=False,
        max_piece_length=_LONGEST_PIECE,
    )
    words = list(data.vocabulary.numbers)
    often = np.flatnonzero(data.frequencies > 1)
    often = often[np.argsort(-data.frequencies[often], kind="stable")][:300_000]
    times = np.minimum(np.ceil(data.frequencies[often] ** 0.75 / 4), 20_000).astype(int)
    tokenizer.train_from_iterator((" ".join([words[word]] * count) for word, count in zip(often, times, strict=True)), trainer)
    return tokenizer


def _pieces_of_words(tokenizer: Tokenizer, vocabulary: Vocabulary) -> Ragged:
    return Ragged.of(found.ids for found in tokenizer.encode_batch_fast(list(vocabulary.numbers), add_special_tokens=False))


def _learn(
    data: _Data, pieces: Ragged, weights: FloatMatrix, recipe: Recipe, progress: Progress | None
) -> tuple["torch.Tensor", list[float]]:
    """Symmetric InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Adam works on the whole table: a batch touches most of it, and dense steps are three times as fast as sparse ones.
    """
    import torch
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    table = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(weights), freeze=False, mode="mean")
    adam = torch.optim.Adam(table.parameters(), lr=recipe.rate, betas=(0.9, 0.99), fused=True)
    targets = torch.arange(recipe.batch)
    losses, recent = [], 0.0
    for step, batch in enumerate(_ahead(data.batches(recipe)), 1):
        rate = recipe.rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        adam.param_groups[0]["lr"] = rate
        left = functional.normalize(table(*_bags(batch.query, pieces, recipe, random)))
        right = functional.normalize(table(*_bags(batch.target, pieces, recipe, random)))
        keys = torch.from_numpy(batch.keys)
        same = (keys[:, None] == keys[None, :]).fill_diagonal_(False)
        scores = (recipe.scale * left @ right.T).masked_fill(same, float("-inf"))
        loss = (functional.cross_entropy(scores, targets) + functional.cross_entropy(scores.T, targets)) / 2
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        recent += loss.item()
        if step % 100 == 0:
            losses.append(recent / 100)
            recent = 0.0
            if progress:
                progress(step, recipe.steps, losses[-1])
    learned = table.weight.detach()
    return learned / learned.norm(dim=1).mean(), losses


def _first_weights(size: int, recipe: Recipe, start: Path | None) -> FloatMatrix:
    """float32 [size, d]: normal deviates, or the vectors of a model with their lengths flattened."""
    if start is None:
        return np.random.default_rng(recipe.seed).standard_normal((size, recipe.dimension), np.float32)
    weights = read_matrix(start / "model.safetensors").astype(np.float32)
    lengths = np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-6)
    return weights * lengths ** (recipe.flatten - 1)


def _bags(
    texts: tuple[Ids, Ids], pieces: Ragged, recipe: Recipe, random: np.random.Generator
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Word ids with row numbers, less those that drop out, as piece ids with the offset at which each row begins."""
    import torch

    kept = random.random(len(texts[0])) >= recipe.dropout
    words, rows = texts[0][kept], texts[1][kept]
    order = np.argsort(rows, kind="stable")
    ids, word = pieces.take(words[order])
    return torch.from_numpy(ids), torch.from_numpy(np.searchsorted(rows[order][word], np.arange(recipe.batch)))


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, made in a second thread while the first one learns."""
    with ThreadPoolExecutor(1) as maker:
        ready = deque(maker.submit(next, batches, None) for _ in range(_PREFETCH))
        while (batch := ready.popleft().result()) is not None:
            ready.append(maker.submit(next, batches, None))
            yield batch


def _save(out: Path, tokenizer: Tokenizer, weights: "torch.Tensor", log: Log) -> None:
    """A sentence-transformers folder with float16 weights, which both readers raise to float32."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights.numpy()), Normalize()], device="cpu"
    )
    model.half().save_pretrained(str(out), create_model_card=False)
    (out / "training.json").write_text(json.dumps(log, indent=2) + "\n", "utf-8")
