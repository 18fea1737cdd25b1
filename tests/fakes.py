"""Stand-ins with the same face as the real thing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from citaat.domain import FloatMatrix
from citaat.encoders.encoder import Kind
from citaat.store.generations import Disk


@dataclass
class HashEncoder:
    """Each word is a random direction that its hash decides; remembers how many texts it was given."""

    name: str = "hash"
    fingerprint: str = "hash-16"
    dimension: int = 16
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        self.encoded += texts
        vectors = np.array([sum((self._word(word) for word in text.split()), np.zeros(self.dimension)) for text in texts])
        vectors = vectors.reshape(len(texts), self.dimension)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        whole = self.encode([" ".join(sentences) for sentences in passages], "passage")
        return whole, self.encode([sentence for sentences in passages for sentence in sentences], "passage")

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        return 0

    def _word(self, word: str) -> FloatMatrix:
        seed = int.from_bytes(hashlib.sha256(word.lower().encode()).digest()[:8], "little")
        return np.random.default_rng(seed).normal(size=self.dimension)


class FullDisk(Disk):
    """A disk on which the n-th operation fails, counted from 0; with None it only counts."""

    def __init__(self, failing: int | None) -> None:
        self.failing, self.done = failing, 0

    def _count(self) -> None:
        if self.done == self.failing:
            raise OSError(28, "No space left on device")
        self.done += 1

    def write(self, file: IO[bytes], data: bytes | memoryview) -> None:
        self._count()
        super().write(file, data)

    def sync(self, file: IO[bytes]) -> None:
        self._count()
        super().sync(file)

    def sync_folder(self, folder: Path) -> None:
        self._count()
        super().sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        self._count()
        super().rename(source, target)


def tiny_bert(folder: Path) -> Path:
    """A BERT model of two layers and 16 dimensions that knows some English words, as a sentence-transformers folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, set_seed

    words = "nuclear weapons weapon peace army house rent build care doctor hospital school teacher train travel the of".split()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words, *"abcdefghijklmnopqrstuvwxyz"]
    pieces += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    set_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=300,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]"
    ).save_pretrained(folder)
    transformer = Transformer(str(folder), max_seq_length=128)
    modules = [transformer, Pooling(16, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder), create_model_card=False)
    return folder


def tiny_multilingual(folder: Path) -> Path:
    """A BERT model of three layers and 32 dimensions with a unigram vocabulary of letters and some words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, set_seed

    words = (
        "leger vrede huur woning zorg arts school leraar trein spoor over en gaat het hier zin house doctor \u4e2d\u56fd".split()
    )
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?\u2581"
    pieces = [(mark, 0.0) for mark in ("<s>", "<pad>", "</s>", "<unk>")]
    pieces += [*((f"\u2581{word}", -3.0) for word in words), *((letter, -6.0) for letter in letters)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    set_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=300, initializer_range=0.3,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="<unk>", cls_token="<s>", sep_token="</s>", pad_token="<pad>"
    ).save_pretrained(folder)
    return folder


def tiny_static(folder: Path) -> Path:
    """A static model of 16 dimensions whose pieces are the letters and some Dutch words."""
    from citaat.training import training
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = "vrede nu wonen kernwapens weg wat vindt de partij van".split()
    pieces = [
        ("[UNK]", 0.0),
        *((f"\u2581{word}", -2.0) for word in words),
        *((letter, -6.0) for letter in "abcdefghijklmnopqrstuvwxyz\u2581"),
    ]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    weights = np.random.default_rng(0).standard_normal((len(pieces), 16), np.float32)
    training.save(folder, tokenizer, weights, {})
    return folder
