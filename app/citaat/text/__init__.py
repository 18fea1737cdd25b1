"""Words: their language, their stems, what they are in the other language, and BM25 over them."""
