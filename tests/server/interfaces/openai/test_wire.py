from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.domain import Citation, DocumentInfo, Source, Span
from citaat.errors import InputError, NotFoundError
from citaat.library import Library
from citaat.server.application import build
from citaat.server.interfaces.openai.wire import OpenAIMessage, reply_to, search_result
from citaat.settings import Settings
from tests.conftest import serving

DOCUMENT = DocumentInfo("plan", Source("Plan", "Partij", "2023", "https://a.example", "nl", "CC0"), "ab" * 32, 99, 3, "Plan_A")
CITATION = Citation(
    1, "plan/0", "De huur.", Span(5, 13), "", "", (Span(5, 13),), (), DOCUMENT, ("Wonen", "Huur"), 0, 0.12345
)  # fmt: skip


def message(role: str, content: object) -> OpenAIMessage:
    return OpenAIMessage.model_validate({"role": role, "content": content})


def test_the_text_of_a_message_is_that_of_its_parts() -> None:
    kinds = ("text", "input_text", "output_text", "refusal")
    parts = [{"type": kind, "text": text} for kind, text in zip(kinds, "abcd", strict=True)]
    assert message("user", parts).text() == "a b c d"
    assert (message("user", "huur").text(), message("user", None).text(), message("user", []).text()) == ("huur", "", "")
    assert message("user", [{"type": "refusal"}]).text() == ""


def test_a_message_that_is_not_all_text_is_refused() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "input_audio"}]
    with pytest.raises(InputError, match="2 of the parts of a message are not text") as raised:
        message("user", parts).text()
    assert raised.value.code == "not-text"


@pytest.fixture
def library(own: Settings) -> Iterator[Library]:
    with Library.open_or_build(own) as opened:
        yield opened


def test_a_conversation_ends_with_a_person_and_holds_no_prompts(library: Library) -> None:
    roles = ("system", "user", "developer", "assistant", "user", "tool", "assistant", "function", "assistant")
    texts = ("prompt", "Gaat de huur omlaag?", "prompt", "Ja.", "en in de stad?", "tool", "Ja.", "function", "Ja.")
    replied = reply_to(map(message, roles, texts), "citaat", library)
    assert replied == conversation.reply(library, [Message("user", "Gaat de huur omlaag?"), Message("user", "en in de stad?")])
    assert "huur" in replied.answer.question


@pytest.mark.parametrize("roles", [(), ("assistant",), ("system", "tool")])
def test_a_conversation_in_which_nobody_asks_is_refused(library: Library, roles: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="Ask something") as raised:
        reply_to([message(role, "a") for role in roles], "citaat", library)
    assert raised.value.code == "question-empty"


@pytest.mark.parametrize("name", ["citaat", "citaat/a"])
def test_a_model_is_the_library_or_a_document_of_it(library: Library, name: str) -> None:
    assert reply_to([message("user", "Gaat de huur omlaag?")], name, library).answer.citations


@pytest.mark.parametrize("name", ["", "a", "citaat/", "citaat/b", "citaat/aa"])
def test_no_other_model_replies(library: Library, name: str) -> None:
    with pytest.raises(NotFoundError, match="'citaat' is the library") as raised:
        reply_to([message("user", "Gaat de huur omlaag?")], name, library)
    assert raised.value.code == "model_not_found"


def test_a_search_result_says_where_its_passage_stands_and_how_sure_we_are() -> None:
    found = search_result(CITATION, "https://b.example")
    place = {
        "passage": "plan/0", "title": "Plan", "section": "Wonen › Huur", "start": 5, "end": 13,
        "url": "https://b.example/read/plan/0#passage", "language": "nl", "sha256": "ab" * 32,
    }  # fmt: skip
    assert found == {"file_id": "plan", "filename": "plan", "score": 0.1235, "attributes": place}
    paged = search_result(replace(CITATION, page=7), "")["attributes"]
    assert paged == place | {"page": 7, "url": "/read/plan/0#passage"}


def test_long_attributes_are_cut_at_the_longest_that_is_allowed() -> None:
    long = replace(DOCUMENT, source=replace(DOCUMENT.source, title="t" * 513))
    assert search_result(replace(CITATION, document=long), "")["attributes"]["title"] == "t" * 512


def test_one_document_alone_is_no_model_beside_the_library(own: Settings) -> None:
    with serving(own) as client:
        assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["citaat"]
        created = client.get("/v1/vector_stores/citaat").json()["created_at"]
        assert client.get("/v1/models/citaat").json()["created"] == created


def test_without_a_library_the_error_is_theirs_too(own: Settings) -> None:
    own.store.mkdir()
    (own.store / "CURRENT").write_text("?")
    with TestClient(build(own)) as client:
        response = client.get("/v1/models")
    assert (response.status_code, response.json()["error"]["type"]) == (503, "server_error")
