"""Words of Dutch and English: tokenised, stemmed, their language, how common they are at large, and normalised copies."""
