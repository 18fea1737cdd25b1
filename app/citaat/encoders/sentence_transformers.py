"""Any sentence-transformers model, by torch."""

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.protocol import (
    PROMPT_NAMES,
    Encoded,
    EncodedPassages,
    TextKind,
    encode_separately,
    loading_failed,
    prompts_of,
)


class SentenceTransformersEncoder:
    """Any sentence-transformers model, with its own prompts for questions and passages.

    Attributes:
        model: as sentence-transformers loads it.
        prompts: what questions ("query") and passages ("document") begin with.
    """

    def __init__(self, model: str, device: str = "cpu") -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self.model: SentenceTransformer = SentenceTransformer(model, device=device, model_kwargs={"dtype": "float32"}).float()
        except Exception as error:  # What a broken folder raises depends on which of its files is broken.
            raise loading_failed(error) from error
        self._lock = threading.Lock()
        self.name = model
        self.prompts = prompts_of(Path(model).name, self.model.prompts)
        self.model.prompts |= self.prompts
        self.fingerprint = self._fingerprint()
        self.dimension = self.model.encode([""], show_progress_bar=False).shape[1]

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        encode = self.model.encode_query if kind == "question" else self.model.encode_document
        with self._lock:  # its tokenizer is set to truncate or not by each call, and may not be set while another thread uses it
            vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
            truncated = self._truncated(texts, kind)
        return Encoded(np.asarray(vectors, np.float32).reshape(len(texts), self.dimension), truncated)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        return encode_separately(self, passages)

    def _truncated(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.bool_]:
        """bool [n]. sentence-transformers truncates in silence, so tokens are counted beside it."""
        longest = self.model.max_seq_length
        if longest is None or not texts:
            return np.zeros(len(texts), np.bool_)
        prompt = self.prompts.get(PROMPT_NAMES[kind], "")
        rows = self.model.tokenizer([prompt + text for text in texts], truncation=False)["input_ids"]
        return np.array([len(row) > longest for row in rows], np.bool_)

    def _fingerprint(self) -> str:
        """Of what decides the vectors, and not the name: an equal model elsewhere gives equal vectors."""
        import torch

        digest = hashlib.sha256(json.dumps([repr(self.model), self.model.prompts]).encode())
        digest.update(self._vocabulary())
        with torch.no_grad():
            for tensor in self.model.state_dict().values():
                digest.update(tensor.contiguous().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def _vocabulary(self) -> bytes:
        """The tokenizer as it is stored, or the pieces of one that is not stored as a whole."""
        tokenizer = self.model.tokenizer
        whole = getattr(tokenizer, "backend_tokenizer", None)
        return (whole.to_str() if whole else json.dumps(sorted(tokenizer.get_vocab().items()))).encode()
