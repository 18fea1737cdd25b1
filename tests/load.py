"""Load on a server: many connections that each ask again as soon as they are answered, and one that asks whether it is live."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

HEALTH_EVERY = 0.02
"""Seconds between two looks at /health/live."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    seconds: float
    retry_after: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a load, by `questions`, and beside it of `health`."""

    seconds: float
    questions: list[Response]
    health: list[Response]

    @property
    def answered(self) -> list[Response]:
        return [one for one in self.questions if one.status == 200]

    @property
    def refused(self) -> list[Response]:
        return [one for one in self.questions if one.status == 503 and one.retry_after >= 1]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answered) / self.seconds

    def __str__(self) -> str:
        others = len(self.questions) - len(self.answered) - len(self.refused)
        return (
            f"{self.rate:6.1f} answers a second, {_times(self.answered)}; live {_times(self.health)}; "
            f"{len(self.refused)} refused, {_times(self.refused)}; {others} others"
        )


def milliseconds(found: Sequence[Response], quantile: float) -> float:
    """NaN for none."""
    times = sorted(one.seconds for one in found)
    return 1_000 * times[min(len(times) - 1, int(quantile * len(times)))] if times else float("nan")


def _times(found: Sequence[Response]) -> str:
    return (
        "median {:.1f} p99 {:.1f} max {:.1f} ms".format(*(milliseconds(found, one) for one in (0.5, 0.99, 1))) if found else "-"
    )


def measure(port: int, questions: Sequence[str], connections: int, seconds: float, path: str = "/ask") -> Measured:
    """What a server answers to so many connections."""
    return asyncio.run(_measure(port, questions, connections, seconds, path))


async def _measure(port: int, questions: Sequence[str], connections: int, seconds: float, path: str) -> Measured:
    until = time.perf_counter() + seconds
    asking = [_post(path, questions[number % len(questions)]) for number in range(connections)]
    loads = [_ask(port, request, until) for request in asking]
    health, *answers = await asyncio.gather(_ask(port, _LIVE, until, HEALTH_EVERY), *loads)
    return Measured(time.perf_counter() - until + seconds, [one for found in answers for one in found], health)


async def _ask(port: int, request: bytes, until: float, pause: float = 0.0) -> list[Response]:
    """The responses to one request, sent again and again over one connection."""
    found: list[Response] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(_number(rb"content-length: (\d+)", head))
        found.append(Response(int(head[9:12]), time.perf_counter() - began, _number(rb"retry-after: (\d+)", head)))
        await asyncio.sleep(pause)
    writer.close()
    return found


def _number(pattern: bytes, head: bytes) -> int:
    match = re.search(pattern, head)
    return int(match[1]) if match else 0


_LIVE = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"


def _post(path: str, question: str) -> bytes:
    body = json.dumps({"question": question}).encode()
    return (
        f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        + body
    )
