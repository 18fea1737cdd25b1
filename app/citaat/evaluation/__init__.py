"""Question sets and the figures of them."""
