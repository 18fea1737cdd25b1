"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "text/event-stream"


def event(data: dict[str, Any], name: str = "") -> str:
    """One event; JSON keeps to one line, as an event's data must."""
    return (f"event: {name}\n" if name else "") + f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def stream(events: Iterable[str]) -> Response:
    """A response of events. They are ready together, since a reply takes milliseconds, so they are sent together."""
    return Response("".join(events), media_type=MEDIA_TYPE, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
