import json
from dataclasses import replace
from typing import Any

import pytest

from citaat.citations import quotes
from citaat.citations.verification import Verification
from citaat.citations.wire import AnswerModel, CitationModel, DocumentModel, SpanModel, VerificationModel
from citaat.domain import Answer, Citation, Span
from citaat.store.embedded.store import EmbeddedStore

BASE = "https://citaat.example"


def wire(citation: Citation) -> dict[str, Any]:
    """As it is sent."""
    sent: dict[str, Any] = json.loads(CitationModel.of(citation, BASE).model_dump_json())
    return sent


@pytest.fixture
def paged(store: EmbeddedStore) -> Citation:
    """On the third page."""
    return quotes.cite(store, 2, 4, 0.123456, (store.passage(2).sentences[1],))


@pytest.fixture
def plain(store: EmbeddedStore) -> Citation:
    """Of a document without pages whose address is known."""
    return quotes.cite(store, 3, 1, 0.5, ())


def test_a_citation_says_what_it_quotes_and_where_it_stands(paged: Citation) -> None:
    sent = wire(paged)
    assert (sent["number"], sent["id"], sent["quote"]) == (4, paged.id, paged.quote)
    assert (sent["start"], sent["end"]) == (paged.span.start, paged.span.end)
    assert sent["highlights"] == [{"start": paged.highlights[0].start, "end": paged.highlights[0].end}]
    assert sent["section"] == ["Wonen", "Huur"]
    assert sent["url"] == f"{BASE}/read/{paged.id}#passage"
    assert sent["target"]["source"] == f"{BASE}/documents/a-b"


def test_a_page_is_sent_as_it_is_and_none_as_null(paged: Citation, plain: Citation) -> None:
    assert wire(paged)["page"] == 3
    assert wire(plain)["page"] is None


def test_a_confidence_is_sent_in_four_decimals(paged: Citation) -> None:
    assert wire(paged)["confidence"] == 0.1235


def test_what_is_not_known_of_a_document_is_null(paged: Citation, plain: Citation) -> None:
    assert wire(plain)["document"] == {
        "id": "zorg", "title": "Over zorg", "url": "https://example.org/zorg", "language": "nl", "sha256": plain.document.sha256,
    }  # fmt: skip
    unknown = DocumentModel.of(replace(paged.document, source=replace(paged.document.source, language="")))
    assert (unknown.title, unknown.url, unknown.language) == ("a b", None, None)


def test_an_answer_is_sent_with_its_citations_in_their_order(paged: Citation, plain: Citation) -> None:
    answer = Answer("Wat kost huren?", "answered", (paged, plain), ("Wonen", "Huur"))
    sent = AnswerModel.of(answer, "en", "the quotes", BASE)
    assert (sent.question, sent.language, sent.status, sent.answer) == ("Wat kost huren?", "en", "answered", "the quotes")
    assert sent.citations == [CitationModel.of(paged, BASE), CitationModel.of(plain, BASE)]
    assert sent.suggestions == ["Wonen", "Huur"]


def test_no_answer_has_suggestions_and_no_citations() -> None:
    sent = AnswerModel.of(Answer("Hoe laat is het?", "no_answer", (), ("Wonen",)), "nl", "Dat staat er niet.", BASE)
    assert (sent.status, sent.citations, sent.suggestions) == ("no_answer", [], ["Wonen"])


def test_a_verification_is_sent_with_its_spans() -> None:
    sent = VerificationModel.model_validate(Verification(True, (Span(1, 3), Span(5, 7))))
    assert (sent.verbatim, sent.found) == (True, [SpanModel(start=1, end=3), SpanModel(start=5, end=7)])


def test_offsets_count_code_points(store: EmbeddedStore) -> None:
    sent = wire(quotes.cite(store, 0, 1, 0.5, ()))
    assert sent["quote"].endswith("😀")
    assert sent["end"] - sent["start"] == len(sent["quote"])
    assert store.text("a-b", sent["start"], sent["end"]) == sent["quote"]
