"""From what is asked to what is searched for."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from citaat.errors import NotFoundError
from citaat.query.follow_ups import Question, contextualise
from citaat.query.query import Query
from citaat.query.translation import Translations
from citaat.query.turns import Turn
from citaat.query.understanding import Understanding
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from tests.fakes import HashEncoder, stored

PAIRS = [
    ("wood", "bos"), ("it", "het"), ("pension", "pensioen"), ("bus", "auto"), ("school", "scholen"),
    ("garden house", "tuinhuisje"), ("house", "huis"), ("wolves", "wolven"),
]  # fmt: skip
EVERYDAY = Background(100, {"=vrachtauto": 50})


def understanding(store: EmbeddedStore, encoder: HashEncoder | None = None) -> Understanding:
    return Understanding(store, encoder or HashEncoder(), EVERYDAY, Translations([*PAIRS, ("think", "denk")]))


def query(store: EmbeddedStore, text: str, documents: Sequence[str] | None = None) -> Query:
    """The query of a question that stands alone."""
    made = understanding(store)
    (found,) = made.queries([Question(Turn.read(text, made.publishers))], documents)
    return found


def follow_up(store: EmbeddedStore, before: str, text: str) -> Query:
    """The query of a turn after another."""
    made = understanding(store)
    first, turn = (Turn.read(one, made.publishers) for one in (before, text))
    encoded = made.encode([*first.content, *turn.content])
    vectors = {word: one.vector for word, one in encoded.items()}
    return made.queries([contextualise(turn, Question(first), vectors)])[0]


def ids(*documents: str) -> frozenset[str]:
    return frozenset(documents)


def terms(*words: str) -> tuple[str, ...]:
    return tuple(Analyzer().terms(words))


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A store of a Dutch and of an English text."""
    texts = {
        "dutch.txt": "Het pensioen van de arbeider blijft en wordt niet lager. De huizen moeten beter. De scholen blijven.",
        "english.txt": "The worker and the army have to stay, and the rents will not be higher.",
    }
    with stored(tmp_path_factory.mktemp("bilingual"), texts) as store:
        yield store


@pytest.mark.parametrize(
    ("question", "text", "asked"),
    [
        ("Hoe denken VVD, CDA en NSC over de wolf?", "Hoe denken over de wolf?", ["programma-vvd-2023", "cda", "nsc"]),
        ("Wat is het PvdA-standpunt over abortus?", "Wat is het standpunt over abortus?", ["gl-pvda"]),
        ("What is the PvdD's plan for wolves?", "What is the plan for wolves?", ["pvdd"]),
        ("Hoe hoog wordt de huur bij de VVD en bij DENK?", "Hoe hoog wordt de huur?", ["programma-vvd-2023", "denk"]),
        ("Wat vindt GroenLinks-PvdA van de wolf?", "Wat vindt van de wolf?", ["gl-pvda"]),
        ("Wat moet er volgens de Partij voor de Dieren gebeuren?", "Wat moet er gebeuren?", ["pvdd"]),
        ("Wat willen PvdD'ers met de wolf?", "Wat willen met de wolf?", ["pvdd"]),
        ("Is de PvdA voor of tegen rekeningrijden?", "Is voor of tegen rekeningrijden?", ["gl-pvda"]),
        ("Wat zegt GroenLinks over samenwerking met de VVD?", "Wat zegt over samenwerking met de VVD?", ["gl-pvda"]),
        ("wat wil denk met asiel?", "wat wil met asiel?", ["denk"]),
        ("Wordt asiel beperkt volgens GL_PvdA?", "Wordt asiel beperkt?", ["gl-pvda"]),
        ("Must the wolf go, according to the CDA?", "Must the wolf go,?", ["cda"]),
        ("Hoe staat het CDA-plan tegenover asiel?", "Hoe staat het plan tegenover asiel?", ["cda"]),
        ("VVD’s en CDA's standpunt over asiel", "standpunt over asiel", ["programma-vvd-2023", "cda"]),
        ("Wat vindt de VVD en wat vindt CDA van de huur?", "Wat vindt en wat vindt van de huur?", ["programma-vvd-2023", "cda"]),
        ("Wat vindt\n de VVD  van  huur ?", "Wat vindt van huur?", ["programma-vvd-2023"]),
        ("Wat wil de VVD volgens de VVD met huur?", "Wat wil met huur?", ["programma-vvd-2023"]),
    ],
)
def test_a_name_tells_where_to_look_and_is_no_word_of_the_question(
    parties: EmbeddedStore, question: str, text: str, asked: list[str]
) -> None:
    found = query(parties, question)
    assert (found.question, found.text) == (question, text)
    assert found.publishers == tuple(ids(one) for one in asked)
    assert found.documents == ids(*asked)
    assert found.alternative is None


