"""`litellm`, which many gateways and agents are built on."""

import subprocess
import sys

import litellm
import pytest
from source import ANSWERED, ANSWERING, REFUSED, URL, in_the_source, recipe

litellm.telemetry = False


def asked(question: str, **fields: object) -> object:
    return litellm.completion(
        model="openai/citaat", api_base=f"{URL}/v1", api_key="none", messages=[{"role": "user", "content": question}], **fields
    )


@pytest.mark.parametrize("question", ANSWERED)
def check_completion(question: str) -> None:
    message = asked(question).choices[0].message
    cited = [annotation["url_citation"] for annotation in message.annotations]
    assert cited
    assert all(in_the_source(message.content[one["start_index"] : one["end_index"]]) for one in cited)


@pytest.mark.parametrize("question", ANSWERED)
def check_stream(question: str) -> None:
    text, cited = "", []
    for chunk in asked(question, stream=True):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        cited += [one["url_citation"] for one in getattr(delta, "annotations", None) or []]
    assert cited
    assert all(in_the_source(text[one["start_index"] : one["end_index"]]) for one in cited)


def check_refusal() -> None:
    assert not getattr(asked(REFUSED).choices[0].message, "annotations", None)


def check_the_recipe_of_the_readme() -> None:
    program = [sys.executable, "-c", recipe("python", "import litellm")]
    assert ANSWERING in subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout
