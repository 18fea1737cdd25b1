import pytest

from citaat.chat.phrases import PHRASES
from citaat.chat.replies import Reply, ReplyPart, answer_model, whole
from citaat.domain import Answer, Citation, DocumentInfo, Source, Span
from citaat.text.language import Language

BASE = "http://example.org"
PLAN = DocumentInfo("plan", Source("Plan"), "", 100, 2)


def citation(number: int, quote: str) -> Citation:
    span = Span(10 * number, 10 * number + len(quote))
    return Citation(number, f"plan/{number}", quote, span, "", "", (span,), (span,), PLAN, ("Wonen",), 0, 0.75)


CITED = (citation(1, "De huur gaat omlaag."), citation(2, "Er komt 🏠 bij."))
ANSWERED = Reply(Answer("Huur?", "answered", CITED, ("Leger",)), "nl")


def refusal(language: Language = "nl", suggestions: tuple[str, ...] = (), courtesy: str = "") -> Reply:
    return Reply(Answer("Huur?", "no_answer", (), suggestions), language, courtesy)


def test_the_text_of_a_reply_is_its_quotes_with_their_numbers() -> None:
    assert ANSWERED.text() == "De huur gaat omlaag. [1]\n\nEr komt 🏠 bij. [2]"


def test_a_refusal_names_the_closest_headings() -> None:
    assert refusal().text() == PHRASES["nl"].refusal
    assert refusal("en", ("Rents", "Army")).text() == f"{PHRASES['en'].refusal} Closest in the text: Rents; Army."
    assert refusal(suggestions=("Huren",)).text() == f"{PHRASES['nl'].refusal} Het dichtst in de buurt: Huren."


def test_a_courtesy_is_the_whole_reply() -> None:
    assert refusal(suggestions=("Huren",), courtesy="Graag gedaan.").text() == "Graag gedaan."


def test_a_window_of_text_shows_the_quotes_and_then_their_sources() -> None:
    text = "".join(part.text for part in ANSWERED.parts(BASE))
    assert text == (
        "De huur gaat omlaag. [1]\n\nEr komt 🏠 bij. [2]\n\n"
        "[1] Plan › Wonen\nhttp://example.org/read/plan/1#passage\n[2] Plan › Wonen\nhttp://example.org/read/plan/2#passage"
    )


def test_a_part_of_a_reply_is_a_quote_exactly_or_none() -> None:
    parts = list(ANSWERED.parts(BASE))
    assert [part.citation for part in parts] == [CITED[0], None, CITED[1], None, None]
    assert all(part.text == part.citation.quote for part in parts if part.citation)


def test_a_reply_without_an_answer_is_one_part() -> None:
    assert list(refusal(suggestions=("Huren",)).parts(BASE)) == [ReplyPart(refusal(suggestions=("Huren",)).text())]


def test_the_spans_of_a_reply_mark_its_quotes() -> None:
    text, quoted = whole(list(ANSWERED.parts(BASE)))
    assert [one for one, _ in quoted] == list(CITED)
    assert [span.of(text) for _, span in quoted] == [one.quote for one in CITED]
    assert quoted[1][1] == Span(26, 40)
    assert whole([]) == ("", [])
    assert whole([ReplyPart("Nee.")]) == ("Nee.", [])


@pytest.mark.parametrize("reply", [ANSWERED, refusal("en", ("Rents",))])
def test_the_wire_form_of_a_reply_has_its_text_and_its_language(reply: Reply) -> None:
    sent = answer_model(reply, BASE)
    assert (sent.question, sent.language, sent.status) == ("Huur?", reply.language, reply.answer.status)
    assert (sent.answer, sent.suggestions) == (reply.text(), list(reply.answer.suggestions))
    assert [one.quote for one in sent.citations] == [one.quote for one in reply.answer.citations]
    assert all(one.url.startswith(BASE) for one in sent.citations)