@pytest.mark.parametrize("question", ["Wat wil de VVD?", "Wat is het VVD-standpunt?", "Wat vindt VVD ervan, denk je? NSC"])
def test_a_question_of_nothing_but_a_view_is_searched_for_as_it_is(parties: EmbeddedStore, question: str) -> None:
    found = query(parties, question)
    assert found.publishers == (ids("programma-vvd-2023"),)
    assert found.documents == ids("programma-vvd-2023")
    assert (found.text == question) == ("ervan" not in question)


@pytest.mark.parametrize(
    ("question", "text", "document"),
    [
        ("Wie wil de VVD uitsluiten?", "Wie wil uitsluiten?", "programma-vvd-2023"),
        ("Wie krijgt hulp van de PvdA?", "Wie krijgt hulp?", "gl-pvda"),
        ("Hoe wordt DENK gekozen?", "Hoe wordt gekozen?", "denk"),
        ("Gaat de AOW omhoog?", "Gaat omhoog?", "aow"),
    ],
)
def test_a_name_that_may_be_the_subject_is_a_word_of_the_alternative(
    parties: EmbeddedStore, question: str, text: str, document: str
) -> None:
    found = query(parties, question)
    assert (found.text, found.documents, found.publishers) == (text, ids(document), ())
    assert found.alternative is not None
    assert (found.alternative.text, found.alternative.documents) == (question, None)
    assert (found.alternative.publishers, found.alternative.alternative) == ((), None)
    assert found.alternative.question == question


def test_who_is_left_out_is_not_asked(parties: EmbeddedStore) -> None:
    found = query(parties, "Wat willen alle partijen behalve de VVD volgens het CDA?")
    assert found.text == found.question
    assert (found.documents, found.publishers, found.alternative) == (None, (), None)


def test_a_question_is_put_to_the_documents_that_are_named_with_it(parties: EmbeddedStore) -> None:
    assert query(parties, "Mag de wolf weg?", ["cda", "nsc"]).documents == ids("cda", "nsc")
    asked = query(parties, "Wat willen VVD en CDA met de wolf?", ["cda", "nsc"])
    assert (asked.documents, asked.text) == (ids("cda"), "Wat willen met de wolf?")
    subject = query(parties, "Gaat de AOW omhoog?", ["cda", "aow"])
    assert subject.documents == ids("aow")
    assert subject.alternative is not None
    assert subject.alternative.documents == ids("cda", "aow")


def test_a_publisher_without_a_passage_to_look_in_is_not_asked(parties: EmbeddedStore) -> None:
    found = query(parties, "Wat wil de VVD met de wolf?", ["cda"])
    assert (found.text, found.documents, found.publishers) == (found.question, ids("cda"), ())
    assert query(parties, "Mag de wolf weg?", []).documents == ids()


def test_a_document_that_is_not_there_is_refused(parties: EmbeddedStore) -> None:
    with pytest.raises(NotFoundError):
        query(parties, "Mag de wolf weg?", ["cda", "none"])


def test_what_is_taken_along_stands_in_parentheses_behind_the_turn(parties: EmbeddedStore) -> None:
    found = follow_up(parties, "Wat wil men met wolven in Drenthe?", "waarom?")
    assert found.question == found.text == "waarom? (wolven, Drenthe)"
    assert found.terms == terms("wolven", "drenthe")


