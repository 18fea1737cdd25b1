import pytest

from citaat.errors import ParseError
from citaat.parsers.markdown import parse_markdown


def test_the_canonical_text_of_markdown_is_its_source() -> None:
    assert parse_markdown(b"\xef\xbb\xbf# Kop\r\n\r\n* **Een** [punt](x).", "a.md") == "# Kop\r\n\r\n* **Een** [punt](x)."


def test_markdown_that_is_no_text_is_refused_by_name() -> None:
    with pytest.raises(ParseError, match=r"a\.md is not UTF-8"):
        parse_markdown(b"\xff", "a.md")
