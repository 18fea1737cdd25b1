from pathlib import PurePath

import pytest

from citaat.errors import InputError, ParseError
from citaat.parsers import registry


def test_a_suffix_chooses_the_parser_whatever_its_case() -> None:
    assert registry.parser_of(PurePath("a.TXT")) is registry.PARSERS[".txt"]
    assert registry.parser_of(PurePath("a.b.md")) is registry.PARSERS[".md"]


def test_each_parser_is_under_a_suffix_in_lower_case() -> None:
    assert list(registry.PARSERS) == [".txt", ".md"]
    assert all(registry.is_known(PurePath(f"a{suffix}")) for suffix in registry.PARSERS)
    assert not registry.is_known(PurePath("a.odt"))
    assert not registry.is_known(PurePath("txt"))


def test_an_unknown_format_is_a_parse_error_which_is_the_caller_s() -> None:
    with pytest.raises(ParseError, match=r"a\.odt has a format that is not read here. Known: \.txt, \.md\.") as refused:
        registry.parser_of(PurePath("a.odt"))
    assert isinstance(refused.value, InputError)
    assert (refused.value.code, refused.value.status, refused.value.exit_code) == ("unreadable-file", 422, 2)
