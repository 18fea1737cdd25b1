"""Calls that come while others are computed are computed together next."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Combined(Generic[_T, _R]):
    """A function of one item, for any number of threads, by a function of several.

    One thread computes at a time, for itself and for all that wait: the flat combining of Hendler et al. 2010.

    Args:
        compute: gives as many results as it is given items; what it raises is raised in all the threads that waited for it.
    """

    def __init__(self, compute: Callable[[Sequence[_T]], Iterable[_R]]) -> None:
        self._compute = compute
        self._waiting: deque[tuple[_T, Future[_R]]] = deque()
        self._turn = threading.Lock()

    def __call__(self, item: _T) -> _R:
        mine: Future[_R] = Future()
        self._waiting.append((item, mine))
        with self._turn:
            if not mine.done():
                self._answer([self._waiting.popleft() for _ in range(len(self._waiting))])
        return mine.result()

    def _answer(self, waiting: Sequence[tuple[_T, Future[_R]]]) -> None:
        try:
            results = self._compute([item for item, _ in waiting])
        except Exception as error:
            for _, future in waiting:
                future.set_exception(error)
        else:
            for (_, future), result in zip(waiting, results, strict=True):
                future.set_result(result)
