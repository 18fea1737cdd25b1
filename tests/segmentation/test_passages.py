import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat import segmentation
from citaat.domain import Document, Source
from citaat.segmentation import passages
from citaat.segmentation.profile import PROFILE
from citaat.text.normalise import plain
from tests.conftest import SEED, shared
from tests.segmentation.splitting import paths, quotes, split, uncovered

LINES = st.sampled_from(
    """# Kop|7.3\u2003Sterkere defensie|Hoofdstuk 2|Artikel 5.26:2|• Een punt. Met meer.|  - genest|1. eerste|a. letter|INHOUD|```
|12|\f|Een gewone zin die doorloopt
|en hier verder gaat. Nog een zin.|Iets ........ 12||   |“Zo” zei d.w.z. hij 😀.|We willen:|verko-
|zen worden\r|Kop zonder punt|Zie o.a. A. de Vries.""".split("|")
)


@given(st.one_of(st.lists(LINES, max_size=40).map("\n".join), st.text(st.characters(codec="utf-8"))))
def test_passages_are_disjoint_slices_and_all_that_they_leave_is_counted(text: str) -> None:
    found = split(text)
    at = 0
    for passage in found.passages:
        assert passage.span.start >= at
        assert passage.span.of(text) == passage.span.of(text).strip()
        at = passage.span.end
    assert len(uncovered(text, found)) == sum(found.uncovered.values())
    assert len({passage.id for passage in found.passages}) == len(found.passages)


def test_the_seed_splits_into_its_five_items() -> None:
    text = SEED.read_bytes().decode()
    found = split(text)
    run_ins = [passage.run_in.of(text) for passage in found.passages if passage.run_in]
    assert run_ins == [
        "Militaire samenwerking.", "Streng wapenbeleid.", "Kernwapens de wereld uit.", "Samen voor bescherming.",
        "Vredesmissies.",
    ]  # fmt: skip
    assert set(paths(text)) == {("7.3 Sterkere defensie voor een vreedzaam Europa",)}
    assert [len(passage.sentences) for passage in found.passages] == [5, 7, 5, 2, 6]
    assert found.uncovered == {"heading": 41, "marker": 5}


def test_a_long_paragraph_is_cut_between_sentences_into_even_parts() -> None:
    text = " ".join(f"Dit is zin nummer {number} van een lange alinea." for number in range(60))
    parts = quotes(text)
    assert len(parts) == 3
    assert all(len(part) <= PROFILE.longest_passage and part.endswith(".") for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) < 100


def test_a_sentence_without_end_is_cut_at_white_space_beyond_four_thousand() -> None:
    parts = quotes("woord " * 1_000)
    assert [len(part) for part in parts] == [3_995, 2_003]


def test_an_id_survives_edits_elsewhere_and_repeats_are_told_apart() -> None:
    before = split("Alpha hier.\n\nBeta daar.\n\nBeta daar.").passages
    after = split("Nieuw begin.\n\nBeta daar.\n\nBeta daar.").passages
    assert [passage.id for passage in before[1:]] == [passage.id for passage in after[1:]]
    assert before[1].id != before[2].id


def test_an_id_is_the_document_and_a_hash_of_the_text_that_never_changes() -> None:
    first, second = split("Beta daar.\n\nBeta daar.").passages
    assert (first.id, second.id) == ("d/3e24842ba421", "d/de2e714a99bd")


def test_splitting_as_an_older_store_knows_it_is_version_four() -> None:
    assert segmentation.VERSION == 4


def test_a_passage_of_exactly_the_longest_length_is_whole_and_one_character_more_cuts_it() -> None:
    sentence = f"Dit is {'a' * 591}."
    assert len(quotes(f"{sentence} {sentence}a")) == 1
    assert len(quotes(f"{sentence} {sentence}aa")) == 2


def test_a_first_sentence_of_at_most_eight_words_is_a_run_in_heading_if_another_follows() -> None:
    run_ins = [split(f"{'een ' * words}punt. Nog een zin hier.").passages[0].run_in for words in (7, 8)]
    assert [run_in is not None for run_in in run_ins] == [True, False]
    assert split("Een punt.").passages[0].run_in is None


def test_a_long_run_of_characters_without_white_space_is_cut_at_the_limit() -> None:
    assert [len(part) for part in quotes("a" * 4_001)] == [4_000, 1]
    assert [len(part) for part in quotes("a" * 4_000)] == [4_000]
    assert [len(part) for part in quotes(f"a {'a' * 3_998} a")] == [4_000, 1]


def test_sentences_are_those_of_the_language_of_the_document() -> None:
    text = "We support the plan of Gov. Smith. It is good."
    counts = [
        len(passages.split(Document("d", text, Source("D", language=language))).passages[0].sentences) for language in ("en", "")
    ]
    assert counts == [2, 3]


def test_pages_are_counted_by_form_feeds() -> None:
    assert [passage.page for passage in split("Een zin.\f\n\nTwee zinnen.").passages] == [1, 2]


@pytest.mark.parametrize("party", ["CDA", "CU", "D66", "GL_PvdA", "NSC", "PvdD", "SP", "VVD"])
def test_hardly_a_passage_of_a_programme_holds_a_header_and_none_a_contents_line(party: str) -> None:
    text = (shared("documents/programmes-2023-txt") / f"{party}.txt").read_bytes().decode()
    found = split(text).passages
    assert len(found) > 100
    bodies = [plain(text, passage.span) for passage in found]
    assert sum("verkiezingsprogramma 2023" in body.lower() for body in bodies) <= 0.02 * len(bodies)
    assert not [body for body in bodies if "....." in body]


def test_every_shared_programme_splits_without_loss() -> None:
    programmes = sorted(shared("documents/programmes-2023-txt").glob("*.txt"))
    assert programmes
    for path in programmes:
        text = path.read_bytes().decode()
        found = split(text)
        assert len(uncovered(text, found)) == sum(found.uncovered.values()), path.name
