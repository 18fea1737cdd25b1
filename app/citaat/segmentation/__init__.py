"""From a text to its passages: what its lines are, where its sentences end, what can stand alone as a quote."""
