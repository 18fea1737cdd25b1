from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.evaluation.question_sets import QuestionSet
from citaat.query.translation import Translations
from citaat.text.background import Background
from citaat.training import examples, ranker_fitting
from citaat.training.examples import Examples, stretch_around
from tests.fakes import HashEncoder
from tests.training.synthetic import LEXICAL, of_kind

WORDS = [f"woord{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(90)]


def question_set(name: str, words: list[str], questions: int = 6) -> QuestionSet:
    rows = [{"id": f"{n}", "title": "", "text": f"{name} {word} is een lange zin over {word}."} for n, word in enumerate(words)]
    asked = {f"q{n}": f"{name} {word}" for n, word in enumerate(words[:questions])}
    return QuestionSet(name, rows, asked, {f"q{n}": {f"{n}": 1} for n in range(questions)}, {})


OWN, OTHER = question_set("eigen", WORDS), question_set("ander", WORDS[:12:-1][:12])
CROSSED = question_set("eigen < vreemd", WORDS[:4], questions=2)


def collect(*sets: QuestionSet, model: HashEncoder | None = None) -> list[Examples]:
    return examples.collect(sets, model or HashEncoder(), Background(1, {}), Translations())


@pytest.fixture(scope="module")
def found() -> list[Examples]:
    return collect(OWN, OTHER, CROSSED)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_a_stretch_holds_its_row_and_is_as_long_as_asked(size: int, more: int, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, size + more - 1))
    block = stretch_around(row, size, size + more)
    assert row in block
    assert len(block) == size
    assert block.start >= 0
    assert block.stop <= size + more
    assert block.start % size == 0 or block.stop == size + more


def test_questions_are_put_to_a_corpus_and_to_stretches_of_it(found: list[Examples]) -> None:
    first = found[0]
    assert [one.name for one in found] == ["eigen", "ander", "eigen < vreemd"]
    assert {one.stretch for one in first.whole} == {range(90)}
    assert {one.found.searched for one in first.whole} == {90}
    assert {len(one.stretch) for one in first.parts} == {5, 20, 80}
    assert all(one.found.searched == len(one.stretch) for one in first.parts)
    for kind in ("answerable", "taken_out", "far"):
        assert (len(of_kind(first.whole, kind)), len(of_kind(first.parts, kind))) == (6, 3 * 6)


def test_near_questions_are_put_to_the_whole_corpus_alone() -> None:
    near = {"q0": "een vraag ernaast", "q3": "nog een"}
    (own, _) = collect(replace(OWN, near=near), OTHER)
    assert [one.kind for one in own.whole].count("near") == 2
    assert not any(one.relevant.any() for one in own.whole if one.kind == "near")
    assert not any(one.kind == "near" for one in own.parts)


def test_a_question_that_is_answered_here_too_is_not_far() -> None:
    other = replace(OTHER, corpus=[OWN.corpus[0] | {"id": "0"}, *OTHER.corpus[1:]])
    (own, _) = collect(OWN, other)
    assert len(of_kind(own.whole, "far")) == len(OTHER.questions) - 1


def test_what_is_relevant_is_so_in_a_stretch_too(found: list[Examples]) -> None:
    first = found[0]
    for one in of_kind([*first.whole, *first.parts], "answerable"):
        assert one.relevant.sum() == 1
        assert one.found.values[:, LEXICAL].argmax() == one.relevant.argmax()
    assert not any(one.relevant.any() for one in [*first.whole, *first.parts] if one.kind != "answerable")


def test_questions_are_never_far_ones_to_their_own_corpus(found: list[Examples]) -> None:
    assert [len(of_kind(one.whole, "far")) for one in found] == [6, 6, 2]
    own, other = question_set("eigen", WORDS[:4], questions=2), question_set("eigen < vreemd", WORDS[:4], questions=2)
    assert not any(of_kind([*one.whole, *one.parts], "far") for one in collect(own, other))
    assert examples.base("eigen < vreemd") == examples.base("eigen") == "eigen"


def test_only_stretches_of_fifty_passages_or_more_have_impostor_scores(found: list[Examples]) -> None:
    assert {len(stretch) for stretch, scores in found[0].impostors.items() if len(scores)} == {80, 90}
    assert set(found[0].impostors) == {one.stretch for one in [*found[0].whole, *found[0].parts]}
    assert ranker_fitting.fit(found[:2]).weights[LEXICAL] > 0
    levels = ranker_fitting._impostor_levels(found[0], np.ones(3))
    assert set(ranker_fitting._by_size(levels)[:, 0]) == {np.log(80), np.log(90)}


def test_a_text_that_stands_in_a_set_twice_is_searched_once() -> None:
    own = question_set("eigen", WORDS[:8])
    double = replace(own, corpus=[*own.corpus, *({**row, "id": f"copy{row['id']}"} for row in own.corpus)])
    assert collect(double)[0].whole[0].stretch == range(8)


def test_no_text_is_encoded_twice() -> None:
    model = HashEncoder()
    collect(question_set("eigen", WORDS[:8]), model=model)
    sentences = [text for text in model.encoded if text.startswith("eigen") and text.endswith(".")]
    assert len(sentences) == 2 * 8, "each as a passage, and as its sentence"


def test_at_most_six_hundred_questions_are_asked_the_same_each_time() -> None:
    values = [str(number) for number in range(1000)]
    some = examples._some(values, np.random.default_rng(0))
    assert len(some) == len(set(some)) == 600
    assert some == sorted(some, key=int)
    assert some == examples._some(values, np.random.default_rng(0)) != examples._some(values, np.random.default_rng(1))
    assert examples._some(values[:600], np.random.default_rng(0)) == values[:600]


def test_as_many_far_questions_are_asked_as_answerable_ones() -> None:
    few, many = collect(question_set("eigen", WORDS[:8], questions=2), question_set("ander", WORDS[:8], questions=4))
    assert [len(of_kind(few.whole, kind)) for kind in ("answerable", "far")] == [2, 2]
    assert [len(of_kind(many.whole, kind)) for kind in ("answerable", "far")] == [4, 2]


def test_a_near_question_is_an_answerable_one_without_its_relevant_candidates(found: list[Examples]) -> None:
    whole, other = found[0].whole[0], found[0].whole[1]
    assert (whole.kind, other.kind, other.stretch, other.found.searched) == ("answerable", "taken_out", whole.stretch, 90)
    assert other.found.values.tolist() == whole.found.values[~whole.relevant].tolist()
    assert len(other.found.cross_lingual) == len(other.relevant) == len(whole.relevant) - 1


def test_an_answerable_question_without_other_candidates_is_no_near_one() -> None:
    (alone,) = collect(question_set("eigen", WORDS[:1], questions=1))
    assert [one.kind for one in alone.whole] == ["answerable"]
