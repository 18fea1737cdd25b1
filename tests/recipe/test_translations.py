from citaat.query.translation import MOST
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from recipe import translations
from tests.fakes import HashEncoder

WORDS = [("huis", "house"), ("huizen", "house"), ("woning", "house"), ("arm huis", "poor house"), ("Financiën", "finances")]


def learned(words: list[tuple[str, str]], sentences: list[tuple[str, str]], known: dict[str, int]) -> list[tuple[str, str]]:
    background = Background(1_000, {Analyzer().stem(word): count for word, count in known.items()})
    found = translations.learn({"lexicon.tsv": words, "sentences.tsv": sentences}, HashEncoder(), background)
    return found.pairs()


def test_words_of_the_list_are_kept_by_how_common_they_are() -> None:
    found = learned(WORDS, [], {"woning": 10**17, "huis": 10**5, "huizen": 10**5, "financien": 10**9})
    assert set(found) >= {("house", "woning"), ("finances", "financien")}
    assert next(dutch for english, dutch in found if english == "house") == "woning"
    assert not any(" " in dutch for _, dutch in found)
    assert ("energy policy", "beleid") in learned([("beleid", "the energy-policy")], [], {"beleid": 10**9})


def test_words_that_stand_in_the_same_sentences_mean_alike() -> None:
    sentences = [(f"De kinderen zien {other}.", f"The children see {other}.") for other in ("Jan", "Piet", "Marie", "Anna")]
    known = {"kinderen": 10**9, "jan": 1}
    assert ("children", "kinderen") in learned([], sentences, known)
    assert ("jan", "jan") not in learned([], sentences, known)


def test_pairs_that_are_not_close_are_left_out() -> None:
    assert ("house", "huis") not in learned([("huis", "house")], [], {})


def test_of_words_of_one_stem_one_is_kept() -> None:
    many = dict.fromkeys(("fiets", "fietsen", "rijwiel", "tweewieler", "karretje"), 10**12)
    found = learned([(word, "bicycle") for word in many], [], many)
    assert len(found) == MOST
    assert len({Analyzer().stem(dutch) for _, dutch in found}) == len(found)
