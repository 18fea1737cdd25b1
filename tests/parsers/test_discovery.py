from pathlib import Path

import pytest

from citaat.domain import Source
from citaat.errors import InputError, ParseError
from citaat.parsers import discovery
from citaat.parsers.discovery import sources_in
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


def test_the_catalogue_gives_titles_and_readme_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Een.")
    (tmp_path / "README.md").write_text("Over deze map.")
    (tmp_path / "sources.toml").write_text('["a.txt"]\ntitle = "Het stuk"\nyear = 2023\n')
    (file,) = discovery.find([tmp_path])
    assert (file.id, file.source.title, file.source.year, file.source.publisher) == ("a", "Het stuk", "2023", "")


def test_a_file_without_a_title_is_called_by_its_name_and_what_is_unknown_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('version = 1\n["a.txt"]\npublisher = "De Partij"\ncolour = "red"\n')
    assert sources_in(tmp_path) == {"a.txt": Source("a.txt", publisher="De Partij")}


def test_a_folder_without_a_catalogue_tells_nothing(tmp_path: Path) -> None:
    assert sources_in(tmp_path) == {}


def test_each_folder_has_its_own_catalogue(tmp_path: Path) -> None:
    for name in ("een", "twee"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text("Een.")
        (tmp_path / name / "sources.toml").write_text(f'["{name}.txt"]\ntitle = "Titel {name}"\n')
    assert [file.source.title for file in discovery.find([tmp_path])] == ["Titel een", "Titel twee"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"[a.txt\n", "not valid TOML"),
        (b'a = "\xff"\n', "not valid TOML"),
        (b"a = " + b"[" * 5_000 + b"]" * 5_000, "nests its values too deeply"),
    ],
)
def test_a_broken_catalogue_is_reported(tmp_path: Path, raw: bytes, told: str) -> None:
    (tmp_path / "a.txt").write_text("Een.")
    (tmp_path / "sources.toml").write_bytes(raw)
    with pytest.raises(ParseError, match=told):
        discovery.find([tmp_path])


def test_a_catalogue_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources.toml").write_text("")

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ParseError, match=r"sources\.toml cannot be opened: Permission denied\.$"):
        sources_in(tmp_path)
