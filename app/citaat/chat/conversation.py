"""From a list of messages to the question that is now asked, and to the reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citaat.chat.intents import Intent, intent_of
from citaat.chat.phrases import PHRASES
from citaat.chat.replies import Reply
from citaat.chat.subject_changes import contextualised
from citaat.domain import Answer
from citaat.library import Library, Ranking
from citaat.limits import DEFAULT_CITATIONS, TURNS_READ
from citaat.query.query import Query
from citaat.query.turns import Turn, checked, is_askable
from citaat.text.language import Language, language_of

_EXAMPLES, _EXAMPLES_TRIED = 4, 12


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the last message, `text`, asks, and the language of who asks it.

    `query` is what is put to the library: the message, and what it depends on of those before; None for a courtesy. `ranking`
    is what was found for it, where that was needed to make it.
    """

    intent: Intent
    text: str
    language: Language
    query: Query | None
    ranking: Ranking | None


def reply(
    library: Library,
    messages: Sequence[Message],
    *,
    limit: int = DEFAULT_CITATIONS,
    documents: Sequence[str] | None = None,
    min_confidence: float | None = None,
) -> Reply:
    """The reply to the last message, which is a person's.

    Args:
        messages: oldest first. What the server said is not read: the same messages give the same reply.
        limit: as for `Library.ask`, like `documents` and `min_confidence`.

    Raises:
        InputError: the last message is no question that can be asked, or an argument is out of bounds.
        StoreError: the text in the store is not the text that was indexed.
    """
    asked = understood(library, [message.content for message in messages if message.role == "user"], documents)
    if asked.query is None:
        return Reply(Answer(asked.text, "no_answer", ()), asked.language, _courtesy(asked, library))
    answer = library.answer(asked.query, limit=limit, min_confidence=min_confidence, ranked=asked.ranking)
    return Reply(answer, asked.language)


def understood(library: Library, turns: Sequence[str], documents: Sequence[str] | None = None) -> Asked:
    """What the last of a person's turns asks, in view of those before it.

    Args:
        documents: ids of the documents that it is put to; None for all.

    Raises:
        InputError: the last turn is no question that can be asked.
    """
    texts = [checked(turn) for turn in [*filter(is_askable, turns[-TURNS_READ:-1]), turns[-1]]]
    distinct = {text: Turn.read(text, library.understanding.publishers) for text in dict.fromkeys(texts)}
    read = [distinct[text] for text in texts]
    last = read[-1]
    language = next((found for turn in reversed(read) if (found := language_of(turn.words))), _spoken(library))
    intent = intent_of(last.words)
    if intent != "question":
        return Asked(intent, last.text, language, None, None)
    question = contextualised(library, read, documents)
    return Asked(intent, last.text, language, question.query, question.ranking)


def examples(library: Library) -> list[str]:
    """Up to four questions on headings spread over the library, each of which the passages under its heading answer.

    A label that begins in lower case is rather a part of a sentence that was taken for a heading.
    """
    found: list[str] = []
    paths = [path for one in library.documents() for path, _ in library.sections(one.id)]
    labels = list(dict.fromkeys(path[-1] for path in paths if path and not path[-1][:1].islower()))
    for label in labels[:: max(1, -(-len(labels) // _EXAMPLES_TRIED))]:
        question = PHRASES[_spoken(library)].about.format(label)
        cited = library.ask(question, limit=1).citations
        if cited and label in cited[0].section:
            found.append(question)
        if len(found) == _EXAMPLES:
            break
    return found


def _spoken(library: Library) -> Language:
    return "en" if library.documents()[0].source.language == "en" else "nl"


def _courtesy(asked: Asked, library: Library) -> str:
    phrases = PHRASES[asked.language]
    if asked.intent == "capabilities":
        titles = [f"“{document.source.title}”" for document in library.documents()]
        more = [phrases.others.format(len(titles) - 2)] if len(titles) > 3 else []
        return phrases.capabilities.format(", ".join([*titles[: 2 if more else 3], *more]))
    return phrases.greeting if asked.intent == "greeting" else phrases.thanks
