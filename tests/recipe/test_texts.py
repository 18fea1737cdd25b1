from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.training.corpus import passage_files
from recipe import texts


def test_a_sample_is_evenly_spread_and_whole_where_there_is_little(corpus: Path) -> None:
    (file,) = passage_files(corpus)
    assert len(list(texts.sample(file, 1_000))) == 600
    found = list(texts.sample(file, 100))
    assert len(found) == 100
    assert "zin 6 " in found[1]


def test_pieces_are_counted_in_samples_and_in_all_texts_of_the_sheets(corpus: Path) -> None:
    found = list(texts.sample_all(passage_files(corpus), {"a.tsv": [("arts", "doctor")]}, 100))
    assert (len(found), found[-2:]) == (102, ["arts", "doctor"])


def test_the_background_counts_passages_that_hold_a_term(corpus: Path) -> None:
    background = texts.background(passage_files(corpus))
    assert background.passages == 600
    assert 20 <= background.counts["vred"] <= 120


def test_terms_are_counted_once_a_text_and_rare_ones_left_out() -> None:
    said = ["Huizen, huizen en nog eens huizen."] * 20 + ["De scholen."] * 19
    counted = texts.count_terms(iter(said))
    terms = Analyzer().terms(["huizen", "eens"])
    assert counted == Background(39, dict.fromkeys(terms, 20))


def test_counts_are_in_the_order_of_their_terms() -> None:
    counted = texts.count_terms(["Scholen bouwen huizen."] * 20)
    assert list(counted.counts) == sorted(counted.counts)


def test_stop_words_are_not_counted_where_there_are_others() -> None:
    assert "=de" not in texts.count_terms(["De huizen."] * 20).counts
    assert texts.count_terms(["De."] * 20).counts["=de"] == 20


def test_a_sheet_of_two_columns_has_no_header_and_rows_of_one_column_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "lexicon.tsv").write_text('huis\thouse\nwoning\n"arts\tdoctor\tn\n', "utf-8")
    assert texts.read_sheets(tmp_path) == {"lexicon.tsv": [("huis", "house"), ('"arts', "doctor")]}


def test_sentences_with_a_relatedness_of_four_mean_alike_and_each_means_what_its_original_does(tmp_path: Path) -> None:
    header = "sentence_A\tsentence_B\trelatedness_score"
    (tmp_path / "a.tsv").write_text(f"{header}\nA\tB\t4.0\nC\tD\t3.9\n")
    assert texts.read_sheet(tmp_path / "a.tsv") == [("A", "B")]
    (tmp_path / "b.tsv").write_text(f"{header}\tsentence_A_original\tsentence_B_original\nA\tB\t3\tone\ttwo\n")
    assert texts.read_sheet(tmp_path / "b.tsv") == [("A", "one"), ("B", "two")]


def test_an_empty_sheet_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "leeg.tsv").touch()
    with pytest.raises(InputError, match=r"leeg\.tsv is empty"):
        texts.read_sheets(tmp_path)
