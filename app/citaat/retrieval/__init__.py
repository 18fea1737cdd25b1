"""A question meets the store: scores, confidence, the sentences that answer, quotes, and whether a quote is true."""
