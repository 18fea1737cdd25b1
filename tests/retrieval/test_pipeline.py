from pathlib import Path

import numpy as np

from citaat.retrieval import candidates, highlights, model, ranking
from tests.fakes import HashEncoder, fake_model, loose_dataclasses, stored

CATALOGUE = '["a.txt"]\npublisher = "VVD"\n'


def test_texts_become_queries_by_one_call_of_the_encoder(tmp_path: Path) -> None:
    encoder = HashEncoder()
    with stored(tmp_path, {"a.txt": "De huur daalt."}) as store:
        found = fake_model(encoder).pipeline(store).plain_queries(["Daalt de huur?", "Blijft de zorg?"])
    assert encoder.encoded == ["Daalt de huur?", "Blijft de zorg?"]
    assert [one.text for one in found] == encoder.encoded
    np.testing.assert_array_equal(found[1].vector, HashEncoder().encode(["Blijft de zorg?"], "question").vectors[0])


def test_what_retrieval_passes_on_cannot_be_changed() -> None:
    assert loose_dataclasses(candidates, highlights, model, ranking) == []


def test_no_publishers_are_sought_in_a_plain_query(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur daalt.", "b.txt": "De zorg blijft.", "sources.toml": CATALOGUE}) as store:
        (found,) = fake_model().pipeline(store).plain_queries(["Wat wil de VVD met de huur?"])
        assert store.document("a").source.publisher == "VVD"
    assert (found.documents, found.publishers, found.alternative) == (None, (), None)
    assert found.text == "Wat wil de VVD met de huur?"


def test_a_pipeline_searches_its_store(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur daalt."}) as store:
        found = fake_model().pipeline(store)
        assert found.store is found.search.store is store
