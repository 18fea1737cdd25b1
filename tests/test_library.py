import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from citaat.citations.verification import CitationCheck, Verification
from citaat.citations.wire import CitationModel
from citaat.domain import Span
from citaat.encoders.protocol import Encoded, TextKind
from citaat.errors import GoneError, InputError, NotFoundError
from citaat.library import Description, Library, current_generation
from citaat.retrieval.model import Model
from citaat.settings import Settings
from tests.fakes import HashEncoder, LongestFirst, fake_model, indexed

TEXTS = {
    "wonen.md": (
        "# Wonen\n\n## Huur\n\nDe huur van een woning daalt. Dat is goed voor wie huurt. 😀\r\n\nIemand vraagt de huur.\n\n"
        "## Bouwen\n\nEr komen meer huizen bij.\n\n## Leegstand\n\nEr komt minder leegstand.\n"
    ),
    "zorg.txt": "Zorg\n\nDe zorg wordt goedkoper voor iedereen.\n\nHet ziekenhuis blijft open en de dokter ook.\n",
    "health.txt": "The care of the sick is free. The doctor comes to the house.\n",
    "sources.toml": '["wonen.md"]\npublisher = "VVD"\n["zorg.txt"]\npublisher = "D66"\nurl = "https://example.org/zorg"\n',
}


class Counting(HashEncoder):
    """Counts how often it is called."""

    calls = 0

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        self.calls += 1
        return super().encode(texts, kind)


@pytest.fixture(scope="module")
def model() -> Model:
    return fake_model(translations=[("care", "zorg"), ("doctor", "dokter")])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Settings:
    return indexed(tmp_path_factory.mktemp("library"), TEXTS, model)


@pytest.fixture(scope="module")
def library(settings: Settings, model: Model) -> Iterator[Library]:
    with Library.open(settings, model) as opened:
        yield opened


def text_of(library: Library, document_id: str) -> str:
    return TEXTS[f"{document_id}.{'md' if document_id == 'wonen' else 'txt'}"]


def test_the_passage_that_answers_comes_first_byte_for_byte(library: Library) -> None:
    answer = library.ask("Daalt de huur van een woning?")
    best = answer.citations[0]
    assert (answer.status, best.number, best.document.id) == ("answered", 1, "wonen")
    assert best.quote == "De huur van een woning daalt. Dat is goed voor wie huurt. 😀"
    assert best.highlights[0] == best.sentences[0]
    assert best.section == ("Wonen", "Huur", "De huur van een woning daalt")
    assert [citation.number for citation in answer.citations] == [*range(1, len(answer.citations) + 1)]


def test_a_question_about_something_else_has_no_answer(library: Library) -> None:
    answer = library.ask("Hoe bak ik een appeltaart?")
    assert (answer.status, answer.citations, answer.question) == ("no_answer", (), "Hoe bak ik een appeltaart?")
    assert answer.suggestions


@hypothesis_settings(max_examples=40)
@given(question=st.text("aehu orgz?.", min_size=1, max_size=30).filter(lambda text: bool(text.strip())), limit=st.integers(1, 9))
def test_whatever_is_asked_every_quote_is_a_slice_and_the_best_comes_first(library: Library, question: str, limit: int) -> None:
    answer = library.ask(question, min_confidence=0, limit=limit)
    assert len(answer.citations) == min(limit, 7)
    for citation in answer.citations:
        assert citation.quote == citation.span.of(text_of(library, citation.document.id))
        assert citation.highlights
        assert all(citation.span.covers(span) for span in citation.highlights)
    confidences = [citation.confidence for citation in answer.citations]
    assert confidences == sorted(confidences, reverse=True)


def test_the_same_question_gives_the_same_answer(library: Library) -> None:
    assert library.ask("Blijft het ziekenhuis open?") == library.ask("Blijft het ziekenhuis open?")


@pytest.mark.parametrize(
    ("question", "code"),
    [("", "question-empty"), (" \n", "question-empty"), ("a" * 2_001, "question-too-long"), ("a\0b", "question-unreadable"),
     ("a\ud800", "question-unreadable")],
)  # fmt: skip
def test_a_bad_question_is_refused_by_name(library: Library, question: str, code: str) -> None:
    with pytest.raises(InputError) as error:
        library.ask(question)
    assert error.value.code == code


def test_a_question_that_the_encoder_cannot_read_whole_is_refused(settings: Settings) -> None:
    with Library.open(settings, fake_model(HashEncoder(max_words=4))) as short:
        assert short.ask("Daalt de huur nu?")
        with pytest.raises(InputError, match="more tokens than this model reads") as error:
            short.ask("Daalt de huur nu ook?")
    assert error.value.code == "question-too-long"


def test_arguments_out_of_bounds_are_refused(library: Library) -> None:
    with pytest.raises(InputError, match="limit is 51; it can be 1 to 50"):
        library.ask("zorg", limit=51)
    with pytest.raises(InputError, match="min_confidence can be 0 to 1"):
        library.ask("zorg", min_confidence=1.1)


def test_three_passages_are_cited_unless_another_limit_is_given(library: Library) -> None:
    for limit, count in ((1, 1), (50, 7)):
        assert len(library.ask("zorg", limit=limit, min_confidence=0).citations) == count
    assert len(library.ask("zorg", min_confidence=0).citations) == 3


