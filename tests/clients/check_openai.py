"""The `openai` package, synchronous and as it is: chat, responses and vector stores, whole and streamed."""

import subprocess
import sys

import httpx
import openai
import pytest
from source import ANSWERED, ANSWERING, FOLLOW_UP, REFUSED, URL, WEAPONS, in_the_source, recipe

client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none", max_retries=0)


def marked(text: str, annotations: list) -> list[str]:
    return [text[one.start_index : one.end_index] for one in annotations]


@pytest.mark.parametrize("question", ANSWERED)
def check_chat(question: str) -> None:
    message = client.chat.completions.create(model="citaat", messages=[{"role": "user", "content": question}]).choices[0].message
    cited = [annotation.url_citation for annotation in message.annotations]
    assert cited
    assert all(map(in_the_source, marked(message.content, cited)))
    assert all(httpx.get(one.url).status_code == 200 for one in cited)


@pytest.mark.parametrize("question", ANSWERED)
def check_chat_stream(question: str) -> None:
    asked = {"model": "citaat", "messages": [{"role": "user", "content": question}]}
    text, cited = "", []
    for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            cited += [one["url_citation"] for one in getattr(choice.delta, "annotations", None) or []]
    assert cited
    assert all(in_the_source(text[one["start_index"] : one["end_index"]]) for one in cited)
    assert text == client.chat.completions.create(**asked).choices[0].message.content


def check_chat_stream_helper() -> None:
    asked = {"model": "citaat", "messages": [{"role": "user", "content": WEAPONS}]}
    with client.chat.completions.stream(**asked) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    assert message.content == client.chat.completions.create(**asked).choices[0].message.content


def check_chat_follow_up() -> None:
    message = client.chat.completions.create(model="citaat", messages=FOLLOW_UP).choices[0].message
    assert all(map(in_the_source, marked(message.content, [one.url_citation for one in message.annotations])))
    assert "NAVO" in message.content


def check_refusal_cites_nothing() -> None:
    message = client.chat.completions.create(model="citaat", messages=[{"role": "user", "content": REFUSED}]).choices[0].message
    assert message.content
    assert message.annotations == []


@pytest.mark.parametrize("question", ANSWERED)
def check_responses(question: str) -> None:
    response = client.responses.create(model="citaat", input=question, include=["file_search_call.results"])
    search, message = response.output
    part = message.content[0]
    urls = [one for one in part.annotations if one.type == "url_citation"]
    files = [one for one in part.annotations if one.type == "file_citation"]
    assert response.output_text == part.text
    assert marked(part.text, urls) == [result.text for result in search.results]
    assert all(map(in_the_source, marked(part.text, urls)))
    assert [one.filename for one in files] == [result.filename for result in search.results]


@pytest.mark.parametrize("question", ANSWERED)
def check_responses_stream(question: str) -> None:
    text, annotations = "", []
    for event in client.responses.create(model="citaat", input=question, stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type == "response.output_text.annotation.added":
            annotations.append(event.annotation)
        elif event.type == "response.completed":
            whole = event.response
    urls = [one for one in annotations if one.type == "url_citation"]
    assert urls
    assert all(map(in_the_source, marked(text, urls)))
    assert text == whole.output_text


def check_responses_stream_helper() -> None:
    with client.responses.stream(model="citaat", input=WEAPONS) as stream:
        for _ in stream:
            pass
        response = stream.get_final_response()
    assert in_the_source(response.output[0].results[0].text)


@pytest.mark.parametrize("question", ANSWERED)
def check_vector_store_search(question: str) -> None:
    (store, *_) = client.vector_stores.list().data
    found = list(client.vector_stores.search(store.id, query=question, max_num_results=2))
    assert 0 < len(found) <= 2
    assert all(in_the_source(result.content[0].text) for result in found)
    assert all(httpx.get(result.attributes["url"]).status_code == 200 for result in found)


def check_models() -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "citaat"
    assert all(client.models.retrieve(name).id == name for name in names)


def check_errors_are_theirs() -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="other", messages=[{"role": "user", "content": WEAPONS}])
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="citaat", input="")


def check_the_recipe_of_the_readme() -> None:
    program = [sys.executable, "-c", recipe("python", "from openai")]
    assert ANSWERING in subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout
