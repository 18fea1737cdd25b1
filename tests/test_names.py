from pathlib import Path

import pytest
from citaat import library
from citaat.chat import conversation
from citaat.domain import Source
from citaat.library import Library
from citaat.query.names import Names
from citaat.settings import Settings
from citaat.store.store import StoredDocument


def document(publisher: str, path: str) -> StoredDocument:
    return StoredDocument("a", Source("Plan", publisher=publisher), "", 0, 0, 0, 0, path, 0, 0, "")


NAMES = Names(
    [
        document("GroenLinks-PvdA", "/a/GL_PvdA.txt"), document("Partij voor de Dieren (PvdD)", "/a/b.txt"),
        document("", "/a/programma_VVD-2023.txt"), document("DENK", "/a/d.txt"), document("", "/a/wonen.md"),
    ],
    {"denk"}.__contains__,
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "asked", "places"),
    [
        ("Wat vindt GroenLinks-PvdA van de wolf?", "Wat vindt van de wolf?", [0]),
        ("Wat vindt de pvda van de wolf?", "Wat vindt van de wolf?", [0]),
        ("Wat moet er volgens de Partij voor de Dieren gebeuren met de wolf?", "Wat moet er gebeuren met de wolf?", [1]),
        ("Wat willen PvdD'ers met de wolf?", "Wat willen met de wolf?", [1]),
        ("What is the PvdD's plan for wolves?", "What is plan for wolves?", [1]),
        ("Hoe hoog wordt de huur bij de VVD en bij DENK?", "Hoe hoog wordt de huur en?", [2, 3]),
        ("Wat wil de VVD?", "Wat wil de VVD?", [2]),
    ],
)
def test_a_name_tells_where_to_look_and_is_no_word_of_the_question(question: str, asked: str, places: list[int]) -> None:
    named = NAMES.in_question(question)
    assert named is not None
    assert (named.question, named.documents.nonzero()[0].tolist()) == (asked, places)
    assert named.speaking


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Is de PvdA voor of tegen rekeningrijden?", "Is voor of tegen rekeningrijden?"),
        ("Wat is het PvdA-standpunt over abortus?", "Wat is -standpunt over abortus?"),
        ("Wat zegt GroenLinks over samenwerking met de VVD?", "Wat zegt over samenwerking met de VVD?"),
        ("wat wil denk met asiel?", "wat wil met asiel?"),
        ("Wordt asiel beperkt volgens GL_PvdA?", "Wordt asiel beperkt?"),
    ],
)
def test_who_speaks_is_known_by_the_place_of_the_name(question: str, asked: str) -> None:
    named = NAMES.in_question(question)
    assert named is not None
    assert (named.question, named.speaking) == (asked, True)


@pytest.mark.parametrize("question", ["Wie wil de VVD uitsluiten?", "Wie krijgt hulp van de PvdA?", "Hoe wordt DENK gekozen?"])
def test_whom_a_question_is_about_does_not_speak(question: str) -> None:
    named = NAMES.in_question(question)
    assert named is not None
    assert not named.speaking


@pytest.mark.parametrize("question", ["Wat willen alle partijen behalve de VVD?", "Which parties other than DENK want this?"])
def test_who_is_left_out_is_not_asked(question: str) -> None:
    assert NAMES.in_question(question) is None


def test_small_words_of_a_publisher_are_no_names() -> None:
    names = Names(
        [document("World Health Organization (WHO)", "/a"), document("PARTIJ VOOR DE DIEREN", "/b")], {"dieren"}.__contains__
    )
    assert names.in_question("Who wants higher taxes?") is None
    assert names.in_question("Wat komt er voor gezinnen?") is None
    assert names.in_question("Wat wil de WHO?") is not None
    assert names.in_question("Wat wil de Partij voor de Dieren?") is not None


@pytest.mark.parametrize("question", ["Ik denk aan wonen in 2023, wat nu?", "Wat vindt de partij van groen?", "?"])
def test_an_ordinary_word_is_no_name(question: str) -> None:
    assert NAMES.in_question(question) is None


