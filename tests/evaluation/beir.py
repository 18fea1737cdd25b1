"""A question set on disk, in BEIR layout, and the same in memory."""

import json
from pathlib import Path

from citaat.evaluation.question_sets import QuestionSet

CORPUS = [
    {"_id": "a", "text": "Kernwapens moeten de wereld uit."},
    {"_id": "b", "title": "Wonen", "text": "De huur gaat omlaag."},
    {"_id": "c", "text": "Vredesmissies in VN-kader."},
]
QUERIES = [{"_id": "1", "text": "huur verlagen"}, {"_id": "2", "text": "kernwapens"}, {"_id": "3", "text": "niet beoordeeld"}]
JUDGEMENTS = "query-id\tcorpus-id\tscore\n1\tb\t1\n2\ta\t1\n2\tc\t0\n"


def write_set(folder: Path, answers: dict[str, str] | None = None) -> Path:
    """A set of three passages and two questions with judgements, a third without.

    Args:
        answers: by question, the words that answer it.
    """
    (folder / "qrels").mkdir(parents=True)
    rows = [row | ({"answer": answers[row["_id"]]} if answers and row["_id"] in answers else {}) for row in QUERIES]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "qrels" / "test.tsv").write_text(JUDGEMENTS)
    return folder


def question_set(texts: dict[str, str], question: str, relevant: dict[str, int], answer: str = "") -> QuestionSet:
    """A set of one question.

    Args:
        texts: of the corpus, by id.
        relevant: gain by id.
    """
    corpus = [{"id": name, "title": "", "text": text} for name, text in texts.items()]
    return QuestionSet("p", corpus, {"1": question}, {"1": relevant}, {"1": answer} if answer else {})
