from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.reranking import Reranker
from app.errors import InputError
from app.library import Library
from app.settings import Settings
from tests.fakes import tiny_bert


class Longest(Reranker):
    """Puts the longest text first."""

    def __init__(self) -> None:
        pass

    def order(self, question: str, texts: list[str]) -> list[int]:  # type: ignore[override]
        return sorted(range(len(texts)), key=lambda place: -len(texts[place]))


def test_a_cross_encoder_puts_the_first_passages_in_order(settings: Settings) -> None:
    with Library.open(settings) as library:
        plain = library.ask("Wat vindt de partij van kernwapens?", limit=20, min_confidence=0).citations
        library.model = replace(library.model, reranker=Longest())
        ranked = library.ask("Wat vindt de partij van kernwapens?", limit=20, min_confidence=0).citations
    assert {citation.id for citation in ranked} == {citation.id for citation in plain}
    lengths = [len(citation.quote) for citation in ranked]
    assert lengths == sorted(lengths, reverse=True)


def test_any_cross_encoder_can_be_named(settings: Settings, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(tiny_bert(tmp_path / "bert")), num_labels=1, device="cpu").save_pretrained(str(tmp_path / "cross"))
    order = Reranker(str(tmp_path / "cross")).order("house", ["rent", "peace", "army"])
    assert sorted(order.tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="cross-encoder cannot be loaded"):
        Reranker(str(tmp_path / "nergens"))
