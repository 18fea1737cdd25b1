import tomllib
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.text.words import Token, content_words, fold, tokenise, word_list, words

TEXTS = st.text(max_size=30) | st.text("aÉ\u0301ẞŒﬁ½²_-'\u2019 .İß", max_size=30)


def is_whole(character: str) -> bool:
    """Whether what a character folds to is one word, or none at all; "½" is two."""
    return fold(character).isalnum() or not words(character)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Financiële ÉÉN", "financiele een"),
        ("e\u0301 e\u0300 o\u036f", "e e o"),
        ("ﬁets x²", "fiets x2"),
        ("STIKSTOF, 2030!", "stikstof, 2030!"),
        ("ŒUVRE", "œuvre"),
        ("İzmir", "izmir"),
        ("", ""),
    ],
)
def test_case_accents_and_ligatures_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXTS)
def test_composed_and_loose_accents_fold_alike(text: str) -> None:
    assert words(text + " e\u0301") == words(text + " \u00e9")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De zee-egel's 3 m² (2023)!", ["de", "zee", "egel", "s", "3", "m2", "2023"]),
        ("GL_PvdA", ["gl", "pvda"]),
        ("één über-idee", ["een", "uber", "idee"]),
        ("中国 и мир", ["中国", "и", "мир"]),
        ("_ ?!", []),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(TEXTS)
def test_tokens_are_the_words_of_a_text(text: str) -> None:
    text = text.replace("Σ", "σ")  # at the end of a word Σ becomes ς, which a character by itself cannot tell
    assert [token.folded for token in tokenise(text)] == words(text)


@given(TEXTS)
def test_the_slice_of_a_token_folds_to_it(text: str) -> None:
    text = "".join(filter(is_whole, text.replace("Σ", "σ")))
    for token in tokenise(text):
        assert fold(text[token.start : token.end]) == token.folded


@given(TEXTS)
def test_a_character_that_is_several_words_belongs_to_each(text: str) -> None:
    text = text.replace("Σ", "σ")
    for token in tokenise(text):
        assert token.folded in words(text[token.start : token.end])


@given(TEXTS)
def test_tokens_stand_in_order_and_are_never_empty(text: str) -> None:
    tokens = tokenise(text)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert all(before.start <= after.start and before.end <= after.end for before, after in pairwise(tokens))


def test_a_token_has_the_place_of_its_word_in_the_text() -> None:
    assert tokenise("De ﬁets.") == (Token(0, 2, "de"), Token(3, 7, "fiets"))
    assert tokenise("Ja, NU!") == (Token(0, 2, "ja"), Token(4, 6, "nu"))
    assert tokenise("e\u0301e\u0301n") == (Token(0, 5, "een"),)
    assert tokenise("½") == (Token(0, 1, "1"), Token(0, 1, "2"))


def test_a_word_list_is_of_one_language_or_of_all() -> None:
    assert "hoe" in word_list("stop", "nl")
    assert "hoe" not in word_list("stop", "en")
    assert word_list("stop") == word_list("stop", "nl") | word_list("stop", "en")
    assert word_list("untranslated", "nl") == frozenset()


def test_every_word_on_a_list_is_a_folded_word() -> None:
    lists = tomllib.loads((files("citaat.text") / "word_lists.toml").read_text("utf-8"))
    assert lists
    for use in lists:
        for word in word_list(use):
            assert words(word) == [word]


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert content_words(["wat", "wil", "de", "partij"]) == ["partij"]
    assert content_words(iter(["the", "house", "the", "house"])) == ["house", "house"]
    assert content_words(iter(["wat", "is", "het"])) == ["wat", "is", "het"]
    assert content_words([]) == []
