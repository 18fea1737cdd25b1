from citaat.store import protocol
from citaat.store.embedded import inverted_index, manifest
from citaat.store.protocol import EVERYTHING, Filter
from tests.fakes import loose_dataclasses


def test_what_a_store_gives_cannot_be_changed() -> None:
    assert loose_dataclasses(protocol, inverted_index, manifest) == []


def test_a_filter_lets_everything_through_unless_it_names_something() -> None:
    assert Filter() == EVERYTHING == Filter(None, b"")
