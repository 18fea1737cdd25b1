"""Which encoder computes a model."""

import json
from pathlib import Path

from citaat.encoders.protocol import Encoder, loading_failed
from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.encoders.static import StaticEncoder
from citaat.encoders.transformer import TransformerEncoder
from citaat.errors import InputError

_STATIC_MODULES = ["StaticEmbedding", "Normalize"]
_TRANSFORMER_MODULES = (
    ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling", "Dense", "Normalize"],
)  # fmt: skip


def load(model: str, device: str = "") -> Encoder:
    """The encoder in a folder, or a sentence-transformers model by its id.

    Args:
        device: what torch computes on, such as "cuda"; empty for what is fastest on the processor.

    Raises:
        InputError: there is no such model, it cannot be loaded, or there is no such device.
    """
    if device:
        _refuse_unknown(device)
    try:
        return _load_known(Path(model), device) or SentenceTransformersEncoder(model, device or "cpu")
    except InputError:
        raise
    except Exception as error:  # A broken tokenizer.json raises nothing narrower, and broken weights many things.
        raise loading_failed(error) from error


def _refuse_unknown(device: str) -> None:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise InputError(
            f"torch finds no such device on this machine. It has: {', '.join(_devices())}.", code="unknown-setting"
        ) from None


def _devices() -> list[str]:
    import torch

    return ["cpu", *(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if torch.backends.mps.is_available() else [])]


def _load_known(folder: Path, device: str) -> Encoder | None:
    """The encoder in a folder, if it is of a kind that we know how to compute ourselves."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    listed = json.loads(modules.read_text("utf-8"))
    types = [module["type"].rsplit(".", 1)[-1] for module in listed]
    if types == _STATIC_MODULES:
        return StaticEncoder(folder, listed[0]["path"])
    return TransformerEncoder(folder, device) if types in _TRANSFORMER_MODULES and TransformerEncoder.supports(folder) else None
