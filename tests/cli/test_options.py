import pytest

from citaat.cli.options import refuse_ignored
from citaat.errors import InputError


def test_options_that_would_be_ignored_are_refused_by_name() -> None:
    refuse_ignored({"--a": None, "--b": False, "--c": (), "--d": ""}, "No.")
    with pytest.raises(InputError, match=r"^Because\. Leave out --a and --c\.$") as raised:
        refuse_ignored({"--a": 1, "--b": None, "--c": True}, "Because.")
    assert raised.value.code == "ignored-option"
