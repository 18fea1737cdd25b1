import json
import sys
from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.training import corpus as corpora

SENTENCES = "De huur van een woning gaat dit jaar omlaag. Er komen ook meer woningen bij voor jonge gezinnen."


def read(folder: Path, *texts: str) -> list[list[str]]:
    file = folder / "a.jsonl"
    file.write_text(
        "".join(json.dumps({"id": "1", "title": "Wonen", "text": text}, ensure_ascii=False) + "\n" for text in texts), "utf-8"
    )
    return corpora.read_passages(file)


def test_a_passage_is_its_sentences_of_ten_characters_and_more(tmp_path: Path) -> None:
    assert read(tmp_path, SENTENCES + " Ja. Zo is het.") == [[*SENTENCES.replace(". Er", ".|Er").split("|"), "Zo is het."]]


def test_a_hyphen_at_the_end_of_a_line_joins_a_word(tmp_path: Path) -> None:
    assert read(tmp_path, SENTENCES.replace("woningen", "wo\u00ad\nningen")) == read(tmp_path, SENTENCES)


@pytest.mark.parametrize(
    "text",
    ["Te kort.", SENTENCES + " .... 12", SENTENCES + "1" * 20, SENTENCES[:58] + "."],
    ids=["short", "contents", "digits", "59 characters"],
)
def test_what_is_no_prose_is_left_out(text: str, tmp_path: Path) -> None:
    assert len(read(tmp_path, text, SENTENCES)) == 1


def test_a_copy_is_left_out_whatever_its_white_space(tmp_path: Path) -> None:
    assert len(read(tmp_path, SENTENCES, SENTENCES.replace(" ", "\n"))) == 1


def test_compressed_rows_are_read_and_without_the_package_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zstandard = pytest.importorskip("zstandard")
    row = {"id": "1", "title": "Wonen", "text": SENTENCES}
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(json.dumps(row).encode()))
    (file,) = corpora.passage_files(tmp_path)
    assert list(corpora.read_rows(file)) == [row]
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError, match=r"a\.jsonl\.zst is compressed.*pip install 'citaat\[train\]'"):
        list(corpora.read_rows(file))


def test_plain_rows_are_read_without_the_package(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (file,) = corpora.passage_files(corpus)
    assert len(list(corpora.read_rows(file))) == 600


def test_a_folder_without_passages_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nergens"):
        with pytest.raises(InputError, match="holds no passages"):
            corpora.passage_files(folder)
