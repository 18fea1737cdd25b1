"""The limits of every interface, in one place."""

LONGEST_QUESTION = 2_000
"""Characters of a question."""
MOST_CITATIONS = 50
"""Citations of one answer."""
DEFAULT_CITATIONS = 3
"""Citations of an answer to someone who names no limit."""
MOST_TURNS = 200
"""Earlier turns that a client may send along."""
TURNS_READ = 6
"""A person's turns that are read, the question the last of them: a subject is not carried for longer."""
MOST_QUERIES = 16
"""Queries of one search."""
LARGEST_BODY = 1_048_576
"""Bytes of a request's body."""
MOST_OCCURRENCES = 100
"""Spans that verification reports for one quote."""
