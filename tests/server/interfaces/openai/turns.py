"""What OpenAI's clients send and read."""

import json
from typing import Any


def asked(*turns: str, **fields: Any) -> dict[str, Any]:
    """A request of turns by a person and the server in turn."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": turn} for place, turn in enumerate(turns)]} | fields


def chunks(text: str) -> list[dict[str, Any]]:
    """The events of a streamed completion."""
    events = text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
