"""Calls that wait for each other are computed together, and each gets its own result."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from citaat.encoders.combining import Combined


class _Held:
    """Squares numbers; the first call goes on only when it is let."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.let = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.begun.set()
        assert self.let.wait(10)
        if 13 in items:
            raise ValueError("thirteen")
        return [item**2 for item in items]


def _asked_while_held(held: _Held, pool: ThreadPoolExecutor, items: Sequence[int]) -> list[object]:
    """What each item got, when the first was being computed while the others came."""
    combined = Combined(held)
    first = pool.submit(combined, items[0])
    assert held.begun.wait(10)
    others = [pool.submit(combined, item) for item in items[1:]]
    while len(combined._waiting) < len(others):
        threading.Event().wait(0.001)
    held.let.set()
    return [future.exception(10) or future.result() for future in (first, *others)]


def test_those_that_come_meanwhile_are_computed_in_one_call() -> None:
    held = _Held()
    with ThreadPoolExecutor(8) as pool:
        assert _asked_while_held(held, pool, range(2, 8)) == [4, 9, 16, 25, 36, 49]
    assert held.calls[0] == [2]
    assert [sorted(call) for call in held.calls[1:]] == [[3, 4, 5, 6, 7]]


def test_what_fails_fails_for_those_that_waited_for_it_and_no_other() -> None:
    held = _Held()
    with ThreadPoolExecutor(8) as pool:
        first, *others = _asked_while_held(held, pool, [2, 13, 5])
    assert first == 4
    assert [str(error) for error in others] == ["thirteen", "thirteen"]


_inverse: Combined[int, int] = Combined(lambda items: [1 // item for item in items])


def test_one_alone_gets_what_it_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        _inverse(0)
    assert _inverse(1) == 1
