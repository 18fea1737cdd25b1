"""What a request with earlier turns costs: each distinct text is tokenised once and encoded once, by two calls at most."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from citaat.encoders.protocol import Encoded, Encoder, TextKind
from citaat.server.application import build
from citaat.settings import Settings
from citaat.text.words import Token, tokenise, words

Found = TypeVar("Found", tuple[Token, ...], list[str])

CONVERSATIONS = {
    "openers in every turn": [
        "Hoe hoog mag een modelluchtvaartuig vliegen?", "en een drone?", "en bij een luchthaven?", "en een boekenclub?",
        "en een donor?",
    ],
    "pronouns": [
        "Wie benoemt de leden van een zelfstandig bestuursorgaan?", "en wie schorst ze?", "hoe lang duurt dat?",
        "kost dat geld?", "waarom is dat zo?",
    ],
    "publishers": [
        "Wat zegt VWS over toezicht op de naleving?", "En OCW?", "en BZK?", "en de anderen?", "en volgens OCW en VWS?",
    ],
    "a publisher and then a pronoun": [
        "Wat zegt VWS over de vergoeding van donoren?", "en waarom?", "en OCW?", "en kost dat geld?", "en de vaste prijs?",
    ],
    "a new subject": [
        "Mag een donor betaald worden?", "waarom niet?", "en voor plasma?",
        "Hoeveel korting mag een boekhandel geven aan bibliotheken?", "en aan scholen?",
    ],
    "an acronym that may be the subject": [
        "Wat is een ZBO?", "en wie benoemt die?", "en ZBO?", "en het jaarverslag?", "en volgens de ZBO?",
    ],
    "courtesies between": ["Hallo", "Wat is een autowrak?", "Dank u wel", "en een boekenclub?", "en vergunning?"],
    "a word by itself": ["vergunning", "donor", "vergunning", "vergunning", "en vergunning"],
    "the same turn again": ["Wat zegt VWS over import?", "en OCW?", "en OCW?", " en OCW? ", "en OCW?"],
    "typing errors": [
        "Hoe hoog mag een modelluchtvartuig vliegen?", "en een dronne?", "en een modelluchtvartuig?", "en bij avond?", "en dan?",
    ],
    "English": [
        "Who may collect blood?", "and who supervises that?", "and import?", "what about a foundling?", "and an adopted child?",
    ],
    "a greeting": ["Mag een donor betaald worden?", "en waarom?", "en plasma?", "en bloed?", "dank je wel"],
}  # fmt: skip
"""Five turns of a person each, the last one the question."""


@dataclass
class Counts:
    """What a request did.

    Attributes:
        tokenised: texts of turns; `encoded` texts that were given to the encoder, and `pieces` to its tokenizer.
        calls: of the encoder.
        sentences: texts that were tokenised to highlight them.
    """

    tokenised: list[str] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    calls: int = 0


class CountingTokenizer:
    """A tokenizer that counts what an encoder asks of another one."""

    def __init__(self, tokenizer: Any, counts: Counts) -> None:
        self._tokenizer, self._counts = tokenizer, counts

    def encode_batch_fast(self, texts: list[str], add_special_tokens: bool) -> Any:
        self._counts.pieces += texts
        return self._tokenizer.encode_batch_fast(texts, add_special_tokens=add_special_tokens)


@pytest.fixture(scope="module")
def served(laws_settings: Settings) -> Iterator[TestClient]:
    """A client of a server of the laws."""
    with TestClient(build(laws_settings), base_url="http://testserver") as opened:
        while opened.get("/health/ready").status_code == 503:
            pass
        yield opened


@pytest.fixture
def counts(served: TestClient, monkeypatch: pytest.MonkeyPatch) -> Counts:
    """The counts of what the server does from now on."""
    app: Any = served.app
    with app.state.served.library() as library:
        encoder: Any = library._model.encoder
    found = Counts()
    monkeypatch.setattr("citaat.query.turns.tokenise", counted(tokenise, found.tokenised))
    monkeypatch.setattr("citaat.retrieval.highlights.words", counted(words, found.sentences))
    monkeypatch.setattr(encoder, "_tokenizer", CountingTokenizer(encoder._tokenizer, found))
    monkeypatch.setattr(encoder, "encode", counted_encode(encoder, found))
    return found


def counted(split: Callable[[str], Found], given: list[str]) -> Callable[[str], Found]:
    def count(text: str) -> Found:
        given.append(text)
        return split(text)

    return count


def counted_encode(encoder: Encoder, found: Counts) -> Callable[[Sequence[str], TextKind], Encoded]:
    encode = encoder.encode

    def count(texts: Sequence[str], kind: TextKind) -> Encoded:
        found.encoded += texts
        found.calls += 1
        return encode(texts, kind)

    return count


def messages(said: Sequence[str]) -> list[dict[str, str]]:
    """The turns of a person, with an answer after each but the last."""
    replied = [{"role": role, "content": text} for turn in said for role, text in (("user", turn), ("assistant", "…"))]
    return replied[:-1]


def ask(client: TestClient, said: Sequence[str]) -> Any:
    *earlier, asked = messages(said)
    return client.post("/ask", json={"question": asked["content"], "messages": earlier})


def ask_for_fifty(client: TestClient, said: Sequence[str]) -> Any:
    *earlier, asked = messages(said)
    body = {"question": asked["content"], "messages": earlier, "limit": 50, "min_confidence": 0}
    return client.post("/ask", json=body)


def chat(client: TestClient, said: Sequence[str]) -> Any:
    return client.post("/v1/chat/completions", json={"messages": messages(said)})


def responses(client: TestClient, said: Sequence[str]) -> Any:
    return client.post("/v1/responses", json={"input": messages(said)})


def mcp(client: TestClient, said: Sequence[str]) -> Any:
    params = {"name": "ask", "arguments": {"question": said[-1]}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return client.post("/mcp", headers={"accept": "application/json, text/event-stream"}, json=message)


INTERFACES = [ask, chat, responses, mcp]


def distinct(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
@pytest.mark.parametrize("interface", INTERFACES)
def test_a_request_tokenises_and_encodes_each_distinct_text_once(
    served: TestClient, counts: Counts, interface: Callable[[TestClient, Sequence[str]], Any], said: list[str]
) -> None:
    assert interface(served, said).status_code == 200
    read = said[-1:] if interface is mcp else said
    assert counts.tokenised == distinct([turn.strip() for turn in read])
    assert counts.calls <= 2
    assert counts.encoded == distinct(counts.encoded)
    assert len(counts.pieces) == len(set(counts.pieces)) == len(counts.encoded)
    assert counts.sentences == distinct(counts.sentences)


@pytest.mark.parametrize("said", [["vergunning", "vergunning"], ["Is er een vergunning?", "vergunning"]])
def test_a_turn_of_one_word_is_encoded_once(served: TestClient, counts: Counts, said: list[str]) -> None:
    assert ask(served, said).status_code == 200
    assert counts.encoded == distinct(counts.encoded)


def test_a_follow_up_that_is_too_long_with_the_words_before_takes_two_calls(served: TestClient, counts: Counts) -> None:
    long = " ".join(f"xq{number}zv" for number in range(230))
    assert ask(served, [long, "en waarom?"]).status_code == 200
    assert counts.calls == 2


def test_a_sentence_of_several_citations_is_tokenised_once(served: TestClient, counts: Counts) -> None:
    assert ask_for_fifty(served, CONVERSATIONS["English"]).status_code == 200
    assert counts.sentences == distinct(counts.sentences)
