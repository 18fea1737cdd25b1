"""Every setting, read once from the environment, frozen."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from citaat.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_CLONE = _PACKAGE.parent.parent
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Attributes:
        data: the file or folder that is indexed when no store exists (`CITAAT_DATA`).
        model: a model folder, or a sentence-transformers model id (`CITAAT_MODEL`).
        store: where `citaat index` writes and all else reads (`CITAAT_STORE`).
        url: the public address of this server, for links that leave it (`CITAAT_URL`); empty for the address that
            a request came to, or http://127.0.0.1:8000 where there is none.
        rerank: a cross-encoder, by folder or id, that puts the first twenty passages in order (`CITAAT_RERANK`); empty
            for none.
        device: what torch encodes on, such as "cuda" (`CITAAT_DEVICE`); empty for OpenVINO on the processor.
        max_wait: seconds that a request waits at most before the server begins on it (`CITAAT_MAX_WAIT`).
        origins: addresses of sites whose pages may call this server (`CITAAT_ORIGINS`, with commas between); `*` for any.
    """

    data: Path
    model: str
    store: Path
    url: str
    rerank: str = ""
    origins: tuple[str, ...] = ()
    device: str = ""
    max_wait: float = 5.0

    @classmethod
    def from_environment(cls) -> "Settings":
        """A wheel carries data and model inside the package; a clone uses its folders."""
        installed = (_PACKAGE / "_model").is_dir()
        data = _PACKAGE / "_data" if installed else _CLONE / "data"
        store = platformdirs.user_data_path("citaat") / "store" if installed else _CLONE / "embeddings" / "store"
        return cls(
            data=Path(os.environ.get("CITAAT_DATA") or data),
            model=os.environ.get("CITAAT_MODEL") or str(shipped_model()),
            store=Path(os.environ.get("CITAAT_STORE") or store),
            url=os.environ.get("CITAAT_URL", "").rstrip("/"),
            rerank=os.environ.get("CITAAT_RERANK", ""),
            device=os.environ.get("CITAAT_DEVICE", ""),
            origins=tuple(one.strip().rstrip("/") for one in os.environ.get("CITAAT_ORIGINS", "").split(",") if one.strip()),
            max_wait=_max_wait(),
        )


def _max_wait() -> float:
    """Seconds, by default five: who reads a page waits no longer."""
    told = os.environ.get("CITAAT_MAX_WAIT") or "5"
    try:
        seconds = float(told)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InputError("CITAAT_MAX_WAIT takes a number of seconds.", code="unknown-setting")
    return seconds


def shipped_model() -> Path:
    """The folder of the encoder and ranker that ship."""
    installed = _PACKAGE / "_model"
    return installed if installed.is_dir() else _CLONE / "embeddings" / "model"


def cache_folder() -> Path:
    """Where what can be made again is kept (`CITAAT_CACHE`): a model as the runtime reads it."""
    return Path(os.environ.get("CITAAT_CACHE") or platformdirs.user_cache_path("citaat"))


def precision() -> str | None:
    """In which the encoder computes, as OpenVINO names it (`CITAAT_PRECISION`); None for the best that the processor has."""
    told = os.environ.get("CITAAT_PRECISION")
    if told and told not in _PRECISIONS:
        raise InputError(f"CITAAT_PRECISION takes {' or '.join(_PRECISIONS)}.", code="unknown-setting")
    return _PRECISIONS[told] if told else None


def thread_count() -> int:
    """How many threads compute at once (`CITAAT_THREADS`); the cores that this process may use, unless it is told."""
    told = os.environ.get("CITAAT_THREADS") or "0"
    if not told.isdecimal():
        raise InputError("CITAAT_THREADS takes a whole number.", code="unknown-setting")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(told) or cores