def test_who_was_asked_before_is_asked_again_and_is_no_word(parties: EmbeddedStore) -> None:
    found = follow_up(parties, "Wat wil het CDA met wolven?", "en waarom?")
    assert (found.question, found.text) == ("en waarom? (wolven, volgens CDA)", "en waarom? (wolven)")
    assert (found.documents, found.publishers) == (ids("cda"), (ids("cda"),))


def test_a_publisher_that_was_the_subject_is_asked_again(parties: EmbeddedStore) -> None:
    found = follow_up(parties, "Wie krijgt hulp van de PvdA?", "en waarom?")
    assert (found.documents, found.publishers) == (ids("gl-pvda"), (ids("gl-pvda"),))


def test_an_acronym_that_is_taken_along_may_be_the_subject(parties: EmbeddedStore) -> None:
    found = follow_up(parties, "Gaat de AOW omhoog?", "en waarom?")
    assert (found.question, found.text) == ("en waarom? (AOW, omhoog)", "en waarom? (omhoog)")
    assert (found.documents, found.publishers) == (ids("aow"), ())
    assert found.alternative is not None
    assert (found.alternative.text, found.alternative.documents) == ("en waarom? (AOW, omhoog)", None)


def test_a_word_that_is_taken_along_is_corrected_too(parties: EmbeddedStore) -> None:
    found = follow_up(parties, "Wat vindt men van Omlagg?", "waarom?")
    assert (found.question, found.text) == ("waarom? (Omlagg)", "waarom? (omlaag)")
    assert found.terms == terms("omlaag")


def test_a_compound_that_is_taken_along_counts_as_its_parts(parties: EmbeddedStore) -> None:
    assert follow_up(parties, "Wat vindt men van zee-egels?", "waarom?").terms == terms("zee", "egels")


def test_a_mistyped_word_is_corrected_where_it_stands(parties: EmbeddedStore) -> None:
    found = query(parties, "Gaat  de Hurr naar OMLAGG, ómlagg?")
    assert (found.question, found.text) == ("Gaat  de Hurr naar OMLAGG, ómlagg?", "Gaat  de Hurr naar omlaag, omlaag?")
    assert found.terms == terms("gaat", "hurr", "omlaag", "omlaag")
    assert query(parties, "Wat wil het CDA met omlagg?").text == "Wat wil met omlaag?"


def test_words_of_everyday_text_and_stop_words_are_no_typing_errors(parties: EmbeddedStore) -> None:
    assert query(parties, "vrachtauto wanneer").text == "vrachtauto wanneer"
    assert query(parties, "vrachtauti wanneet").text == "vrachtauto wanneer"


def test_a_word_of_the_library_goes_before_one_of_everyday_text(parties: EmbeddedStore) -> None:
    made = Understanding(parties, HashEncoder(), Background(100, {"=omlaap": 90}), Translations())
    (found,) = made.queries([Question(Turn.read("omlaaq"))])
    assert found.text == "omlaag"


def test_stop_words_make_no_terms_and_repeated_words_count_each_time(parties: EmbeddedStore) -> None:
    assert query(parties, "Mag de wolf naar de wolf?").terms == terms("wolf", "wolf")
    assert query(parties, "En waarom?").terms == terms("en", "waarom")


def test_an_english_word_in_an_english_question_is_no_typing_error(bilingual: EmbeddedStore) -> None:
    assert query(bilingual, "What of the pension?").terms == terms("pension")
    assert query(bilingual, "What of the pensions?").terms == terms("pensions")
    assert query(bilingual, "What of the penzion?").terms == terms("penzion")
    assert query(bilingual, "Wat van de pension?").terms == terms("pensioen")


def test_a_question_has_its_words_in_the_language_of_other_documents(bilingual: EmbeddedStore) -> None:
    english = query(bilingual, "What will become of the garden houses and schools?")
    assert (english.language, english.translated) == ("en", terms("become", "tuinhuisje", "scholen"))
    dutch = query(bilingual, "Wat gebeurt er met de scholen en het huis?")
    assert (dutch.language, dutch.translated) == ("nl", terms("gebeurt", "school", "house"))
    assert query(bilingual, "scholen").translated == ()
    assert query(bilingual, "scholen").language is None


