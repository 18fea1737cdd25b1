"""From a passage to a citation: the quote, its place, its links, and whether it still stands there."""
