import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from citaat.encoders.protocol import Encoder
from citaat.evaluation import corpora, question_sets, reports
from citaat.store.embedded.store import EmbeddedStore
from tests.cli.conftest import TEXT, Run
from tests.evaluation.beir import write_set
from tests.fakes import word_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "proef")


def figures(run: Run, *arguments: str | Path) -> dict[str, Any]:
    result = run("eval", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_sets_are_measured_as_a_table_or_as_json(run: Run, folder: Path) -> None:
    header, *lines = run("eval", folder).stdout.splitlines()
    assert header.split()[:2] == ["ndcg@10", "mrr@10"]
    systems = ("bm25", "lexicon", "dense", "product", "product")
    assert [line.split()[:2] for line in lines] == [["proef", name] for name in systems]
    assert list(figures(run, folder)["sets"]) == ["proef"]
    assert list(figures(run, folder, "--mistyped")["sets"]) == ["proef", "proef mistyped"]


def test_passages_that_were_learned_are_left_out(run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = question_sets.read_set(folder)
    others = {row["id"] for row in own.corpus}.difference(*own.relevant.values())
    (tmp_path / "learned.jsonl").write_text("".join(json.dumps({"id": row["id"]}) + "\n" for row in own.corpus), "utf-8")
    sizes: list[int] = []

    def counted(corpus: Sequence[Mapping[str, str]], encoder: Encoder) -> AbstractContextManager[EmbeddedStore]:
        sizes.append(len(corpus))
        return corpora.indexed(corpus, encoder)

    monkeypatch.setattr(reports, "indexed", counted)
    for more in ((), ("--without", tmp_path / "learned.jsonl")):
        assert run("eval", folder, *more).exit_code == 0
    assert others
    assert sizes == [len(own.corpus), len(own.corpus) - len(others)]
    assert run("eval", folder, "--without", tmp_path / "none.jsonl").exit_code == 2


def test_questions_of_another_file_are_asked(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "andere.jsonl").write_text('{"_id": "2", "text": "kernwapens"}\n')
    assert figures(run, folder, "--queries", tmp_path / "andere.jsonl")["sets"]["proef"]["product"]["n"] == 1


def test_another_model_may_be_measured_than_the_one_in_use(run: Run, folder: Path, tmp_path: Path) -> None:
    other = word_model(tmp_path / "other")
    ranker = json.loads((other / "ranker.json").read_text())
    ranker["weights"] = dict.fromkeys(ranker["weights"], 0.0)
    (other / "ranker.json").write_text(json.dumps(ranker))
    own, changed = (figures(run, folder, *options)["sets"]["proef"] for options in ((), ("--model", other)))
    assert own["product"]["hit@1"] > changed["product"]["hit@1"]


def test_a_cross_encoder_is_left_out(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_RERANK", "/nergens")
    assert figures(run, folder)["sets"]


def test_questions_are_put_to_documents(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(TEXT)
    (tmp_path / "vragen.jsonl").write_text('{"question": "Gaat de huur omlaag?", "answer": "omlaag", "kind": "plain"}\n')
    found = figures(run, tmp_path / "vragen.jsonl", "--documents", tmp_path / "plan.md")
    assert (found["product"]["hit@1"], list(found["by_kind"])) == (1.0, ["plain"])


@pytest.mark.parametrize("asked", ["--refusal", "--plot"])
def test_refusal_is_judged_on_each_set_by_the_others(run: Run, folder: Path, tmp_path: Path, asked: str) -> None:
    other = write_set(tmp_path / "ander")
    options = [asked, tmp_path / "curve.png"] if asked == "--plot" else [asked]
    crossed = ("--cross", folder, other / "queries.jsonl")
    assert list(figures(run, folder, other, *options, *crossed)["left_out"]) == ["proef", "ander", "proef < ander"]
    assert (tmp_path / "curve.png").exists() == (asked == "--plot")


def test_translations_and_conversations_are_measured_beside_sets_or_alone(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "nl").write_text("huur\nwereld\n")
    (tmp_path / "en").write_text("rent\nworld\n")
    (tmp_path / "plan.md").write_text(TEXT)
    row = {"turns": ["Gaat de huur omlaag?"], "kind": "a", "alone": "Gaat de huur omlaag?", "answers": [[30, 40]]}
    (tmp_path / "gesprek.jsonl").write_text(json.dumps(row))
    conversations = ("--conversations", tmp_path / "gesprek.jsonl", tmp_path / "plan.md")
    both = ("--translations", tmp_path / "nl", tmp_path / "en", *conversations)
    assert list(figures(run, *both)) == ["conversations", "translations"]
    found = figures(run, folder, *both, "--far", folder / "queries.jsonl")
    assert list(found) == ["sets", "paired", "conversations", "translations"]
    assert [one["n"] for one in found["conversations"]["far"].values()] == [3]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["/nergens"], "has no qrels.tsv"),
        ([], "Nothing to measure"),
        (["--documents", "d"], "Nothing to measure"),
        (["--far", "f"], "Nothing to measure"),
        (["s", "--far", "f"], "name those too"),
        (["q", "--documents", "d", "--refusal"], "Leave out --refusal."),
        (["q", "--documents", "d", "--plot", "p"], "Leave out --plot."),
        (["q", "--documents", "d", "--mistyped", "--queries", "f"], "Leave out --queries and --mistyped."),
        (["q", "--documents", "d", "--cross", "a", "b"], "Leave out --cross."),
        (["q", "r", "--documents", "d"], "give one QUESTIONS.jsonl"),
        (["s", "--refusal", "--queries", "f"], "Leave out --queries."),
        (["s", "--plot", "p", "--mistyped"], "Leave out --mistyped."),
        (["s", "--cross", "a", "b"], "add --refusal"),
        (["--translations", "a", "b", "--mistyped"], "Leave out --mistyped."),
        (["--conversations", "a", "b", "--queries", "q"], "Leave out --queries."),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    result = run("eval", *arguments)
    assert (result.exit_code, len(result.output.strip().splitlines())) == (2, 1)
    assert says in result.stderr
