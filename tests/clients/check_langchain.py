"""`langchain-openai`, over chat completions and over responses."""

import subprocess
import sys

import pytest
from langchain_openai import ChatOpenAI
from source import ANSWERED, ANSWERING, URL, in_the_source, recipe

CHAT = {"model": "citaat", "base_url": f"{URL}/v1", "api_key": "none", "max_retries": 0}


@pytest.mark.parametrize("question", ANSWERED)
def check_invoke(question: str) -> None:
    text = ChatOpenAI(**CHAT).invoke(question).text
    assert in_the_source(text.split(" [1]")[0])


@pytest.mark.parametrize("question", ANSWERED)
def check_stream(question: str) -> None:
    text = "".join(chunk.text for chunk in ChatOpenAI(**CHAT).stream(question))
    assert text == ChatOpenAI(**CHAT).invoke(question).text


@pytest.mark.parametrize("question", ANSWERED)
def check_responses_keep_the_citations(question: str) -> None:
    message = ChatOpenAI(**CHAT, use_responses_api=True, output_version="responses/v1").invoke(question)
    (part,) = [block for block in message.content if block["type"] == "text"]
    cited = [one for one in part["annotations"] if one["type"] == "url_citation"]
    assert cited
    assert all(in_the_source(part["text"][one["start_index"] : one["end_index"]]) for one in cited)


def check_the_recipe_of_the_readme() -> None:
    program = [sys.executable, "-c", recipe("python", "langchain_openai")]
    assert ANSWERING in subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout
