from pathlib import Path

import pytest
from citaat import parsers as readers
from citaat.errors import InputError, ReaderError
from citaat.segmentation.passages import split


def text_of(path: Path) -> str:
    (file,) = readers.find([path])
    return readers.read(file)[0].text


def test_line_ends_stay_and_the_byte_order_mark_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfEen.\r\nTwee.\r\n")
    assert text_of(path) == "Een.\r\nTwee.\r\n"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"een\ntw\xe9e\n", "a.txt is not UTF-8: byte 6, on line 2"),
        (b"een\n\x00twee", "NUL character on line 2"),
        (b"%PDF-1.7\n%\xb5", "is a PDF file under another name"),
        (b" \n\n", "empty"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_the_place(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(ReaderError, match=says):
        text_of(path)


def test_an_empty_folder_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file") as empty:
        readers.find([tmp_path])
    assert empty.value.code == "empty-folder"
    with pytest.raises(InputError, match="does not exist"):
        readers.find([tmp_path / "nergens"])


def test_what_is_hidden_below_a_folder_is_left_out_and_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    root = tmp_path / ".teksten"
    for name in ("a.txt", ".b.txt", ".git/c.txt", ".git/sub/deep/d.txt", "sub/e.txt", ".git/sub/deep/f.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Een.")
    assert [file.id for file in readers.find([root])] == ["a", "e"]
    assert readers.left_out([root]) == []


def test_a_folder_of_readme_files_alone_says_that_they_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Over deze map.")
    with pytest.raises(InputError, match="README files and hidden ones are left out; name such a file itself"):
        readers.find([tmp_path])
    assert text_of(tmp_path / "README.md") == "Over deze map."


def test_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_bytes(b"PK")
    with pytest.raises(ReaderError, match=r"a\.odt has a format that is not read here. Known: \.txt, \.md"):
        readers.find([tmp_path / "a.odt"])


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("Een.")
    (tmp_path / "a-b.md").write_text("Twee.")
    with pytest.raises(InputError, match="both be document 'a-b'"):
        readers.find([tmp_path])


def test_the_catalogue_gives_titles_and_readme_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Een.")
    (tmp_path / "README.md").write_text("Over deze map.")
    (tmp_path / "sources.toml").write_text('["a.txt"]\ntitle = "Het stuk"\nyear = 2023\n')
    (file,) = readers.find([tmp_path])
    assert (file.id, file.source.title, file.source.year, file.source.publisher) == ("a", "Het stuk", "2023", "")


def test_a_text_whose_language_nobody_told_has_that_of_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("We support the plan of Gov. Smith. It is good for all of us.")
    (tmp_path / "wonen.txt").write_text("De huur van het huis gaat omlaag.")
    (tmp_path / "getal.txt").write_text("12345")
    (tmp_path / "zorg.txt").write_text("The care of the old.")
    (tmp_path / "sources.toml").write_text('["zorg.txt"]\nlanguage = "nl"\n')
    found = {file.id: readers.read(file)[0] for file in readers.find([tmp_path])}
    assert {key: document.source.language for key, document in found.items()} == {
        "plan": "en", "wonen": "nl", "getal": "", "zorg": "nl"
    }  # fmt: skip
    assert len(split(found["plan"]).passages[0].sentences) == 2


@pytest.mark.parametrize(
    ("text", "told"), [("[a.txt\n", "not valid TOML"), ("a = " + "[" * 5_000 + "]" * 5_000, "nests its values too deeply")]
)
def test_a_broken_catalogue_is_reported(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.txt").write_text("Een.")
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(ReaderError, match=told):
        readers.find([tmp_path])


def test_every_unreadable_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Goed.")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    (tmp_path / "c.txt").write_text(" ")
    with pytest.raises(ReaderError, match=r"b\.txt is not UTF-8.*\n.*c\.txt is empty"):
        readers.refuse_unreadable(readers.find([tmp_path]))
