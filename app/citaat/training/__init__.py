"""Everything that is learned from texts or from question sets: encoders, words, the ranker."""
