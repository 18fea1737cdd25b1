"""The queue by itself, with work that a test holds up as long as it likes; with a server before it in test_busy.py."""

import itertools
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import anyio
import pytest
from anyio import to_thread
from starlette.requests import Request
from starlette.types import Message

from citaat.errors import BusyError
from citaat.server import queue as module
from citaat.server.queue import ClientGoneError, WorkQueue

FOREVER = 1_000.0


async def waits_on() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


async def has_left() -> Message:
    return {"type": "http.disconnect"}


def request(receive: Callable[[], Awaitable[Message]] = waits_on) -> Request:
    return Request({"type": "http"}, receive)


class Held:
    """Work that is begun and then held up until the test lets it go on."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        self.may_end.wait()


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is two seconds later whenever it is looked at, so that all work takes two seconds."""
    ticks = itertools.count(0, 2)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(module, "_REMEMBERED", 1)
    monkeypatch.setattr(module, "_REFUSED_WITHIN", 0.0)


async def until_waiting(queue: WorkQueue, count: int) -> None:
    while queue._waiting < count:
        await anyio.sleep(0)


def test_work_is_done_in_a_thread_and_its_result_comes_back() -> None:
    found = anyio.run(WorkQueue(1, FOREVER).run, request(), threading.get_ident)
    assert found != threading.get_ident()


def test_what_is_raised_in_the_thread_is_raised_and_the_thread_is_free_again() -> None:
    async def main() -> None:
        queue = WorkQueue(1, 0.0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await queue.run(request(), lambda: 1 // 0)
        assert await queue.run(request(), lambda: "next") == "next"

    anyio.run(main)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_as_many_compute_at_once_as_there_are_threads_and_one_more_waits(threads: int) -> None:
    async def main() -> None:
        queue, together, last = WorkQueue(threads, FOREVER), [Held() for _ in range(threads)], Held()
        async with anyio.create_task_group() as group:
            for held in [*together, last]:
                group.start_soon(queue.run, request(), held)
            for held in together:
                await to_thread.run_sync(held.begun.wait)
            assert queue._waiting == 1
            assert not last.begun.is_set()
            together[-1].may_end.set()
            await to_thread.run_sync(last.begun.wait)
            for held in [*together, last]:
                held.may_end.set()

    anyio.run(main)


def test_who_came_first_is_served_first() -> None:
    served: list[int] = []

    async def main() -> None:
        queue, first = WorkQueue(1, FOREVER), Held()
        async with anyio.create_task_group() as group:
            group.start_soon(queue.run, request(), first)
            for number in range(5):
                await until_waiting(queue, number)
                group.start_soon(queue.run, request(), lambda number=number: served.append(number))
            await until_waiting(queue, 5)
            first.may_end.set()

    anyio.run(main)
    assert served == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("slow_clock")
@pytest.mark.parametrize(("threads", "waiting", "seconds"), [(1, 0, 2), (1, 1, 4), (1, 3, 8), (2, 0, 1), (2, 2, 3), (4, 0, 1)])
def test_what_would_wait_too_long_is_refused_at_once_with_the_time_it_would_wait(
    threads: int, waiting: int, seconds: int
) -> None:
    """`seconds` are (waiting + 1) * 2 / threads, in whole seconds."""

    async def main() -> None:
        queue, held = WorkQueue(threads, FOREVER), Held()
        await queue.run(request(), lambda: None)
        async with anyio.create_task_group() as group:
            for _ in range(threads + waiting):
                group.start_soon(queue.run, request(), held)
            await until_waiting(queue, waiting)
            await to_thread.run_sync(held.begun.wait)
            expected = (waiting + 1) * 2 / threads
            queue._max_wait = expected
            await queue.refuse_if_full()
            queue._max_wait = expected - 0.01
            with pytest.raises(BusyError, match=f"Ask again in {seconds} s") as error:
                await queue.run(request(), held)
            assert error.value.retry_after == seconds
            held.may_end.set()

    anyio.run(main)


@pytest.mark.usefixtures("slow_clock")
def test_with_a_free_thread_nothing_is_refused_however_slow_it_was() -> None:
    async def main() -> None:
        queue = WorkQueue(1, 0.0)
        assert [await queue.run(request(), lambda: "done") for _ in range(3)] == ["done"] * 3

    anyio.run(main)


def test_what_did_wait_too_long_is_refused_then_and_never_begun() -> None:
    async def main() -> None:
        queue, held, late = WorkQueue(1, 0.01), Held(), Held()
        async with anyio.create_task_group() as group:
            group.start_soon(queue.run, request(), held)
            await to_thread.run_sync(held.begun.wait)
            with pytest.raises(BusyError) as error:
                await queue.run(request(), late)
            assert error.value.retry_after == 1
            held.may_end.set()
        assert not late.begun.is_set()
        assert await queue.run(request(), lambda: "next") == "next"

    anyio.run(main)


def test_the_work_of_a_client_that_is_gone_is_not_begun() -> None:
    begun: list[str] = []

    async def main() -> None:
        queue = WorkQueue(1, 0.0)
        with pytest.raises(ClientGoneError):
            await queue.run(request(has_left), lambda: begun.append("gone"))
        await queue.run(request(), lambda: begun.append("here"))

    anyio.run(main)
    assert begun == ["here"]


def test_a_request_that_is_cancelled_while_it_waits_leaves_its_place_to_the_next() -> None:
    async def main() -> None:
        queue, held, cancelled, last = WorkQueue(1, FOREVER), Held(), Held(), Held()
        async with anyio.create_task_group() as group, anyio.create_task_group() as leaving:
            group.start_soon(queue.run, request(), held)
            await to_thread.run_sync(held.begun.wait)
            leaving.start_soon(queue.run, request(), cancelled)
            await until_waiting(queue, 1)
            group.start_soon(queue.run, request(), last)
            await until_waiting(queue, 2)
            leaving.cancel_scope.cancel()
            last.may_end.set()
            held.may_end.set()
        assert last.begun.is_set()
        assert not cancelled.begun.is_set()
        assert queue._waiting == 0

    anyio.run(main)


def test_refusals_are_spaced_so_that_a_flood_of_them_leaves_time_for_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def main() -> None:
        queue, held = WorkQueue(1, FOREVER), Held()
        await queue.run(request(), lambda: None)
        async with anyio.create_task_group() as group:
            group.start_soon(queue.run, request(), held)
            await to_thread.run_sync(held.begun.wait)
            queue._max_wait = 0.0
            monkeypatch.setattr(module, "anyio", SimpleNamespace(sleep=sleep))
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 10_000.0))
            for _ in range(1_000):
                with pytest.raises(BusyError):
                    await queue.refuse_if_full()
            monkeypatch.undo()
            held.may_end.set()

    anyio.run(main)
    assert slept[0] == 0.0
    assert slept[1:4] == pytest.approx([0.002, 0.004, 0.006])
    assert max(slept) == slept[-1] == 1.0