@pytest.fixture
def parties(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "a.txt").write_text("De wolf hoort hier niet en wordt verjaagd.\n\nDe huur gaat omlaag.")
    (tmp_path / "b.txt").write_text("Wij van Het Bos zijn blij dat de wolf terug is.\n\nDe Heide vindt dat niet.")
    (tmp_path / "AOW.txt").write_text("De AOW gaat omhoog.\n\nWie werkt betaalt premie.")
    (tmp_path / "sources.toml").write_text('["a.txt"]\npublisher = "De Heide"\n["b.txt"]\npublisher = "Het Bos"\n')
    own = Settings(tmp_path, settings.model, tmp_path / "store", "")
    library.index([tmp_path], own)
    return own


def test_a_question_on_one_publisher_is_put_to_its_documents_alone(parties: Settings) -> None:
    with Library.open(parties) as opened:
        for publisher, document_id in (("De Heide", "a"), ("Het Bos", "b")):
            cited = opened.ask(f"Wat vindt {publisher} van de wolf?").citations
            assert {one.document.id for one in cited} == {document_id}
        assert {one.document.id for one in opened.ask("Wat vindt Het Bos van de huur?").citations} <= {"b"}
        assert {one.document.id for one in opened.ask("Wat vindt Het Bos van de wolf?", documents=["a"]).citations} <= {"a"}


def test_a_publisher_can_be_the_subject(parties: Settings) -> None:
    with Library.open(parties) as opened:
        assert opened.ask("Is Het Bos blij?").citations[0].quote.startswith("Wij van Het Bos zijn blij")
        assert {one.document.id for one in opened.ask("Wat willen De Heide en Het Bos met de wolf?", limit=2).citations} == {
            "a",
            "b",
        }


def test_the_acronym_of_a_file_can_be_the_subject(parties: Settings) -> None:
    with Library.open(parties) as opened:
        assert opened.ask("Gaat de AOW omhoog?").citations[0].quote == "De AOW gaat omhoog."
        assert opened.ask("Gaat de huur omlaag zoals de AOW?").citations[0].quote == "De huur gaat omlaag."


@pytest.mark.parametrize(
    ("turns", "asked"),
    [
        (["Wat wil De Heide met de wolf?", "En Het Bos?"], "En Het Bos? (wolf)"),
        (["Wat wil De Heide met de wolf?", "en volgens het bos dan?"], "en volgens het bos dan? (wolf)"),
        (["Wat wil De Heide met de wolf?", "En waarom?"], "En waarom? (wolf, volgens De Heide)"),
        (["Wat wil De Heide met de wolf?", "En de anderen?"], "En de anderen? (wolf)"),
        (["Wat wil De Heide?", "En de wolf?"], "En de wolf? (volgens De Heide)"),
        (["Gaat de AOW omhoog?", "En waarom?"], "En waarom? (AOW, omhoog)"),
        (["Wat wil De Heide met de wolf?", "Wat vindt Het Bos van huren?"], "Wat vindt Het Bos van huren?"),
    ],
)
def test_who_is_asked_is_no_subject_that_takes_the_place_of_another(parties: Settings, turns: list[str], asked: str) -> None:
    with Library.open(parties) as opened:
        assert conversation.understood(opened, turns).question == asked


def test_a_new_subject_is_put_to_who_was_asked_before(parties: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_is_another_subject", lambda *_: True)
    with Library.open(parties) as opened:
        asked = conversation.understood(opened, ["Wat wil De Heide met de wolf?", "En de huur?"])
        assert asked.question == "En de huur? (volgens De Heide)"


def test_a_name_does_not_drown_the_subject(shipped: Library) -> None:
    bare, named = (shipped.ask(f"Wat {subject} van kernwapens?") for subject in ("vindt men", "vinden GroenLinks en de PvdA"))
    assert [one.id for one in named.citations][:1] == [one.id for one in bare.citations][:1]
    assert named.citations[0].confidence > bare.citations[0].confidence - 0.1
