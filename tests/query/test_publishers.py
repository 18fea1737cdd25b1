from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.query.publishers import Mention, Publishers, are_joined, end_of, excludes
from citaat.text.words import tokenise
from tests.query.conftest import document


def mentions(publishers: Publishers, text: str) -> tuple[Mention, ...]:
    return publishers.mentions(text, tokenise(text))


def named(publishers: Publishers, text: str) -> list[str]:
    return [one.name for one in mentions(publishers, text)]


def addressed(publishers: Publishers, text: str) -> list[str]:
    return [one.name for one in mentions(publishers, text) if one.is_addressed]


@pytest.mark.parametrize(
    ("text", "names", "documents"),
    [
        ("Wat vindt GroenLinks-PvdA van de wolf?", ["GroenLinks-PvdA"], ["gl-pvda"]),
        ("Wat vindt groenlinks van de wolf?", ["groenlinks"], ["gl-pvda"]),
        ("Wat vindt de pvda van de wolf?", ["pvda"], ["gl-pvda"]),
        ("Volgens de Partij voor de Dieren?", ["Partij voor de Dieren"], ["pvdd"]),
        ("Volgens Partij voor de Dieren (PvdD)?", ["Partij voor de Dieren (PvdD"], ["pvdd"]),
        ("Wat willen PvdD'ers?", ["PvdD"], ["pvdd"]),
        ("Volgens VVD, en CDA?", ["VVD", "CDA"], ["programma-vvd-2023", "cda"]),
        ("Volgens GL_PvdA?", ["GL", "PvdA"], ["gl-pvda", "gl-pvda"]),
        ("Nieuw Sociaal Contract wil", ["Nieuw Sociaal Contract"], ["nsc"]),
        ("Gaat de AOW omhoog?", ["AOW"], ["aow"]),
    ],
)
def test_a_publisher_goes_by_its_name_and_by_its_acronyms(
    publishers: Publishers, text: str, names: list[str], documents: list[str]
) -> None:
    found = mentions(publishers, text)
    assert [one.name for one in found] == names
    assert [one.documents for one in found] == [frozenset([document]) for document in documents]
    assert [text[one.start : one.end] for one in found] == names


def test_a_name_stands_for_all_documents_of_a_publisher() -> None:
    publishers = Publishers([document("een", "CDA"), document("twee", "VVD"), document("drie", "Cda (CDA)")], set().__contains__)
    (found,) = mentions(publishers, "Wat wil het CDA?")
    assert found.documents == {"een", "drie"}


