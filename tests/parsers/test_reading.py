import hashlib
from pathlib import Path

import pytest

from citaat.errors import ParseError
from citaat.parsers import discovery, reading
from citaat.segmentation.passages import split
from tests.parsers.files import document_of


def test_a_text_whose_language_nobody_told_has_that_of_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("We support the plan of Gov. Smith. It is good for all of us.")
    (tmp_path / "wonen.txt").write_text("De huur van het huis gaat omlaag.")
    (tmp_path / "getal.txt").write_text("12345")
    (tmp_path / "zorg.txt").write_text("The care of the old.")
    (tmp_path / "sources.toml").write_text('["zorg.txt"]\nlanguage = "nl"\n')
    found = {file.id: reading.read(file)[0] for file in discovery.find([tmp_path])}
    assert {key: document.source.language for key, document in found.items()} == {
        "plan": "en", "wonen": "nl", "getal": "", "zorg": "nl"
    }  # fmt: skip
    assert len(split(found["plan"]).passages[0].sentences) == 2


def test_the_origin_of_a_document_is_its_file_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "Een Stuk.txt"
    path.write_bytes(raw := b"\xef\xbb\xbfEen.\r\n")
    (file,) = discovery.find([path])
    document, origin = reading.read(file)
    assert (document.id, document.text) == ("een-stuk", "Een.\r\n")
    assert (origin.path, origin.size) == (str(path.resolve()), len(raw))
    assert (origin.modified, origin.sha256) == (path.stat().st_mtime_ns, hashlib.sha256(raw).hexdigest())


def test_a_file_that_was_removed_after_it_was_found_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Een.")
    (file,) = discovery.find([path])
    path.unlink()
    with pytest.raises(ParseError, match=r"a\.txt cannot be opened: No such file"):
        reading.read(file)


def test_every_unreadable_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Goed.")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    (tmp_path / "c.txt").write_text(" ")
    with pytest.raises(ParseError, match=r"b\.txt is not UTF-8.*\n.*c\.txt is empty"):
        reading.refuse_unreadable(discovery.find([tmp_path]))


def test_readable_files_are_not_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Goed")
    reading.refuse_unreadable(discovery.find([tmp_path]))
    assert document_of(tmp_path).text == "# Goed"
