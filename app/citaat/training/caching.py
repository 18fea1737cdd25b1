"""An encoder that encodes no text twice."""

from collections.abc import Sequence

import numpy as np

from citaat.domain import FloatMatrix, FloatVector
from citaat.encoders.protocol import Encoded, EncodedPassages, Encoder, TextKind


class CachingEncoder:
    """Another encoder, whose vectors are kept as long as this object."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self._texts: dict[tuple[str, TextKind], tuple[FloatVector, np.bool_]] = {}
        self._passages: dict[tuple[str, ...], tuple[FloatVector, FloatMatrix, np.bool_]] = {}

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        new = [text for text in dict.fromkeys(texts) if (text, kind) not in self._texts]
        if new:
            encoded = self._encoder.encode(new, kind)
            keys = [(text, kind) for text in new]
            self._texts |= zip(keys, zip(encoded.vectors, encoded.truncated, strict=True), strict=True)
        known = [self._texts[text, kind] for text in texts]
        vectors = np.array([vector for vector, _ in known], np.float32).reshape(-1, self.dimension)
        return Encoded(vectors, np.array([truncated for _, truncated in known], np.bool_))

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        keys = [tuple(passage) for passage in passages]
        new = [key for key in dict.fromkeys(keys) if key not in self._passages]
        if new:
            encoded = self._encoder.encode_passages(new)
            parts = np.split(encoded.sentences, np.cumsum([len(key) for key in new])[:-1])
            self._passages |= zip(new, zip(encoded.passages, parts, encoded.truncated, strict=True), strict=True)
        known = [self._passages[key] for key in keys]
        empty = np.empty((0, self.dimension), np.float32)
        return EncodedPassages(
            np.array([vector for vector, _, _ in known] or empty),
            np.concatenate([empty, *(parts for _, parts, _ in known)]),
            np.array([truncated for _, _, truncated in known], np.bool_),
        )
