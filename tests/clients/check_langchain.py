"""`langchain-openai`, over chat completions and over responses."""

import pytest
from langchain_openai import ChatOpenAI
from source import ANSWERED, URL, in_the_source

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
