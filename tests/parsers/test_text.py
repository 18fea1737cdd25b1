from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.errors import ParseError
from citaat.parsers.text import parse_text
from tests.parsers.files import text_of


def test_line_ends_stay_and_the_byte_order_mark_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfEen.\r\nTwee.\r\n")
    assert text_of(path) == "Een.\r\nTwee.\r\n"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"een\ntw\xe9e\n", "a.txt is not UTF-8: byte 6, on line 2"),
        (b"\xef\xbb\xbfeen\ntw\xe9e\n", "a.txt is not UTF-8: byte 9, on line 2"),
        (b"een\n\x00twee", "NUL character on line 2"),
        (b"%PDF-1.7\n%\xb5", "is a PDF file under another name"),
        (b" \n\n", "empty"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_the_place(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(ParseError, match=says):
        text_of(path)


def test_the_canonical_text_of_markdown_is_its_source(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf# Kop\r\n\r\n* **Een** [punt](x).")
    assert text_of(path) == "# Kop\r\n\r\n* **Een** [punt](x)."


def test_markdown_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff")
    with pytest.raises(ParseError, match=r"a\.md is not UTF-8"):
        text_of(tmp_path / "a.md")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")).filter(lambda text: bool(text.strip())))
def test_text_is_the_bytes_decoded(text: str) -> None:
    if not text.startswith("%PDF-"):
        assert parse_text(text.encode(), "a.txt") == text
