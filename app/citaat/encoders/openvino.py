"""The transformer that ships, as OpenVINO runs it: converted once, and kept in the user's cache."""

import atexit
import shutil
import sys
import tempfile
import threading
import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citaat.domain import FloatMatrix
from citaat.encoders.backbone import TokenIds, load_transformer
from citaat.errors import InputError
from citaat.settings import cache_folder, precision, thread_count

if TYPE_CHECKING:
    import openvino

_GRAPH, _EMBEDDINGS = "transformer.xml", "embeddings.npy"


class OpenVinoBackbone:
    """Hidden states in bfloat16 where the processor computes with it, in float32 elsewhere or where `CITAAT_PRECISION` says so.

    The token embeddings stay memory-mapped, so that processes share them.

    Args:
        folder: a sentence-transformers folder whose first module is a transformer.
        key: tells its weights from all others.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._key = folder, key
        self._lock, self._own = threading.Lock(), threading.local()
        self._compiled: dict[int, openvino.CompiledModel] = {}

    def __call__(self, token_ids: TokenIds, mask: TokenIds, streams: int = 1) -> FloatMatrix:
        with self._lock:
            request, embeddings = self._request(streams), self._embeddings
        found: FloatMatrix = request.infer([embeddings[token_ids].astype(np.float32), mask], share_inputs=True)[0]
        return found

    def _request(self, streams: int) -> "openvino.InferRequest":
        """This thread's own, of the transformer with its threads divided over so many streams."""
        requests: dict[int, openvino.InferRequest] = vars(self._own).setdefault("requests", {})
        if streams not in requests:
            if streams not in self._compiled:
                self._compiled[streams] = self._compile(streams)
            requests[streams] = self._compiled[streams].create_infer_request()
        return requests[streams]

    def _compile(self, streams: int) -> "openvino.CompiledModel":
        """No thread is pinned to a core: the first one of every worker would be pinned to the same."""
        openvino = _runtime()
        # OpenVINO's binding looks numpy up at the first array that it sees: two threads that are first wait for ever.
        openvino.Tensor(np.zeros(1, np.float32))
        properties = {
            "CACHE_DIR": str(self._converted), "CACHE_MODE": "OPTIMIZE_SIZE",  # the weights stay in a file that processes share
            "NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(thread_count()), "ENABLE_CPU_PINNING": "NO",
        }  # fmt: skip
        if hint := precision():
            properties["INFERENCE_PRECISION_HINT"] = hint
        return openvino.Core().compile_model(self._converted / _GRAPH, "CPU", properties)

    @cached_property
    def _embeddings(self) -> FloatMatrix:
        found: FloatMatrix = np.load(self._converted / _EMBEDDINGS, mmap_mode="r")
        return found

    @cached_property
    def _converted(self) -> Path:
        """Where the converted transformer lies; where the cache cannot be written, in a folder of this process's own."""
        name = f"{self._key}-openvino-{_runtime().__version__.partition('-')[0]}"
        kept = cache_folder() / "models" / name
        if kept.is_dir():
            return kept
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=kept.parent))
        except OSError:
            own = Path(tempfile.mkdtemp())
            atexit.register(shutil.rmtree, own, ignore_errors=True)
            convert(self._folder, own)
            return own
        try:
            convert(self._folder, made)
            made.rename(kept)
        except Exception as error:  # What a full disk raises depends on who writes.
            if not kept.is_dir():  # where it is one, another process was first
                raise InputError(
                    f"The encoder cannot be made ready for this machine in {kept.parent} ({type(error).__name__}). Free some "
                    "space or point CITAAT_CACHE at another folder.",
                    code="cache-unwritable",
                ) from error
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return kept


def _runtime() -> Any:
    """OpenVINO without its converter, which is half of what it imports, and sends telemetry."""
    converter = "openvino.tools.ovc"
    is_blocked = converter not in sys.modules
    if is_blocked:
        sys.modules[converter] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        if is_blocked:
            del sys.modules[converter]
    return openvino


def convert(folder: Path, out: Path) -> None:
    """Write a folder's transformer as OpenVINO reads it, and the token embeddings as float16, where these are no less exact.

    By the frontend itself: `openvino.convert_model` sends telemetry.
    """
    openvino = _runtime()
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    transformer = load_transformer(folder)

    class FromEmbeddings(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, inputs_embeds: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            return self.transformer(inputs_embeds=inputs_embeds, attention_mask=attention_mask).last_hidden_state

    example = {
        "inputs_embeds": torch.zeros(2, 3, transformer.config.hidden_size),
        "attention_mask": torch.tensor([[1, 1, 1], [1, 0, 0]]),
    }
    frontend = FrontEndManager().load_by_framework("pytorch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        decoder = TorchScriptPythonDecoder(FromEmbeddings(), example_input=example)
        graph = frontend.convert(frontend.load(decoder))
    weights = transformer.state_dict().values()
    is_half = all(torch.equal(tensor, tensor.half().float()) for tensor in weights)
    openvino.save_model(graph, out / _GRAPH, compress_to_fp16=is_half)
    embeddings = transformer.get_input_embeddings().weight.detach().numpy()
    np.save(out / _EMBEDDINGS, embeddings.astype(np.float16) if is_half else embeddings)
