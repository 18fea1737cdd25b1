"""The text and the model that ship, asked by the command line, over HTTP and by the programs that measure."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from citaat.cli import main
from citaat.evaluation.questions import question_report
from citaat.settings import Settings
from tests.conftest import ROOT, SEED
from tests.server.interfaces.openai.turns import asked
from tests.server.tools import called

TEXT = SEED.read_bytes().decode()
QUESTION = "Wat vindt de partij van kernwapens?"


def test_ask_prints_the_quote_its_place_and_its_link(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    result = CliRunner().invoke(main, ["ask", QUESTION, "--limit", "1"])
    assert result.exit_code == 0
    assert "7.3 Sterkere defensie voor een vreedzaam Europa › Kernwapens de wereld uit" in result.output
    assert "characters 1207–1760" in result.output
    assert "»" in result.output
    assert "/read/verkiezingsprogramma-7-3/" in result.output


def test_every_interface_quotes_the_source(client: TestClient) -> None:
    answer = client.post("/ask", json={"question": QUESTION}).json()
    quotes = [citation["quote"] for citation in answer["citations"]]
    assert quotes == [TEXT[citation["start"] : citation["end"]] for citation in answer["citations"]] != []
    assert called(client, "ask", question=QUESTION)["structuredContent"] == answer
    message = client.post("/v1/chat/completions", json=asked(QUESTION)).json()["choices"][0]["message"]
    places = [annotation["url_citation"] for annotation in message["annotations"]]
    assert [message["content"][place["start_index"] : place["end_index"]] for place in places] == quotes
    search, _ = client.post("/v1/responses", json={"input": QUESTION}).json()["output"]
    assert [result["text"] for result in search["results"]] == quotes


def test_search_results_for_anthropic_are_whole_sentences(client: TestClient) -> None:
    (block, *_) = client.post("/anthropic/search-results", json={"question": "kernwapens"}).json()["content"]
    assert block["content"][0] == {"type": "text", "text": "Kernwapens de wereld uit."}
    assert all(sentence["text"] in TEXT for sentence in block["content"])


def test_no_answer_has_the_closest_headings_and_the_examples_are_answered(client: TestClient) -> None:
    refusal = client.post("/ask", json={"question": "Hoe bak ik een appeltaart?"}).json()
    assert (refusal["status"], refusal["citations"]) == ("no_answer", [])
    assert 1 <= len(refusal["suggestions"]) <= 3
    examples = client.get("/examples").json()["questions"]
    assert examples
    assert {client.post("/ask", json={"question": one}).json()["status"] for one in examples} == {"answered"}


def test_sections_and_the_reader_page_show_the_text(client: TestClient) -> None:
    (listed,) = client.get("/documents").json()
    whole = client.get(f"/documents/{listed['id']}").json()
    assert whole["text"] == TEXT
    assert [section["section"][-1] for section in whole["sections"]][2] == "Kernwapens de wereld uit"
    citation = client.post("/ask", json={"question": QUESTION}).json()["citations"][0]
    assert f'<mark id="passage">{citation["quote"]}</mark>' in client.get(citation["url"]).text


def test_questions_over_documents_are_measured_by_language_and_kind(settings: Settings) -> None:
    figures = question_report([ROOT / "tests/questions/seed.jsonl"], [settings.data], settings)
    assert (figures["product"]["n"], figures["by_kind"]["far"]["n"], figures["by_lang"]["en"]["n"]) == (21, 4, 4)
    assert figures["by_kind"]["far"]["hit@1"] is None
    assert figures["by_kind"]["plain"]["false_answer_rate"] is None
    assert figures["by_kind"]["plain"]["hit@1"] == 1.0


def test_asking_imports_no_heavy_library(settings: Settings, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['citaat', 'ask', 'kernwapens']\n"
        "from citaat.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'bm25s', 'scipy', 'pydantic', 'fastapi', 'mcp'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))"
    )
    environment = os.environ | {"CITAAT_STORE": str(settings.store)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def exchanged(settings: Settings, *messages: dict[str, Any], answers: int) -> list[dict[str, Any]]:
    """What `citaat mcp` answers to messages on its standard input."""
    program = [sys.executable, "-c", "from citaat.cli import main; main(['mcp'])"]
    environment = os.environ | {"CITAAT_STORE": str(settings.store), "CITAAT_URL": ""}
    with subprocess.Popen(program, stdin=PIPE, stdout=PIPE, env=environment, encoding="utf-8") as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages))
        server.stdin.flush()
        found = [json.loads(server.stdout.readline()) for _ in range(answers)]
        server.stdin.close()
    assert server.returncode == 0
    return found


def test_the_tools_are_served_over_standard_input_and_output(settings: Settings) -> None:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    greet = {"id": 1, "method": "initialize", "params": about}
    call = {"id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION}}}
    greeting, answer = exchanged(settings, greet, {"method": "notifications/initialized"}, call, answers=2)
    assert (greeting["id"], answer["id"]) == (1, 2)
    citations = answer["result"]["structuredContent"]["citations"]
    assert citations
    assert all(citation["quote"] in TEXT for citation in citations)
    assert citations[0]["url"].startswith("http://127.0.0.1:8000/read/verkiezingsprogramma-7-3/")
