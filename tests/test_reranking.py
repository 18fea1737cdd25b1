from dataclasses import replace
from pathlib import Path

import pytest
from citaat.errors import InputError
from citaat.library import Library
from citaat.retrieval.reranking import Reranker
from citaat.settings import Settings

from tests.conftest import serving
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


def test_a_vector_store_search_keeps_the_order_of_the_cross_encoder(settings: Settings) -> None:
    body = {"query": ["Wat vindt de partij van kernwapens?"], "ranking_options": {"score_threshold": 0}}
    with serving(settings) as client:
        served = client.app.state.shelf.library  # type: ignore[attr-defined]
        served.model = replace(served.model, reranker=Longest())
        (one, several) = (
            client.post("/v1/vector_stores/citaat/search", json=body | {"query": body["query"] * times}).json()["data"]
            for times in (1, 2)
        )
    lengths = [len(row["content"][0]["text"]) for row in one]
    assert lengths == sorted(lengths, reverse=True)
    assert [row["score"] for row in one] != sorted((row["score"] for row in one), reverse=True)
    assert several == one


def test_any_cross_encoder_can_be_named(settings: Settings, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(tiny_bert(tmp_path / "bert")), num_labels=1, device="cpu").save_pretrained(str(tmp_path / "cross"))
    order = Reranker(str(tmp_path / "cross")).order("house", ["rent", "peace", "army"])
    assert sorted(order.tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="cross-encoder cannot be loaded"):
        Reranker(str(tmp_path / "nergens"))