def test_min_confidence_replaces_the_threshold(library: Library) -> None:
    assert len(library.ask("Hoe bak ik een appeltaart?", min_confidence=0).citations) == 3
    assert library.ask("Daalt de huur van een woning?", min_confidence=1).status == "no_answer"
    best = library.ask("Daalt de huur van een woning?").citations[0]
    (exactly,) = library.ask("Daalt de huur van een woning?", min_confidence=best.confidence).citations
    assert exactly == best


def test_a_question_is_put_to_the_documents_that_are_named(library: Library) -> None:
    answer = library.ask("Daalt de huur?", documents=["zorg", "health"], min_confidence=0, limit=9)
    assert {citation.document.id for citation in answer.citations} == {"zorg", "health"}
    with pytest.raises(NotFoundError, match="It holds 3: health, wonen, zorg"):
        library.ask("Daalt de huur?", documents=["elders"])


def test_a_question_to_a_publisher_is_put_to_its_documents(library: Library) -> None:
    answer = library.ask("Daalt volgens D66 de huur van een woning?", min_confidence=0, limit=9)
    assert {citation.document.id for citation in answer.citations} == {"zorg"}
    assert answer.question == "Daalt volgens D66 de huur van een woning?"


def test_documents_are_told_in_their_order(library: Library) -> None:
    assert [document.id for document in library.documents()] == ["health", "wonen", "zorg"]
    assert library.document("zorg") == library.documents()[2]
    assert library.document("zorg").source.url == "https://example.org/zorg"
    with pytest.raises(NotFoundError):
        library.document("elders")


def test_a_text_is_told_by_its_slice(library: Library) -> None:
    assert library.text("wonen") == TEXTS["wonen.md"]
    assert library.text("wonen", 2, 7) == "Wonen"
    assert library.text("wonen", 2) == TEXTS["wonen.md"][2:]


def test_each_section_is_told_once_where_it_begins(library: Library) -> None:
    text = TEXTS["wonen.md"]
    assert library.sections("wonen") == [
        (("Wonen", "Huur", "De huur van een woning daalt"), text.index("De huur")), (("Wonen", "Huur"), text.index("Iemand")),
        (("Wonen", "Bouwen"), text.index("Er komen")), (("Wonen", "Leegstand"), text.index("Er komt")),
    ]  # fmt: skip
    assert library.sections("zorg") == [(("Zorg",), 6)]


def test_a_passage_is_told_by_its_id(library: Library) -> None:
    cited = library.ask("Blijft het ziekenhuis open?").citations[0]
    found = library.passage(cited.id)
    assert found == dataclasses.replace(cited, number=1, confidence=1.0, highlights=())
    with pytest.raises(GoneError, match=r"See the document itself\.$"):
        library.passage("wonen/000000000000")
    with pytest.raises(NotFoundError, match="It holds 3"):
        library.passage("elders/000000000000")


def test_quotes_and_citations_are_held_against_the_text(library: Library) -> None:
    assert library.verify("wonen", 2, 7, "Wonen") == Verification(True, (Span(2, 7),))
    cited = library.ask("Blijft het ziekenhuis open?").citations[0]
    sent = CitationModel.of(cited, "").model_dump()
    assert library.check(sent) == CitationCheck(True, f"zorg, characters {cited.span.start}–{cited.span.end}")
    assert not library.check(sent | {"quote": "Iets anders."}).verbatim


def test_a_source_that_changed_is_named(tmp_path: Path) -> None:
    made = indexed(tmp_path, TEXTS)
    with Library.open(made, fake_model()) as library:
        assert library.changed_sources() == []
        (made.data / "zorg.txt").write_text("Iets anders.")
        assert library.changed_sources() == ["zorg.txt"]


def test_a_library_describes_itself(settings: Settings, library: Library) -> None:
    size = sum(len(text.encode()) for name, text in TEXTS.items() if name != "sources.toml")
    found = library.describe()
    assert found == Description("hash", "hash-16", 16, 0.5, 0.5, False, 3, 7, size, found.created, current_generation(settings))
    assert abs(found.created - settings.store.stat().st_mtime) < 10


def test_a_cross_encoder_puts_the_passages_that_answer_in_order(settings: Settings, library: Library) -> None:
    longest = LongestFirst()
    with Library.open(settings, dataclasses.replace(fake_model(), reranker=longest)) as reranking:
        assert (reranking.reranks, library.reranks) == (True, False)
        found = reranking.ask("Daalt de huur van een woning?", limit=20, min_confidence=0).citations
    before = library.ask("Daalt de huur van een woning?", limit=20, min_confidence=0).citations
    assert longest.asked == [("Daalt de huur van een woning?", [citation.quote for citation in before])]
    assert [citation.quote for citation in found] == sorted((one.quote for one in before), key=lambda quote: -len(quote))
    assert {one.id: one.confidence for one in found} == {one.id: one.confidence for one in before}
    assert [one.number for one in found] == [*range(1, 8)]


def test_questions_are_encoded_by_one_call(settings: Settings) -> None:
    encoder, questions = Counting(), ["Daalt de huur?", "Blijft de zorg?"]
    with Library.open(settings, fake_model(encoder)) as library:
        assert [one.question for one in library.queries(questions)] == questions
        assert encoder.calls == 1
        encoded = library.understanding.encode(["huur", "zorg", "huur"])
    assert (list(encoded), encoder.calls) == (["huur", "zorg"], 2)
    np.testing.assert_array_equal(encoded["zorg"].vector, HashEncoder().encode(["zorg"], "question").vectors[0])
