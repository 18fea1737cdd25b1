from citaat.evaluation.corpora import indexed
from citaat.evaluation.highlighting import highlight_figures
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import QuestionSet
from citaat.retrieval.highlights import Highlighter
from tests.evaluation.beir import question_set
from tests.fakes import fake_model

FIRST, SECOND, LAST = "Kernwapens moeten weg.", "De huur gaat omlaag met tien procent.", "Zorg is er voor iedereen."
TEXT = f"{FIRST} {SECOND} {LAST}"
QUESTION = "Hoeveel gaat de huur omlaag?"
MODEL = fake_model()


def figures(own: QuestionSet) -> Figures:
    with indexed(own.corpus, MODEL.encoder) as store:
        return highlight_figures(own, MODEL.pipeline(store), Highlighter(MODEL.background))


def test_a_highlight_is_a_hit_if_it_holds_the_whole_answer() -> None:
    found = figures(question_set({"a": TEXT, "b": TEXT, "c": "Vrede."}, QUESTION, {"b": 1}, "tien procent"))
    assert found["first sentence"] == {"highlight_hit": 0.0, "share": round(len(FIRST) / len(TEXT), 4), "n": 1}
    assert found["oracle"] == {"highlight_hit": 1.0, "share": round(len(SECOND) / len(TEXT), 4), "n": 1}
    assert found["highlights"] == {"highlight_hit": 1.0, "share": round(len(SECOND) / len(TEXT), 4), "n": 1}


def test_an_answer_over_two_sentences_is_hit_only_by_both() -> None:
    found = figures(question_set({"a": TEXT}, QUESTION, {"a": 1}, "moeten weg. De huur"))
    assert found["oracle"]["share"] == round((len(FIRST) + len(SECOND)) / len(TEXT), 4)
    assert found["first sentence"]["highlight_hit"] == 0.0
    assert figures(question_set({"a": TEXT}, QUESTION, {"a": 1}, FIRST))["first sentence"]["highlight_hit"] == 1.0


def test_a_sentence_that_only_borders_on_the_answer_is_not_part_of_it() -> None:
    found = figures(question_set({"a": TEXT}, QUESTION, {"a": 1}, f" {SECOND} "))
    assert found["oracle"] == {"highlight_hit": 1.0, "share": round(len(SECOND) / len(TEXT), 4), "n": 1}


def test_an_answer_is_found_whatever_its_case_and_whatever_letters_stand_before_it() -> None:
    text = f"{'İ' * 30} is er. {SECOND.upper()} {LAST}"
    found = figures(question_set({"b": text}, QUESTION, {"b": 1}, "tien procent"))
    assert found["oracle"]["share"] == round(len(SECOND) / len(text), 4)


def test_an_answer_is_sought_in_the_passage_and_not_in_its_title() -> None:
    own = question_set({"a": TEXT}, QUESTION, {"a": 1}, "Over huur")
    assert figures(own) == {}
    own.corpus[0]["title"] = "Over huur"
    assert figures(own) == {}


def test_answers_that_stand_in_no_passage_have_no_figures() -> None:
    assert figures(question_set({"a": TEXT}, QUESTION, {"a": 1}, "elders")) == {}
    assert figures(question_set({"a": TEXT}, QUESTION, {"a": 1})) == {}


def test_the_figures_of_several_questions_are_taken_together() -> None:
    one = question_set({"a": TEXT, "b": f"{SECOND} {LAST}"}, QUESTION, {"a": 1}, "tien procent")
    both = QuestionSet(
        "p", one.corpus, {"1": QUESTION, "2": QUESTION}, {"1": {"a": 1}, "2": {"b": 1}}, dict.fromkeys("12", "tien")
    )
    found = figures(both)["first sentence"]
    characters = len(TEXT) + len(SECOND) + 1 + len(LAST)
    assert found == {"highlight_hit": 0.5, "share": round((len(FIRST) + len(SECOND)) / characters, 4), "n": 2}
