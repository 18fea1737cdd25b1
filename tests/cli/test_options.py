import pytest

from citaat.cli.options import counted, refuse_ignored
from citaat.errors import InputError


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_a_number_of_things_is_said_in_good_english(count: int, said: str) -> None:
    assert counted(count, "file") == said


def test_options_that_would_be_ignored_are_refused_by_name() -> None:
    refuse_ignored({"--a": None, "--b": False, "--c": (), "--d": ""}, "No.")
    with pytest.raises(InputError, match=r"^Because\. Leave out --a and --c\.$") as raised:
        refuse_ignored({"--a": 1, "--b": None, "--c": True}, "Because.")
    assert raised.value.code == "ignored-option"
