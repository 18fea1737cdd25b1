import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from citaat import reports
from citaat.encoders.loading import load
from citaat.errors import InputError
from citaat.evaluation import evaluation
from citaat.evaluation.evaluation import QuestionSet, auroc
from citaat.retrieval.model import load_background, load_ranker
from citaat.retrieval.search import Search
from citaat.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.fakes import HashEncoder

CORPUS = [
    {"_id": "a", "text": "Kernwapens moeten de wereld uit."},
    {"_id": "b", "title": "Wonen", "text": "De huur gaat omlaag."},
    {"_id": "c", "text": "Vredesmissies in VN-kader."},
]
QUERIES = [{"_id": "1", "text": "huur verlagen"}, {"_id": "2", "text": "kernwapens"}, {"_id": "3", "text": "niet beoordeeld"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "proef"
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)))
    (made / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)))
    (made / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n2\ta\t1\n2\tc\t0\n")
    return made


def test_the_figures_of_a_small_set_are_those_on_paper() -> None:
    questions = QuestionSet(
        "p", [{"id": name} for name in "abcd"], {"1": "", "2": ""}, {"1": {"b": 1.0, "d": 1.0}, "2": {"c": 1.0}}, {}
    )
    figures, gains = evaluation._figures([np.array([0, 1, 2, 3]), np.array([0, 1])], questions)
    ndcg = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    assert gains.tolist() == pytest.approx([ndcg, 0])
    assert figures["ndcg@10"] == pytest.approx(ndcg / 2, abs=1e-4)
    assert (figures["mrr@10"], figures["recall@5"], figures["hit@1"], figures["n"]) == (0.25, 0.5, 0.0, 2)
    low, high = figures["ndcg@10_ci"]
    assert low <= figures["ndcg@10"] <= high


def test_a_folder_in_beir_layout_is_measured_side_by_side(folder: Path, settings: Settings) -> None:
    figures = reports.of_sets([folder], None, load(settings.model), load_ranker(settings.model), load_background(settings.model))
    systems = figures["sets"]["proef"]
    assert list(systems) == ["bm25", "lexicon", "dense", "product"]
    assert systems["product"]["hit@1"] == 1.0
    assert all(figure["n"] == 2 and figure["ms_per_question"] > 0 for figure in systems.values())
    assert "product - lexicon" in reports.table(figures)


def test_dense_ranks_the_nearest_by_vector_alone_and_lexicon_reads_the_mended_question(settings: Settings) -> None:
    corpus = [{"id": str(row), "title": "", "text": f"De huur in wijk {row} gaat omlaag."} for row in range(150)]
    corpus[140]["text"] = "Kernwapens moeten heel anders dan elders verdwijnen."
    ranker = load_ranker(settings.model)
    with evaluation.indexed(corpus, model := HashEncoder()) as store:
        search = Search(store, model, load_background(settings.model))
        systems = evaluation._systems(search, ranker, corpus)
        question = "Hoe gaat de huur omlaag zonder kernwapnes?"
        query = search.query(question)
        nearest = np.argsort(-search.dense(query), kind="stable")[:100]
        sentences = np.vecdot(store.sentence_vectors.astype(np.float32), query.vector)
        scores = ranker.weights[0] * search.dense(query)[nearest] + ranker.weights[1] * sentences[nearest]
        assert 140 not in nearest
        assert systems["dense"](question)[0] == nearest[scores.argmax()]
        assert sorted(systems["dense"](question)) == sorted(nearest)
        assert systems["lexicon"]("kernwapnes")[0] == 140


def test_several_sets_have_a_mean_and_their_passages_are_encoded_once(folder: Path, settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "ander"
    shutil.copytree(folder, other)
    model = HashEncoder()
    figures = reports.of_sets(
        [folder, other], None, model, load_ranker(settings.model), load_background(settings.model), mistyped=True
    )
    sets = figures["sets"]
    assert list(sets) == ["proef", "proef mistyped", "ander", "ander mistyped"]
    assert model.encoded.count("De huur gaat omlaag.") == 2 * len(("passage", "its sentence"))
    assert figures["mean"]["product"]["ndcg@10"] == pytest.approx(
        (sets["proef"]["product"]["ndcg@10"] + sets["ander"]["product"]["ndcg@10"]) / 2, abs=1e-4
    )
    assert reports.table(figures).count("mean ") == len(figures["mean"])


def test_two_folders_of_one_name_are_refused(folder: Path, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "proef").symlink_to(folder)
    copy = tmp_path / "y" / "proef"
    copy.mkdir(parents=True)
    for path in folder.iterdir():
        (copy / path.name).symlink_to(path)
    with pytest.raises(InputError, match="same name"):
        reports.of_sets([folder, copy], None, load(settings.model), load_ranker(settings.model), load_background(settings.model))


def test_questions_over_documents_are_measured_by_language_and_kind(settings: Settings) -> None:
    figures = reports.of_questions([ROOT / "tests/questions/seed.jsonl"], [settings.data], settings)
    assert list(figures) == ["product", "by_lang", "by_kind"]
    assert (figures["product"]["n"], figures["by_kind"]["far"]["n"], figures["by_lang"]["en"]["n"]) == (21, 4, 4)
    assert figures["by_kind"]["far"]["hit@1"] is None
    assert figures["by_kind"]["plain"]["false_answer_rate"] is None
    assert figures["by_kind"]["plain"]["hit@1"] == 1.0


SCORES = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=20)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_order(positive: list[float], negative: list[float]) -> None:
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in positive for n in negative]
    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)


@pytest.mark.parametrize(("name", "text"), [("corpus.jsonl", ""), ("queries.jsonl", ""), ("qrels/test.tsv", "q\tc\ts\n")])
def test_a_broken_set_is_refused(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(InputError):
        evaluation.read_set(folder)


@pytest.mark.parametrize("line", ["{", "[]", "5", "[" * 100_000 + "]" * 100_000])
def test_a_line_that_is_no_object_is_refused_with_its_number(folder: Path, line: str) -> None:
    (folder / "queries.jsonl").write_text(f'{{"_id": "1", "text": "Huur?"}}\n\n{line}\n')
    with pytest.raises(InputError, match=r"queries\.jsonl, line 3: this is not a JSON object") as raised:
        evaluation.read_set(folder)
    assert len(str(raised.value)) < len(str(folder)) + 100


def test_a_row_without_an_id_is_refused_with_its_file(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text('{"text": "geen id"}')
    with pytest.raises(InputError, match=r"corpus\.jsonl holds a row with neither"):
        evaluation.read_set(folder)


@pytest.mark.parametrize("row", ["2\ta\teen", "2\ta\tinf", "2\ta\tnan", "2 a 1"])
def test_a_judgement_that_is_no_number_is_refused_with_its_line(folder: Path, row: str) -> None:
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n1\tb\t1\n\n{row}\n")
    with pytest.raises(InputError, match=r"test\.tsv, line 4: .* a number"):
        evaluation.read_set(folder)


def test_judgements_that_are_no_utf_8_are_refused(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_bytes(b"q\tc\ts\n\xff\tb\t1\n")
    with pytest.raises(InputError, match=r"test\.tsv cannot be read"):
        evaluation.read_set(folder)


def test_a_line_ends_at_its_line_feed_alone(folder: Path) -> None:
    odd = "b\u2028\u0085\x0c"
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": odd, "text": "De huur gaat omlaag."}))
    (folder / "qrels" / "test.tsv").write_bytes(f"query-id\tcorpus-id\tscore\r\n1\t{odd}\t1\r\n".encode())
    assert evaluation.read_set(folder).relevant == {"1": {odd: 1.0}}
