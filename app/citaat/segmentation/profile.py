"""The numbers of segmentation in one place. Lengths are in characters (Unicode code points), shares are of 1."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits and thresholds of segmentation. Whoever changes one raises `passages.VERSION`."""

    longest_passage: int = 1_200
    """Characters beyond which a paragraph is cut between sentences."""
    longest_sentence: int = 4_000
    """Characters beyond which a sentence is cut at white space."""
    run_in_words: int = 8
    """Words of a passage's first sentence up to which it is a run-in heading."""
    lead_words: int = 8
    """Words of a paragraph that ends in a colon, up to which it is the heading of the list below it."""

    unwrapped_width: int = 160
    """Characters: if most lines are longer than this, lines are not wrapped and each is a paragraph."""
    width_share: float = 0.8
    """Share of the lines of running text that stay within a text's width."""
    line_end: int = 60
    """Characters at the end of a line that are inspected to see how it ends."""
    paragraph_indent: int = 2
    """Columns that the first line of a paragraph is indented, at least."""
    paragraph_gap_lines: int = 6
    """If one line of running text in so many, or more, follows a blank line, blank lines separate the paragraphs."""
    short_line: float = 0.7
    """Share of the width below which a line is the last of its paragraph, where no blank lines separate paragraphs."""

    heading_words: int = 16
    """Words of a heading with a number or keyword, at most."""
    full_line: float = 0.8
    """Share of the width beyond which a numbered line is the first line of a paragraph and no heading."""
    title_words: int = 12
    """Words of a heading without number or keyword, at most."""
    title_width: float = 0.6
    """Share of the width below which a line without a blank line on either side may be a title."""
    capitals_letters: int = 4
    """Letters of a line in capitals from which it is a heading."""
    capitals_length: int = 100
    """Characters below which a line in capitals is a heading."""
    numbering_headings: int = 4
    """Numbered headings from which a text counts as numbered."""
    numbering_ended: int = 5
    """The numbering has ended where the last section would be so many times as long as the longest of the others."""

    contents_entry: int = 120
    """Characters below which a line that ends in a number may be an entry of a contents page."""
    contents_entries: int = 4
    """Entries that make a contents page without a title."""
    titled_contents_entries: int = 3
    """Entries that make a contents page below a title such as "Contents"."""
    contents_gap: int = 12
    """Lines in a row without a page number that a contents page may hold."""
    contents_text: int = 90
    """Characters of a line without a page number beyond which it ends a contents page."""

    header_lines: int = 60
    """Lines of a text from which running headers are looked for."""
    header_length: int = 12
    """Characters of a running header, at least."""
    header_key: int = 24
    """Characters at the start or end of a line by which lines with the same header are grouped."""
    longest_header: int = 200
    """Characters of a running header, at most."""
    header_agreement: float = 0.8
    """Share of a group of lines that have to agree on the next character of their header."""
    header_repeats: int = 4
    """Repeats of a running header, at least."""
    lines_a_header: int = 1_500
    """A running header repeats at least once in so many lines."""
    joined_header_repeats: int = 8
    """Repeats of a header without digits whose next word is mostly joined to it, at least."""
    section_repeats: int = 4
    """Repeats of a section's title between a running header and a page number, at least."""
    page_link_repeats: int = 20
    """Repeats of a page number with a link text joined to it, at least."""
    joined_numbers: int = 5
    """Lines that begin with a number joined to a word, from which these numbers are judged."""
    ascending_share: float = 0.8
    """Share of such numbers that exceed the one before, from which they are page numbers."""
    digit_bullets: int = 8
    """Repeats of one such number, at least, for it to be a bullet of a symbol font."""
    digit_bullet_share: float = 0.5
    """Share of such numbers that this one exceeds."""
    joined_dashes: int = 8
    """Lines that begin with a dash joined to a word, from which the dash marks list items."""

    longest_abbreviation: int = 24
    """Characters before a sentence boundary that are searched for an abbreviation."""
    item_number: int = 4
    """Characters of a sentence, at most, for it to be the number of an item and part of the sentence that follows."""


PROFILE = Profile()
"""The profile in use."""
