"""Stand-ins with the same face as the real thing."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import IO

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer

from citaat import indexing
from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoded, EncodedPassages, Encoder, TextKind, encode_separately
from citaat.query.translation import Translations
from citaat.retrieval.model import Model
from citaat.retrieval.ranker import Ranker
from citaat.retrieval.reranking import Reranker
from citaat.settings import Settings
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.background import Background


@dataclass
class HashEncoder:
    """Each word is a random direction that its hash decides; remembers the texts it was given; reads `max_words` words."""

    name: str = "hash"
    fingerprint: str = "hash-16"
    dimension: int = 16
    max_words: int = 10_000
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        self.encoded += texts
        vectors = np.array(
            [sum((_direction(word.lower(), self.dimension) for word in text.split()), np.zeros(self.dimension)) for text in texts]
        )
        vectors = vectors.reshape(len(texts), self.dimension)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        units = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)
        return Encoded(units, np.array([len(text.split()) > self.max_words for text in texts], np.bool_))

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        return encode_separately(self, passages)


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=dimension)


class QuickDisk(Disk):
    """A disk that does not wait until what was written would outlive a loss of power."""

    def sync(self, file: IO[bytes]) -> None:
        file.flush()

    def sync_folder(self, folder: Path) -> None:
        pass


class FullDisk(QuickDisk):
    """A disk on which the n-th operation fails, counted from 0; with None it only counts."""

    def __init__(self, failing: int | None) -> None:
        self.failing, self.done = failing, 0

    def _count(self) -> None:
        if self.done == self.failing:
            self.fail()
        self.done += 1

    def fail(self) -> None:
        raise OSError(28, "No space left on device")

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


class LongestFirst(Reranker):
    """Puts the longest text first; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []

    def order(self, question: str, texts: Sequence[str]) -> NDArray[np.int64]:
        self.asked.append((question, texts))
        return np.argsort([-len(text) for text in texts], kind="stable")


def loose_dataclasses(*modules: ModuleType) -> list[str]:
    """The dataclasses that modules define and that can be changed, or given other attributes, once they are made."""
    found = [one for module in modules for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
    made = [one for one in found if isinstance(one, type) and dataclasses.is_dataclass(one)]
    assert made
    return [one.__name__ for one in made if not one.__dataclass_params__.frozen or "__slots__" not in vars(one)]  # type: ignore[attr-defined]


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
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
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
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu")
    model.half().save_pretrained(str(folder), create_model_card=False)
    return folder


def fake_model(encoder: Encoder | None = None, translations: Sequence[tuple[str, str]] = ()) -> Model:
    """A model of a hash encoder, with a ranker whose weights are equal and no knowledge of everyday words."""
    ranker = Ranker((1.0, 1.0, 1.0), 0.0, -1.0, 1.0, 0.5, 0.5, 0.5, "hash-16")
    return Model(encoder or HashEncoder(), ranker, Background(0, {}), Translations(translations))


def indexed(folder: Path, texts: Mapping[str, str], model: Model | None = None) -> Settings:
    """The settings of a library of texts by file name, built in a folder; its model is in no folder."""
    made = Settings(folder / "texts", "no-model", folder / "store", "")
    made.data.mkdir()
    for name, text in texts.items():
        (made.data / name).write_bytes(text.encode())
    indexing.build([made.data], made.store, model or fake_model(), disk=QuickDisk())
    return made


@contextmanager
def stored(folder: Path, texts: Mapping[str, str], model: Model | None = None) -> Iterator[EmbeddedStore]:
    """A store of texts by file name, built in a folder."""
    with EmbeddedStore.open(indexed(folder, texts, model).store) as store:
        yield store


def word_model(folder: Path) -> Path:
    """A whole model folder that loads in milliseconds: each of some words is a random direction, any other word nothing.

    A passage answers a question if it holds about half of what its words tell.
    """
    words = "huur woning stad omlaag omhoog kernwapens wereld trein hond kat vis rent house city nuclear weapons world".split()
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(["?", *words])}, unk_token="?"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), BertPreTokenizer()
    vectors = np.random.default_rng(0).normal(size=(len(words) + 1, 64)).astype(np.float32)
    vectors[0] = 0
    header = json.dumps({"w": {"dtype": "F32", "shape": vectors.shape, "data_offsets": [0, vectors.nbytes]}}).encode()
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + vectors.tobytes())
    modules = [{"type": "StaticEmbedding", "path": ""}, {"type": "Normalize", "path": ""}]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    (folder / "translations.tsv").write_text("rent\thuur\ncity\tstad\n", "utf-8")
    Background(0, {}).save(folder / "background.json")
    Ranker((1.0, 1.0, 8.0), 0.0, -3.5, 3.0, 0.5, 0.5, 0.5, load(str(folder)).fingerprint).save(folder / "ranker.json")
    return folder
