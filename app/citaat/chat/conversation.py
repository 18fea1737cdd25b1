"""From a list of messages to the question that is now asked, and to the reply."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citaat.chat.phrases import PHRASES
from citaat.chat.replies import Reply
from citaat.domain import Answer
from citaat.errors import InputError
from citaat.library import Library, checked_question
from citaat.query.following import following, leans, names_a_subject
from citaat.text.languages import Language, language_of
from citaat.text.lexicon import fold

Kind = Literal["question", "greeting", "thanks", "capabilities"]

_EXAMPLES, _EXAMPLES_TRIED = 4, 12
_TURNS_READ = 6
"""A person's turns that are read; a subject is not carried for longer."""

_WORD = re.compile(r"\w+")
_GREETINGS = frozenset(
    "hallo hoi hey hee hi hello dag goedemorgen goedemiddag goedenavond goedendag good morning afternoon".split()
)
_THANKS = frozenset("dank bedankt dankje dankjewel dankuwel merci thanks thank thx cheers".split())
_WITH_THANKS = frozenset(
    "je jij jou u wel zeer hartelijk heel erg veel ok oke okay top super prima fijn mooi goed voor de het hulp antwoord "
    "antwoorden uitleg informatie you your very much so a lot many for the help answer answers great nice perfect".split()
)
_WITH_GREETINGS = frozenset("daar there citaat allemaal everyone evening".split())
_CAPABILITIES = re.compile(
    r"(?:wat|hoe|wie|waar|what|how|who)\b.*?\b(?:(?:kun|kan|ben|doe|werk) (?:je|jij)|kunt u|kan ik (?:hier|je|jou|u)|bent u|"
    r"werkt dit|werkt het|can you|can i ask|are you|do you do|does this work|do you work)"
    r"(?: (?:allemaal|mij|me|voor|vragen|doen|eigenlijk|hier|precies|doing|do|here|for|ask|help|with|you|exactly))*"
)
_OTHERS = re.compile(r"\b(?:andere?n?|anderen|iedereen|alle|others?|everyone|all)\b", re.IGNORECASE)
_HELP = frozenset("help hulp".split())


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the last message asks.

    Attributes:
        question: what is put to the library: the last message, and what it leans on.
        language: of the person who asks.
    """

    kind: Kind
    question: str
    language: Language


def kind_of(text: str) -> Kind:
    """Whether a message is a question, or a courtesy and nothing else."""
    words = _WORD.findall(fold(text))
    found = set(words)
    if found and found <= _GREETINGS | _WITH_GREETINGS and found & _GREETINGS:
        return "greeting"
    if found & _THANKS and found <= _THANKS | _WITH_THANKS:
        return "thanks"
    if (found and found <= _HELP) or _CAPABILITIES.fullmatch(" ".join(words)):
        return "capabilities"
    return "question"


def reply(
    library: Library,
    messages: Sequence[Message],
    *,
    limit: int = 3,
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
    if asked.kind != "question":
        return Reply(Answer(asked.question, "no_answer", ()), asked.language, _courtesy(asked, library))
    answer = library.ask(asked.question, limit=limit, documents=documents, min_confidence=min_confidence)
    return Reply(answer, asked.language)


def understood(library: Library, turns: Sequence[str], documents: Sequence[str] | None = None) -> Asked:
    """What the last of a person's turns asks, in view of those before it, with whole letters (Unicode's NFC).

    Args:
        documents: ids of the documents that it is put to; None for all.
    """
    # \w ends a word at a loose accent.
    turns = [unicodedata.normalize("NFC", turn) for turn in turns]
    last = checked_question(turns[-1])
    language = next((found for turn in reversed(turns) if (found := language_of(turn))), _spoken(library))
    kind = kind_of(last)
    if kind != "question":
        return Asked(kind, last, language)
    asked = ""
    for turn in [turn.strip() for turn in turns[-_TURNS_READ:-1]] + [last]:
        if kind_of(turn) == "question" and (turn == last or _can_be_asked(library, turn)):
            asked = _in_view_of(library, asked, turn, documents)
    return Asked(kind, asked, language)


def _in_view_of(library: Library, before: str, turn: str, documents: Sequence[str] | None) -> str:
    """What a turn asks after a question: with the words that it leans on, unless it has gone on to something else.

    Who is asked is no subject: "en volgens de VVD?" asks the VVD what another was asked, and "en waarom?" the same one again.
    """
    own, names = library.names.apart(turn)
    asked, earlier = library.names.apart(before)
    leaning = following(library.model.encoder, asked, own)
    if leaning == own and not (names_a_subject(own) or leans(own)):
        return turn
    words = [one for one in [leaning.removeprefix(own.rstrip()).strip(" ()")] if one]
    by = "according to" if language_of(turn) == "en" else "volgens"
    asked_of = [] if names or _OTHERS.search(turn) else [f"{by} {name}" for name in earlier]
    carried, itself = (f"{turn.rstrip()} ({', '.join(more)})" if more else turn for more in (words + asked_of, asked_of))
    if not _can_be_asked(library, carried):
        return turn
    if leaning == own:
        return itself
    return itself if names_a_subject(own) and _is_another_subject(library, carried, itself, documents) else carried


def _can_be_asked(library: Library, turn: str) -> bool:
    try:
        library.checked(turn)
    except InputError:
        return False
    return True


def _is_another_subject(library: Library, carried: str, turn: str, documents: Sequence[str] | None) -> bool:
    """Whether a turn is answered by itself, but not by the passage that it finds with the words of the question before.

    After a question on the army, "en de huur?" finds the army with those words, and the rent without.
    """
    _, answering = library.rows(turn, documents)
    return bool(answering) and library.rows(carried, documents)[0][0] not in answering


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
    said = PHRASES[asked.language]
    if asked.kind == "capabilities":
        titles = [f"“{document.source.title}”" for document in library.documents()]
        more = [said.others.format(len(titles) - 2)] if len(titles) > 3 else []
        return said.capabilities.format(", ".join([*titles[: 2 if more else 3], *more]))
    return said.greeting if asked.kind == "greeting" else said.thanks
