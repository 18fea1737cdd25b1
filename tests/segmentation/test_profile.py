import inspect
import re
from dataclasses import FrozenInstanceError, fields

import pytest

from citaat.segmentation.profile import PROFILE, Profile


def test_each_number_has_a_comment_that_says_what_it_is() -> None:
    explained = re.findall(r"^    (\w+): (?:int|float) = [\d_.]+  # \w.+$", inspect.getsource(Profile), re.MULTILINE)
    assert explained == [field.name for field in fields(Profile)]


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(PROFILE, "longest_passage", 1)  # noqa: B010