def test_only_a_publisher_is_published(publishers: Publishers) -> None:
    found = mentions(publishers, "VVD, GL, PvdA, CDA, AOW")
    assert [(one.name, one.is_published) for one in found] == [
        ("VVD", False), ("GL", False), ("PvdA", True), ("CDA", True), ("AOW", False),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_a_publishers_name_is_published_though_a_file_is_called_so_too(order: int) -> None:
    documents = [document("CDA"), document("b", "CDA")]
    (found,) = mentions(Publishers(documents[::order], set().__contains__), "het CDA")
    assert found.is_published
    assert found.documents == {"cda", "b"}


@pytest.mark.parametrize(
    "text",
    ["Ik denk aan wonen in 2023, wat nu?", "Wat vindt de partij van groen?", "?", "", "Volgens het programma?", "het bos in"],
)
def test_an_ordinary_word_is_no_name(publishers: Publishers, text: str) -> None:
    assert mentions(publishers, text) == ()


def test_an_ordinary_word_is_a_name_as_it_is_written_and_where_one_who_speaks_is_named(publishers: Publishers) -> None:
    assert named(publishers, "Hoe wordt DENK gekozen?") == ["DENK"]
    assert named(publishers, "Is Het Bos blij?") == ["Het Bos"]
    assert named(publishers, "wat wil denk met asiel?") == ["denk"]
    assert named(publishers, "en volgens het bos dan?") == ["het bos"]
    assert named(publishers, "Wie wil denk?") == []


def test_small_words_of_a_publisher_are_no_names() -> None:
    documents = [document("a", "World Health Organization (WHO)"), document("b", "PARTIJ VOOR DE DIEREN")]
    publishers = Publishers(documents, {"dieren"}.__contains__)
    assert named(publishers, "Who wants higher taxes?") == []
    assert named(publishers, "and according to who?") == []
    assert named(publishers, "Wat komt er voor gezinnen?") == []
    assert named(publishers, "Wat wil de WHO?") == ["WHO"]
    assert named(publishers, "Wat wil de Partij voor de Dieren?") == ["Partij voor de Dieren"]


@pytest.mark.parametrize(
    ("publisher", "file_name", "names"),
    [
        ("DENK", "denk", ["DENK"]),
        ("De Heide", "Heide", ["De Heide"]),
        ("Volt (NL)", "volt", ["Volt", "NL"]),
        ("", "plan_CDA_2021", ["CDA"]),
        ("", "PLAN_CDA", []),
        ("", "A-b", []),
        ("", "B12", ["B12"]),
        ("", "a12", []),
        ("", "2023", []),
        ("?", "?", []),
    ],
)
def test_a_capital_or_a_digit_beyond_the_first_letter_makes_an_acronym(publisher: str, file_name: str, names: list[str]) -> None:
    publishers = Publishers([document(file_name, publisher)], set().__contains__)
    assert named(publishers, "De Heide, Volt, DENK, NL, PLAN, CDA, A, B12, a12, 2023, plan?") == names


@pytest.mark.parametrize(
    "text",
    [
        f"Wat {verb} de VVD van de wolf?"
        for verb in (
            "vindt vinden wil willen zegt zeggen denkt denken stelt stellen belooft beloven pleit pleiten schrijft schrijven "
            "think thinks want wants say says proposes promises"
        ).split()
    ],
)
def test_a_verb_of_saying_before_a_name_tells_who_speaks(publishers: Publishers, text: str) -> None:
    assert addressed(publishers, text) == ["VVD"]
    assert addressed(publishers, text.replace(" de ", " ")) == ["VVD"]
    assert addressed(publishers, text.replace("VVD", "nieuwe VVD")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Moet de wolf weg volgens de VVD?", "Must the wolf go according to the VVD?", "Volgens VVD?", "en het VVD?", "And VVD?",
        "De VVD wil dat", "de VVD  vindt dat", "the VVD promises that", "Het VVD-standpunt over de wolf?", "VVD-standpunten?",
        "het VVD-programma", "het VVD verkiezingsprogramma", "VVD-plan", "VVD-plannen", "the VVD's plans", "the VVD’s position",
        "VVD programme", "VVD' manifesto",
    ],
)  # fmt: skip
def test_who_speaks_is_known_by_the_place_of_the_name(publishers: Publishers, text: str) -> None:
    assert addressed(publishers, text) == ["VVD"]


@pytest.mark.parametrize(
    "text",
    [
        "Wie wil de VVD uitsluiten?", "Who wants the VVD?", "Welke partij wil de VVD?", "Welke partijen willen de VVD?",
        "Which party wants the VVD?", "‘Which parties want the VVD?", "Wie krijgt hulp van de VVD?", "Hoe wordt VVD gekozen?",
        "Kiezers en de VVD", "het VVD-plantsoen", "De VVD wilde dat", "onvolgens de VVD", "Is de VVD ertegen?", "bij de VVD",
    ],
)  # fmt: skip
def test_whom_a_question_is_about_does_not_speak(publishers: Publishers, text: str) -> None:
    assert addressed(publishers, text.replace("VVD", "AOW")) == []
    assert named(publishers, text.replace("VVD", "AOW")) == ["AOW"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{verb} de PvdA voor rekeningrijden?"
            for verb in (
                "is zijn gaat gaan moet moeten doet doen heeft hebben kan kiest steunt stemt stemde are does do did has will "
                "would should support supports"
            ).split()
        ),
        *(f"{word} doet de PvdA?" for word in "wat hoe waarom wanneer what how why when".split()),
        "Hoe hoog wordt de huur bij de PvdA?", "Does PvdA agree?",
    ],
)  # fmt: skip
def test_a_publisher_with_an_acronym_speaks_where_it_acts(publishers: Publishers, text: str) -> None:
    assert addressed(publishers, text) == ["PvdA"]
    assert addressed(publishers, text.replace("PvdA", "AOW")) == []
    assert addressed(publishers, text.replace("PvdA", "Het Bos").replace("de Het", "Het")) == []


