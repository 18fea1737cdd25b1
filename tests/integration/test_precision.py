"""The vectors of the encoder that ships beside those of sentence-transformers in float32, whatever the processor computes in."""

import numpy as np
import pytest

from citaat.encoders.loading import load
from citaat.encoders.transformer import TransformerEncoder
from citaat.evaluation.reports import question_set_report
from citaat.library import Library
from citaat.retrieval.model import Model
from citaat.settings import Settings, shipped_model
from tests.conftest import SHARED
from tests.integration.conftest import LAWS

ZORGSTEMWIJZER = SHARED / "eval" / "zorgstemwijzer_2021"


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> TransformerEncoder:
    """The encoder that ships, in the precision that is fastest here."""
    monkeypatch.delenv("CITAAT_PRECISION")
    loaded = load(str(shipped_model()))
    assert isinstance(loaded, TransformerEncoder)
    return loaded


def test_passages_and_questions_keep_a_cosine_of_998_with_float32(fast: TransformerEncoder, laws: Library) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(shipped_model()), device="cpu").float()
    texts = [laws.text(document.id) for document in laws.documents()]
    passages = [" ".join(part.split()) for text in texts for part in text.split("\n\n") if len(part) > 80][::4]
    questions = [f"Wat geldt er voor {passage[20:60]}?" for passage in passages]
    for found, expected in (
        (fast.encode_passages([[passage] for passage in passages]).passages, theirs.encode_document(passages)),
        (fast.encode(questions, "question").vectors, theirs.encode_query(questions)),
    ):
        assert len(found) == len(passages) > 70
        assert np.vecdot(found, expected).min() >= 0.998


@pytest.mark.skipif(not ZORGSTEMWIJZER.is_dir(), reason="needs the development sets beside the project")
def test_a_development_set_ranks_as_in_float32(fast: TransformerEncoder) -> None:
    model = Model.load(Settings(LAWS, str(shipped_model()), LAWS, ""))
    figures = question_set_report([ZORGSTEMWIJZER], None, model)["sets"]["zorgstemwijzer_2021"]
    assert figures["product"]["ndcg@10"] == pytest.approx(0.855, abs=0.003)
    assert figures["dense"]["ndcg@10"] == pytest.approx(0.859, abs=0.003)
