"""From a text to its passages: what its lines are, where its sentences end, what can stand alone as a quote."""

VERSION = 4
"""Changes whenever the same text would be split differently, so that older stores are known as stale."""
