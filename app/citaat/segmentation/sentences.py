"""Sentences as spans: sentencex finds them, and a rule rejoins what it cuts wrongly in Dutch and English."""

import re

import sentencex

from citaat.domain import Span
from citaat.segmentation.profile import PROFILE

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:(?:[a-z]{1,3}\.){2,}|(?:art|artt|nr|nrs|lid|jl|ca|evt|incl|excl|resp|vgl|zgn|bv|bijv|blz|p|pp"
    r"|hfst|par|max|min|mr|dr|drs|ir|ing|prof|mw|mevr|dhr|mrs|ms|st|no|vs|fig|sec|ch|approx|dept)\.)$",
    re.IGNORECASE,
)
"""Abbreviations within a sentence: "o.a.", "d.w.z.", "m.b.t.", "art.", "nr.", "e.g."."""
_MAY_END = re.compile(r"(?:e\.d|e\.a|etc|enz|a\.u\.b|p\.m|a\.m|n\.v|b\.v)\.$", re.IGNORECASE)
"""Abbreviations that can end a sentence; a capital after one begins the next."""
_INITIAL = re.compile(r"(?:^|[\s(\[\"'“‘])(?:[A-Z]\.\s?)+$")
_SURNAME = re.compile(
    r"(?!(?:De|Het|Een|Dat|Dit|Die|Deze|We|Wij|Ze|Zij|Hij|Ik|Er|En|In|Op|Ook|Als|Maar|Daarom|Zo|Met|Voor|Om|Bij|Naar"
    r"|The|A|This|That|It|We|They|He|She|And|But|If|For)\b)(?:(?:van|von|de|den|der|ter|ten|te|la|le|du|el|al|'t|’t|op)\s)*[A-Z]"
)
_ITEM_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")


def split(text: str, span: Span, language: str = "nl") -> tuple[Span, ...]:
    """The sentences within `span` of `text`: in order, disjoint, covering all of it but white space.

    Args:
        text: a document's canonical text.
        span: a passage without its list marker.
        language: an ISO 639-1 code that sentencex knows.
    """
    body = span.of(text)
    is_lower_case = body.islower()
    found: list[Span] = []
    for boundary in sentencex.get_sentence_boundaries(language, body):
        sentence = body[boundary["start_index"] : boundary["end_index"]].strip()
        if not sentence:
            continue
        start = span.start + body.index(sentence, boundary["start_index"])
        end = start + len(sentence)
        if found and _is_one_sentence(found[-1].of(text), sentence, is_lower_case):
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(start, end))
    return tuple(found)


def _is_one_sentence(before: str, after: str, is_lower_case: bool) -> bool:
    """Whether a cut was wrong.

    Args:
        before: the sentence before the cut.
        after: the sentence after it; one that begins in lower case goes on from the one before.
        is_lower_case: whether the whole passage is in lower case, so that this tells nothing.
    """
    goes_on = after[0].islower() and not is_lower_case
    if not before.endswith("."):
        return before[-1] not in "!?:;…\"”’'" and goes_on
    if goes_on or (len(before) <= PROFILE.item_number and _ITEM_NUMBER.search(before)):
        return True
    end = before[-PROFILE.longest_abbreviation :]
    if _MAY_END.search(end):
        return False
    if _INITIAL.search(end):
        return bool(_SURNAME.match(after))
    return bool(_ABBREVIATION.search(end))
