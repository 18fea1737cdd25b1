from pathlib import Path

import pytest

from citaat.errors import InputError, ParseError
from citaat.parsers import discovery
from tests.parsers.files import text_of


def test_an_empty_folder_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file") as empty:
        discovery.find([tmp_path])
    assert empty.value.code == "empty-folder"
    with pytest.raises(InputError, match="does not exist") as missing:
        discovery.find([tmp_path / "nergens"])
    assert missing.value.code == "unknown-path"


def test_what_is_hidden_below_a_folder_is_left_out_and_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    root = tmp_path / ".teksten"
    for name in ("a.txt", ".b.txt", ".git/c.txt", ".git/sub/deep/d.txt", "sub/e.txt", ".git/sub/deep/f.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Een.")
    assert [file.id for file in discovery.find([root])] == ["a", "e"]
    assert discovery.left_out([root]) == []


def test_files_of_an_unknown_format_in_a_folder_are_told_and_the_catalogue_is_none(tmp_path: Path) -> None:
    for name in ("b.odt", "a.pdf", "c.txt", "sources.toml", "README.rst"):
        (tmp_path / name).write_text("")
    assert discovery.left_out([tmp_path, tmp_path / "b.odt"]) == [tmp_path / "a.pdf", tmp_path / "b.odt"]


def test_a_folder_of_readme_files_alone_says_that_they_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Over deze map.")
    with pytest.raises(InputError, match="README files and hidden ones are left out; name such a file itself"):
        discovery.find([tmp_path])
    assert text_of(tmp_path / "README.md") == "Over deze map."


def test_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_bytes(b"PK")
    with pytest.raises(ParseError, match=r"a\.odt has a format that is not read here. Known: \.txt, \.md"):
        discovery.find([tmp_path / "a.odt"])


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("Een.")
    (tmp_path / "a-b.md").write_text("Twee.")
    with pytest.raises(InputError, match="both be document 'a-b'") as refused:
        discovery.find([tmp_path])
    assert refused.value.code == "duplicate-document"


def test_a_file_that_two_paths_name_is_found_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Een.")
    (file,) = discovery.find([tmp_path / "a.txt", tmp_path])
    assert (file.path, file.size, file.source.title) == ((tmp_path / "a.txt").resolve(), 4, "a")


@pytest.mark.parametrize(("name", "expected"), [("Één Stuk (2).txt", "een-stuk-2"), ("日本.txt", "document"), ("--A--.md", "a")])
def test_an_id_is_made_of_the_letters_and_digits_of_the_file_name(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / name).write_text("Een.")
    assert [file.id for file in discovery.find([tmp_path])] == [expected]
