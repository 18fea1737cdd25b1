"""Questions that name a publisher: "wat vindt de VVD van kernenergie?" asks what one party's documents say of nuclear energy.

The name tells where to look. As a word of the question it would only be in the way: a text hardly ever names its own
publisher, and where it does, it says nothing of the subject there.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from citaat.domain import DocumentInfo
from citaat.text.words import Token, tokenise, word_list, words

_ARTICLE = r"(?:\b(?:de|het|the)\s+)?$"
_SAYS = (
    r"(?:vindt|vinden|wil|willen|zegt|zeggen|denkt|denken|stelt|stellen|belooft|beloven|pleit|pleiten|schrijft|schrijven|"
    r"thinks?|wants?|says?|proposes?|promises?)\b"
)
_DOES = (
    r"(?:is|zijn|gaat|gaan|moet|moeten|doet|doen|heeft|hebben|kan|kiest|steunt|stemt|stemde|are|does|do|did|has|will|would|"
    r"should|supports?)\b"
)
_SAYS_BEFORE = re.compile(rf"(?:\b(?:volgens|according to)|^(?:en|and)|\b{_SAYS})\s+{_ARTICLE}", re.IGNORECASE)
_SAYS_AFTER = re.compile(
    rf"\s+{_SAYS}|['’]?s?[-\s](?:standpunt(?:en)?|(?:verkiezings)?programma|plan(?:nen|s)?|position|programme|manifesto)\b",
    re.IGNORECASE,
)
_DOES_BEFORE = re.compile(rf"(?:^(?:(?:wat|hoe|waarom|wanneer|what|how|why|when)\s+)?{_DOES}|\bbij)\s+{_ARTICLE}", re.IGNORECASE)
_WHO = re.compile(r"\W*(?:wie|welke partij(?:en)?|who|which part(?:y|ies))\b", re.IGNORECASE)
_EXCLUDES = re.compile(
    r"\b(?:behalve|uitgezonderd|anders dan|net als|naast|andere partij(?:en)?|other than|other part(?:y|ies)|except|besides|"
    r"apart from|unlike)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"(?:['’](?:s|ers?)\b)?\s*(?:[,/&_-]|\b(?:en|of|and|or)\b)\s*(?:(?:en|of|and|or)\s+)?"
    r"(?:(?:volgens|bij|van|according to|of)\s+)?(?:(?:de|het|the)\s+)?",
    re.IGNORECASE,
)
_ENDING = re.compile(r"['’](?:s|ers?)\b")
_PARENTHESES = re.compile(r"\s*\([^()]*\)\s*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of a publisher in a text.

    Attributes:
        name: as it is written there.
        start: `[start, end)` in the text, in code points.
        documents: ids of the documents that the name stands for.
        is_published: whether it is a publisher's name, rather than the acronym of a file's.
        is_addressed: whether it stands where one who speaks does ("vindt de VVD", "volgens de VVD"). Otherwise it may be the
            subject: "de AOW" where there is an AOW.txt, "de gemeente" on the site of one.
    """

    name: str
    start: int
    end: int
    documents: frozenset[str]
    is_published: bool
    is_addressed: bool = False


@dataclass(slots=True)
class _Publisher:
    """What is known of a name: the ways it is written, and the documents that it stands for."""

    written: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    is_published: bool = False


class Publishers:
    """What the documents of a library are called: by their publishers, and by acronyms in these and in file names.

    "Partij voor de Dieren (PvdD)" goes by both, "GroenLinks-PvdA" by each half too: capitals within a word tell a name.

    Args:
        is_word: whether a folded word is an ordinary one. A name of such words only ("denk", "het bos") is one as it is
            written, and otherwise where one who speaks is named.
    """

    def __init__(self, documents: Sequence[DocumentInfo], is_word: Callable[[str], bool]) -> None:
        self._is_word = is_word
        self._known: defaultdict[tuple[str, ...], _Publisher] = defaultdict(_Publisher)
        for document in documents:
            published = _called(document.source.publisher)
            for name in published | _acronyms(document.file_name):
                known = self._known[tuple(words(name))]
                known.written.add(name)
                known.documents.add(document.id)
                known.is_published |= name in published
        self._longest = max(map(len, self._known), default=0)

    def mentions(self, text: str, tokens: Sequence[Token]) -> tuple[Mention, ...]:
        """The names in a text, in order; the longest where several begin."""
        found: list[Mention] = []
        for at, token in enumerate(tokens):
            if not found or token.start >= found[-1].end:
                lengths = range(min(self._longest, len(tokens) - at), 0, -1)
                names = (one for length in lengths if (one := self._mention(text, tokens[at : at + length])))
                found += islice(names, 1)
        return _with_addressees(text, found)

    def acronym(self, word: str) -> Mention | None:
        """The publisher that a single word names wherever it stands, if it does."""
        return self._mention(word, tokenise(word))

    def _mention(self, text: str, tokens: Sequence[Token]) -> Mention | None:
        key = tuple(token.folded for token in tokens)
        known = self._known.get(key)
        if known is None:
            return None
        start, end, stop = tokens[0].start, tokens[-1].end, word_list("stop")
        says_before = _SAYS_BEFORE.search(text[:start]) and not _WHO.match(text)  # "wie wil de VVD uitsluiten?"
        says = bool(_SAYS_AFTER.match(text, end) or says_before)
        is_name = text[start:end] in known.written or not all(word in stop or self._is_word(word) for word in key)
        if not is_name and (not says or stop.issuperset(key)):
            return None
        acts = known.is_published and any(map(_acronyms, known.written)) and bool(_DOES_BEFORE.search(text[:start]))
        return Mention(text[start:end], start, end, frozenset(known.documents), known.is_published, says or acts)


def end_of(text: str, mention: Mention) -> int:
    """Where a name ends with what is joined to it, as in "PvdD's" and "PvdD'ers"."""
    ending = _ENDING.match(text, mention.end)
    return ending.end() if ending else mention.end


def excludes(text: str) -> bool:
    """Whether a question asks of all but those that it names."""
    return bool(_EXCLUDES.search(text))


def are_joined(text: str, first: Mention, second: Mention) -> bool:
    """Whether two names stand side by side, as in "VVD, CDA en NSC"."""
    return bool(_JOINED.fullmatch(text, first.end, second.start))


def _with_addressees(text: str, found: Sequence[Mention]) -> tuple[Mention, ...]:
    """Names that are joined to one who speaks speak too."""
    speaks = [one.is_addressed for one in found]
    joined = [are_joined(text, a, b) for a, b in pairwise(found)]
    for at in [*range(len(joined)), *reversed(range(len(joined)))]:
        if joined[at]:
            speaks[at] = speaks[at + 1] = speaks[at] or speaks[at + 1]
    return tuple(replace(one, is_addressed=speaking) for one, speaking in zip(found, speaks, strict=True))


def _called(publisher: str) -> set[str]:
    """The whole of a publisher's name, what stands before parentheses at its end, and acronyms."""
    ways = {publisher, _PARENTHESES.sub("", publisher), *_acronyms(publisher)}
    return {name.strip() for name in ways if words(name)}


def _acronyms(text: str) -> set[str]:
    """The words with a capital beyond the first letter, or with a capital and a digit; of several words all in capitals, none."""
    every = [word for word in re.findall(r"[^\W_]+", text) if any(map(str.isupper, word))]
    found = {word for word in every if any(letter.isupper() or letter.isdigit() for letter in word[1:])}
    return found if len(every) == 1 or not all(map(str.isupper, every)) else set()
