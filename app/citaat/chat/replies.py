"""From an answer to what a chat window shows: one text, and where in it each quote stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citaat.chat.phrases import PHRASES
from citaat.citations.links import caption, permalink
from citaat.domain import Answer, Citation, Span
from citaat.text.language import Language

if TYPE_CHECKING:
    from citaat.citations.wire import AnswerModel


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """A part of a reply: a quote, which is its citation's quote exactly, or the text between quotes."""

    text: str
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to a reader.

    Attributes:
        answer: its `question` is the one that was put to the library.
        language: of the person who asks.
        courtesy: the whole reply to a greeting, to thanks or to a question about the program; empty for other turns.
    """

    answer: Answer
    language: Language
    courtesy: str = ""

    def text(self) -> str:
        """The quotes, each with its number, or a courtesy, or a refusal with the closest headings."""
        if self.answer.citations:
            return "".join(part.text for part in self._quotes()).rstrip()
        if self.courtesy:
            return self.courtesy
        said = PHRASES[self.language]
        closest = [said.closest.format("; ".join(self.answer.suggestions))] if self.answer.suggestions else []
        return " ".join([said.refusal, *closest])

    def parts(self, base: str) -> Iterator[ReplyPart]:
        """The parts of the reply for a window that shows text alone: as `text`, and then each number's source and link."""
        if not self.answer.citations:
            yield ReplyPart(self.text())
            return
        yield from self._quotes()
        yield ReplyPart("\n".join(f"[{one.number}] {caption(one)}\n{permalink(one.id, base)}" for one in self.answer.citations))

    def _quotes(self) -> Iterator[ReplyPart]:
        for citation in self.answer.citations:
            yield ReplyPart(citation.quote, citation)
            yield ReplyPart(f" [{citation.number}]\n\n")


def whole(parts: list[ReplyPart]) -> tuple[str, list[tuple[Citation, Span]]]:
    """The text that the parts make, and the span of each quote in it, in code points."""
    quoted, at = [], 0
    for part in parts:
        end = at + len(part.text)
        if part.citation:
            quoted.append((part.citation, Span(at, end)))
        at = end
    return "".join(part.text for part in parts), quoted


def answer_model(reply: Reply, base: str) -> "AnswerModel":
    """The wire form of a reply; `base` is the address that links start with."""
    # Here: pydantic takes longer to import than a question to answer.
    from citaat.citations.wire import AnswerModel

    return AnswerModel.of(reply.answer, reply.language, reply.text(), base)
