import ast
import inspect
from dataclasses import FrozenInstanceError, fields

import pytest

from citaat.segmentation import profile
from citaat.segmentation.profile import PROFILE, Profile


def test_each_number_has_a_line_that_says_what_it_is() -> None:
    (made,) = (node for node in ast.parse(inspect.getsource(profile)).body if isinstance(node, ast.ClassDef))
    documented = [
        isinstance(after, ast.Expr)
        for node, after in zip(made.body, made.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign)
    ]
    assert documented == [True] * len(fields(Profile))


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(PROFILE, "longest_passage", 1)  # noqa: B010