def test_stop_words_of_the_other_language_make_no_terms(bilingual: EmbeddedStore) -> None:
    found = Understanding(bilingual, HashEncoder(), EVERYDAY, Translations([("rents", "de huur")]))
    (translated,) = found.queries([Question(Turn.read("What of the rents?"))])
    assert translated.translated == terms("huur")


def test_corrected_words_are_translated(bilingual: EmbeddedStore) -> None:
    found = query(bilingual, "Wat gebeurt er met de scholem?")
    assert found.translated == terms("gebeurt", "school")


def test_where_all_documents_are_in_its_language_nothing_is_translated(parties: EmbeddedStore) -> None:
    assert query(parties, "Wat gebeurt er met de scholen en het huis?").translated == ()
    assert query(parties, "What of the schools?").translated == terms("scholen")


def test_each_distinct_text_is_encoded_once_and_by_one_call(parties: EmbeddedStore) -> None:
    encoder = HashEncoder()
    made = understanding(parties, encoder)
    texts = ["Gaat de AOW omhoog?", "Wat wil het CDA met de wolf?", "Gaat de AOW omhoog?"]
    found = made.queries([Question(Turn.read(text, made.publishers)) for text in texts])
    assert encoder.encoded == ["Gaat omhoog?", "Gaat de AOW omhoog?", "Wat wil met de wolf?"]
    assert [one.text for one in found] == ["Gaat omhoog?", "Wat wil met de wolf?", "Gaat omhoog?"]
    for one in [*found, found[0].alternative]:
        assert one is not None
        np.testing.assert_array_equal(one.vector, HashEncoder().encode([one.text], "question").vectors[0])


def test_a_question_that_is_too_long_for_the_encoder_says_so(parties: EmbeddedStore) -> None:
    made = understanding(parties, HashEncoder(max_words=3))
    turns = [Turn.read(text, made.publishers) for text in ("Gaat de AOW omhoog?", "Mag de wolf weg?", "De wolf?")]
    subject, long, short = made.queries([Question(turn) for turn in turns])
    assert subject.alternative is not None
    assert (subject.is_truncated, subject.alternative.is_truncated) == (False, True)
    assert (long.is_truncated, short.is_truncated) == (True, False)


def test_a_text_that_was_encoded_before_is_not_encoded_again_and_stays_truncated(parties: EmbeddedStore) -> None:
    encoder = HashEncoder(max_words=1)
    made = understanding(parties, encoder)
    known = made.encode(["wolf", "oude huur"])
    encoder.encoded.clear()
    found = made.queries([Question(Turn.read(text)) for text in ("wolf", "oude huur", "de huur")], None, known)
    assert [one.vector is known[one.text].vector for one in found[:2]] == [True, True]
    assert [one.is_truncated for one in found] == [False, True, True]
    assert encoder.encoded == ["de huur"]
    np.testing.assert_array_equal(found[2].vector, HashEncoder().encode(["de huur"], "question").vectors[0])


def test_the_vector_of_each_distinct_word_is_made_by_one_call(parties: EmbeddedStore) -> None:
    encoder = HashEncoder()
    found = understanding(parties, encoder).encode(["wolf", "huur", "wolf"])
    assert encoder.encoded == list(found) == ["wolf", "huur"]
    np.testing.assert_array_equal(found["huur"].vector, HashEncoder().encode(["huur"], "question").vectors[0])


def test_the_words_of_the_list_are_ordinary_words(parties: EmbeddedStore) -> None:
    assert query(parties, "Ik denk aan het bos").documents is None
    without = Understanding(parties, HashEncoder(), EVERYDAY, Translations())
    (found,) = without.queries([Question(Turn.read("Ik denk aan asiel", without.publishers))])
    assert found.documents == ids("denk")
