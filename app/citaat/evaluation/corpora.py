"""What questions are put to: texts as a library, and a question set's corpus as a store, until they are measured."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from citaat.domain import Document, Passage, Source, Span
from citaat.encoders.protocol import Encoder
from citaat.indexing import Prepared, write_documents
from citaat.library import Library
from citaat.parsers.reading import Origin
from citaat.segmentation import sentences
from citaat.segmentation.passages import Split
from citaat.settings import Settings
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.embedded.writer import Writer
from citaat.text.language import language_of_document
from citaat.text.normalise import passage_hash


@contextmanager
def temporary_library(texts: Sequence[Path], settings: Settings) -> Iterator[Library]:
    """A library of these texts, with the model of the settings."""
    with tempfile.TemporaryDirectory() as name:
        settings = replace(settings, store=Path(name))
        Library.index(texts, settings)
        with Library.open(settings) as library:
            yield library


@contextmanager
def indexed(corpus: Sequence[Mapping[str, str]], encoder: Encoder) -> Iterator[EmbeddedStore]:
    """A temporary store in which each row is one passage, in order, with its title as the heading path."""
    with tempfile.TemporaryDirectory() as name:
        with Writer(Path(name), encoder, Disk()) as writer:
            write_documents(map(_prepared, corpus), writer)
            store = writer.finish([])
        yield store


def _prepared(row: Mapping[str, str]) -> Prepared:
    title, body = row["title"].strip(), row["text"].strip() or "-"
    text = f"{title}\n\n{body}" if title else body
    span = Span(len(text) - len(body), len(text))
    headings = (Span(0, len(title)),) if title else ()
    source = Source(title, language=language_of_document(text))
    cut = sentences.split(text, span, source.language or "nl")
    passage = Passage(f"{row['id']}/{passage_hash(body, 0)}", row["id"], span, headings, None, cut)
    return Prepared(Document(row["id"], text, source), Split((passage,), {}), Origin("", 0, 0, ""))
