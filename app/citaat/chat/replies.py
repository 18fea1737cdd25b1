"""From an answer to what a chat window shows: one text, and where in it each quote stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from citaat.chat.phrases import PHRASES
from citaat.citations.citation import citation_json, permalink
from citaat.domain import Answer, Citation, Span
from citaat.text.languages import Language


@dataclass(frozen=True, slots=True)
class Piece:
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
        return "".join(piece.text for piece in self._quotes()).rstrip() if self.answer.citations else self.unanswered()

    def unanswered(self) -> str:
        """What is said where nothing is quoted."""
        if self.courtesy:
            return self.courtesy
        said = PHRASES[self.language]
        closest = [said.closest.format("; ".join(self.answer.suggestions))] if self.answer.suggestions else []
        return " ".join([said.refusal, *closest])

    def pieces(self, base: str) -> Iterator[Piece]:
        """The parts of the reply for a window that shows text alone: as `text`, and then each number's source and link."""
        if not self.answer.citations:
            yield Piece(self.unanswered())
            return
        yield from self._quotes()
        yield Piece("\n".join(f"[{one.number}] {place(one)}\n{permalink(one.id, base)}" for one in self.answer.citations))

    def _quotes(self) -> Iterator[Piece]:
        for citation in self.answer.citations:
            yield Piece(citation.quote, citation)
            yield Piece(f" [{citation.number}]\n\n")


def place(citation: Citation) -> str:
    """The document and section of a citation, as a reader would name them."""
    page = f"p. {citation.page}" if citation.page else ""
    return " › ".join(part for part in (citation.document.source.title, *citation.section, page) if part)


def whole(pieces: list[Piece]) -> tuple[str, list[tuple[Citation, Span]]]:
    """The text that the pieces make, and the span of each quote in it, in code points."""
    quoted, at = [], 0
    for piece in pieces:
        end = at + len(piece.text)
        if piece.citation:
            quoted.append((piece.citation, Span(at, end)))
        at = end
    return "".join(piece.text for piece in pieces), quoted


def reply_json(reply: Reply, base: str) -> dict[str, Any]:
    """The wire form of a reply; `base` is the address that links start with."""
    answer = reply.answer
    return {
        "question": answer.question,
        "language": reply.language,
        "status": answer.status,
        "answer": reply.text(),
        "citations": [citation_json(citation, base) for citation in answer.citations],
        "suggestions": list(answer.suggestions),
    }
