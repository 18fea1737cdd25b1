"""The numbers of segmentation in one place. Lengths are in characters (Unicode code points), shares are of 1."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits and thresholds of segmentation. Whoever changes one raises `segmentation.VERSION`."""

    longest_passage: int = 1_200  # characters beyond which a paragraph is cut between sentences
    longest_sentence: int = 4_000  # characters beyond which a sentence is cut at white space
    run_in_words: int = 8  # words of a passage's first sentence up to which it is a run-in heading
    lead_words: int = 8  # words of a paragraph that ends in a colon, up to which it heads the list below it

    unwrapped_width: int = 160  # characters: where most lines are longer, lines are not wrapped and each is a paragraph
    width_share: float = 0.8  # share of the lines of running text that stay within a text's width
    line_end: int = 60  # characters at the end of a line that are inspected to see how it ends
    paragraph_indent: int = 2  # columns that the first line of a paragraph is indented, at least
    paragraph_gap_lines: int = 6  # blank lines separate paragraphs if one line of text in so many, or more, follows one
    short_line: float = 0.7  # share of the width below which a line ends its paragraph, where no blank lines do

    heading_words: int = 16  # words of a heading with a number or keyword, at most
    full_line: float = 0.8  # share of the width beyond which a numbered line is the first line of a paragraph and no heading
    title_words: int = 12  # words of a heading without number or keyword, at most
    title_width: float = 0.6  # share of the width below which a line without a blank line on either side may be a title
    capitals_letters: int = 4  # letters of a line in capitals from which it is a heading
    capitals_length: int = 100  # characters below which a line in capitals is a heading
    numbering_headings: int = 4  # numbered headings from which a text counts as numbered
    numbering_ended: int = 5  # it has ended where the last section is so many times as long as the longest of the others

    contents_entry: int = 120  # characters below which a line that ends in a number may be an entry of a contents page
    contents_entries: int = 4  # entries that make a contents page without a title
    titled_contents_entries: int = 3  # entries that make a contents page below a title such as "Contents"
    contents_gap: int = 12  # lines in a row without a page number that a contents page may hold
    contents_text: int = 90  # characters of a line without a page number beyond which it ends a contents page

    header_lines: int = 60  # lines of a text from which running headers are looked for
    header_length: int = 12  # characters of a running header, at least
    header_key: int = 24  # characters at the start or end of a line by which lines with the same header are grouped
    longest_header: int = 200  # characters of a running header, at most
    header_agreement: float = 0.8  # share of a group of lines that have to agree on the next character of their header
    header_repeats: int = 4  # repeats of a running header, at least
    lines_a_header: int = 1_500  # a running header repeats at least once in so many lines
    joined_header_repeats: int = 8  # repeats of a header without digits whose next word is mostly joined to it, at least
    section_repeats: int = 4  # repeats of a section's title between a running header and a page number, at least
    page_link_repeats: int = 20  # repeats of a page number with a link text joined to it, at least
    joined_numbers: int = 5  # lines that begin with a number joined to a word, from which these numbers are judged
    ascending_share: float = 0.8  # share of such numbers that exceed the one before, from which they are page numbers
    digit_bullets: int = 8  # repeats of one such number, at least, for it to be a bullet of a symbol font
    digit_bullet_share: float = 0.5  # share of such numbers that this one exceeds
    joined_dashes: int = 8  # lines that begin with a dash joined to a word, from which the dash marks list items

    longest_abbreviation: int = 24  # characters before a sentence boundary that are searched for an abbreviation
    item_number: int = 4  # characters of a sentence, at most, that is the number of an item and part of the next


PROFILE = Profile()
