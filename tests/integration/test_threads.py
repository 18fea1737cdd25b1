"""One library, asked by many threads at once: each gets what it would have got alone."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from citaat.chat.conversation import Message, reply
from citaat.chat.replies import Reply
from citaat.library import Library
from citaat.retrieval.model import Model
from citaat.settings import Settings
from citaat.text.analysis import Analyzer

T = TypeVar("T")
THREADS = 4
CONVERSATIONS = (
    ["Wat vindt de partij van kernwapens?"], ["What does the party say about nuclear weapons?"], ["Hoe bak ik een appeltaart?"],
    ["Wat wil de partij met de krijgsmcht?"], ["Moet Wagner op de terreurlijst?", "en Iran?"], ["Hallo!"],
    ["Wat vindt de partij van vluchtelingen?", "waarom?"], ["Is Turkey a member of the European Union?"],
)  # fmt: skip


def together(work: Callable[[int], T]) -> Sequence[T]:
    """What each of four threads makes that begin at the same time; each is told its number."""
    begin = threading.Barrier(THREADS)

    def begun(number: int) -> T:
        begin.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begun, range(THREADS)))


def replies(library: Library, order: Sequence[int]) -> dict[int, Reply]:
    return {at: reply(library, [Message("user", turn) for turn in CONVERSATIONS[at]]) for at in order}


def test_a_library_that_was_never_asked_gives_each_thread_the_answers_that_it_gives_one(
    settings: Settings, shipped: Library
) -> None:
    numbers = list(range(len(CONVERSATIONS)))
    alone = replies(shipped, numbers)
    assert any(one.answer.citations for one in alone.values())
    with Library.open(settings, Model.load(settings)) as library:
        found = together(lambda number: replies(library, numbers[2 * number :] + numbers[: 2 * number]))
        assert found == [alone] * THREADS
        assert together(lambda number: replies(library, numbers)) == [alone] * THREADS


def test_words_have_the_same_terms_whoever_asks_for_them() -> None:
    words = [f"{start}{middle}ingen" for start in "abcdefghijklmnopqrstuvwxyz" for middle in range(500)]
    alone, shared = Analyzer().terms(words), Analyzer()
    assert together(lambda number: shared.terms(words)) == [alone] * THREADS
