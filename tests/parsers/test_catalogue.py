from pathlib import Path

import pytest

from citaat.domain import Source
from citaat.errors import ParseError
from citaat.parsers import discovery
from citaat.parsers.catalogue import sources_in


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
