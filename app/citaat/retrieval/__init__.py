"""Retrieval: candidates, their features, ranking, calibrated confidence, and the sentences that answer."""
