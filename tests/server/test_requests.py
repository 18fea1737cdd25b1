import pytest
from pydantic import ValidationError

from citaat.chat.conversation import Message
from citaat.limits import LONGEST_QUESTION, MOST_CITATIONS, MOST_TURNS
from citaat.server.requests import AskRequest, VerifyRequest


def test_a_question_is_the_last_turn_of_its_conversation() -> None:
    turns = [{"role": "user", "content": "een"}, {"role": "assistant", "content": "twee"}]
    body = AskRequest.model_validate({"question": "drie", "messages": turns})
    assert body.turns() == [Message("user", "een"), Message("assistant", "twee"), Message("user", "drie")]


def test_what_is_not_said_is_what_a_library_takes_of_itself() -> None:
    body = AskRequest.model_validate({"question": "a"})
    assert (body.limit, body.documents, body.min_confidence, body.messages) == (3, None, None, [])


@pytest.mark.parametrize(
    ("fields", "is_valid"),
    [
        ({"limit": 1}, True),
        ({"limit": MOST_CITATIONS}, True),
        ({"limit": MOST_CITATIONS + 1}, False),
        ({"limit": 0}, False),
        ({"question": "a" * LONGEST_QUESTION}, True),
        ({"question": "a" * (LONGEST_QUESTION + 1)}, False),
        ({"messages": [{"role": "user", "content": ""}] * MOST_TURNS}, True),
        ({"messages": [{"role": "user", "content": ""}] * (MOST_TURNS + 1)}, False),
        ({"messages": [{"role": "user", "content": "", "name": "a"}]}, False),
        ({"min_confidence": 0}, True),
        ({"min_confidence": 1.0}, True),
        ({"min_confidence": 1.01}, False),
        ({"min_confidence": -0.01}, False),
    ],
)
def test_each_field_has_its_limits(fields: dict[str, object], is_valid: bool) -> None:
    body = {"question": "a", **fields}
    if is_valid:
        AskRequest.model_validate(body)
    else:
        with pytest.raises(ValidationError):
            AskRequest.model_validate(body)


@pytest.mark.parametrize("fields", [{"start": -1}, {"end": -1}, {"quote": ""}, {"start": "0"}, {"colour": "a"}, {"end": 1.0}])
def test_a_quote_to_verify_has_a_place_and_words(fields: dict[str, object]) -> None:
    body = {"document": "a", "start": 0, "end": 0, "quote": "a"}
    assert VerifyRequest.model_validate(body).end == 0
    with pytest.raises(ValidationError):
        VerifyRequest.model_validate(body | fields)