@pytest.mark.parametrize("text", ["Dat is de PvdA", "Nu doet de PvdA mee", "nabij de PvdA", "Was de PvdA voor?"])
def test_a_publisher_acts_only_at_the_beginning_of_a_question(publishers: Publishers, text: str) -> None:
    assert addressed(publishers, text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hoe denken VVD, CDA en NSC over de wolf?", ["VVD", "CDA", "NSC"]),
        ("Wat vinden VVD/CDA & NSC?", ["VVD", "CDA", "NSC"]),
        ("Het VVD- of CDA-plan?", ["VVD", "CDA"]),
        ("Zijn het CDA, de VVD, en de AOW het eens volgens DENK?", ["CDA", "VVD", "AOW", "DENK"]),
        ("Wat zegt GroenLinks over samenwerking met de VVD?", ["GroenLinks"]),
        ("Volgens de VVD en volgens het CDA?", ["VVD", "CDA"]),
        ("Horen de AOW, VVD en PvdA daarbij?", []),
    ],
)
def test_names_joined_to_one_who_speaks_speak_too(publishers: Publishers, text: str, names: list[str]) -> None:
    assert addressed(publishers, text) == names


@pytest.mark.parametrize(
    "between",
    [
        ", ", "/", " & ", "_", "-", " en ", " of ", " and ", " or ", ", en ", ", and de ", "'s en ", "’ers of de ",
        " en volgens de ", " en bij het ", " of van ", " or according to the ", " and of the ", " EN ",
    ],
)  # fmt: skip
def test_names_side_by_side_are_joined(publishers: Publishers, between: str) -> None:
    text = f"VVD{between}CDA"
    first, second = mentions(publishers, text)
    assert are_joined(text, first, second)


@pytest.mark.parametrize("between", [" ", " wil ", " en toch ", ". ", ", met ", " (", " voor de "])
def test_names_with_something_between_them_are_not_joined(publishers: Publishers, between: str) -> None:
    text = f"VVD{between}CDA"
    first, second = mentions(publishers, text)
    assert not are_joined(text, first, second)


@pytest.mark.parametrize(
    "text",
    [
        "alle partijen behalve de VVD", "Uitgezonderd de VVD", "anders dan de VVD", "net als VVD", "naast de VVD",
        "andere partij dan", "andere partijen dan VVD", "other than VVD", "other party", "other parties", "except VVD",
        "besides VVD", "apart from VVD", "unlike VVD",
    ],
)  # fmt: skip
def test_who_is_left_out_is_not_asked(text: str) -> None:
    assert excludes(text)


@pytest.mark.parametrize("text", ["Wat wil de VVD?", "Een bijnaast huis", "each other", "een andere wolf", ""])
def test_most_questions_leave_nobody_out(text: str) -> None:
    assert not excludes(text)


@pytest.mark.parametrize(
    ("text", "ending"),
    [("VVD's plan", "'s"), ("VVD’er", "’er"), ("VVD'ers", "'ers"), ("VVD-plan", ""), ("VVD'sx", ""), ("VVDs", ""), ("VVD", "")],
)
def test_a_name_ends_with_what_is_joined_to_it(text: str, ending: str) -> None:
    assert end_of(text, Mention("VVD", 0, 3, frozenset(), True)) == 3 + len(ending)


def test_a_single_word_names_a_publisher_wherever_it_stands(publishers: Publishers) -> None:
    assert publishers.acronym("AOW") == Mention("AOW", 0, 3, frozenset(["aow"]), False)
    assert publishers.acronym("pvda") == Mention("pvda", 0, 4, frozenset(["gl-pvda"]), True)
    assert publishers.acronym("DENK") == Mention("DENK", 0, 4, frozenset(["denk"]), True)
    assert publishers.acronym("denk") is publishers.acronym("huur") is publishers.acronym("") is None


@given(
    st.lists(st.sampled_from(["VVD", "vvd", "CDA", "en", "Het", "Bos", "de", "wil", "Partij", "voor", "Dieren", "?"]), max_size=8)
)
def test_mentions_are_slices_in_order_that_do_not_overlap(words: list[str]) -> None:
    publishers = Publishers(
        [document("VVD"), document("cda", "CDA"), document("bos", "Het Bos"), document("a", "Partij voor de Dieren")],
        {"bos", "het"}.__contains__,
    )
    text = " ".join(words)
    found = mentions(publishers, text)
    assert all(text[one.start : one.end] == one.name for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


def test_a_library_without_publishers_has_no_names() -> None:
    assert mentions(Publishers([], set().__contains__), "De AOW van het CDA") == ()
