import json

from hypothesis import given
from hypothesis import strategies as st

from citaat.server import events


@given(st.dictionaries(st.text(max_size=5), st.text() | st.none(), max_size=3))
def test_an_event_is_one_line_of_data_whatever_it_holds(data: dict[str, str | None]) -> None:
    written = events.event(data)
    assert written.startswith("data: ")
    assert written.endswith("\n\n")
    assert "\n" not in written[:-2]
    assert "\r" not in written
    assert json.loads(written.removeprefix("data: ")) == data


def test_an_event_with_a_name_says_it_first_and_letters_stay_letters() -> None:
    assert events.event({"quote": "één 🐟"}, "citation") == 'event: citation\ndata: {"quote": "één 🐟"}\n\n'


def test_a_stream_is_sent_at_once_and_never_kept() -> None:
    response = events.stream([events.event({"a": 1}), events.event({"b": 2})])
    assert response.body == b'data: {"a": 1}\n\ndata: {"b": 2}\n\n'
    assert response.headers["content-type"].startswith("text/event-stream")
    assert (response.headers["cache-control"], response.headers["x-accel-buffering"]) == ("no-store", "no")
