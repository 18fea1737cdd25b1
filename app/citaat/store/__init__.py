"""Where a library's passages lie: the protocol that retrieval asks, and the engines behind it, one folder each."""
