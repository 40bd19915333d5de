"""The judge as it is trained: an encoder whose upper layers learn, and the heads above it, in float32 with products in bf16."""

from typing import Any

import torch
from torch import Tensor

from retrieval.encoding.plain import PlainBert
from retrieval.judging.heads import Heads

DROPPED = 0.1  # share of the values that a trained layer's products lose while it learns


class Net(torch.nn.Module):
    """Reads pairs.

    Args:
        bert: the encoder, in float32.
        frozen: how many of its lower layers stay as they are, as do its embeddings.
    """

    def __init__(self, bert: PlainBert, *, frozen: int) -> None:
        super().__init__()
        self.bert, self.frozen = bert, frozen
        self.heads = Heads(bert.config.hidden_size)
        layers: Any = bert.encoder.layer
        self.upper = list(layers[frozen:])
        for layer in self.upper:
            layer.requires_grad_(True)

    def forward(self, ids: Tensor, read: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return `Heads.forward` of pairs [pairs, length], with 1 in `read` for a token and 0 for padding."""
        parts: Any = self.bert.embeddings
        places = parts.position_embeddings.weight[: ids.shape[1]] + parts.token_type_embeddings.weight[0]
        closed = None if bool(read.all()) else (1 - read[:, None, None, :].float()) * -1e4
        layers: Any = self.bert.encoder.layer
        with torch.no_grad():
            hidden = parts.LayerNorm(parts.word_embeddings(ids) + places)
            for layer in layers[: self.frozen]:
                hidden = _read(layer, hidden, closed, dropped=0.0)
        for layer in layers[self.frozen :]:
            hidden = _read(layer, hidden, closed, dropped=DROPPED if self.training else 0.0)
        found: tuple[Tensor, Tensor, Tensor] = self.heads(hidden.float())
        return found


def _read(layer: Any, hidden: Tensor, closed: Tensor | None, *, dropped: float) -> Tensor:
    """One layer; products and exponentials by themselves, since torch's fused attention takes longer backwards on a CPU."""
    attention = layer.attention
    texts, length, width = hidden.shape
    heads = attention.self.num_attention_heads
    query, key, value = (
        product(hidden).view(texts, length, heads, -1).transpose(1, 2).reshape(texts * heads, length, -1)
        for product in (attention.self.query, attention.self.key, attention.self.value)
    )
    scores = torch.bmm(query * attention.self.scaling, key.transpose(1, 2)).view(texts, heads, length, length)
    weights = (scores if closed is None else scores + closed.to(scores.dtype)).softmax(-1).to(value.dtype)
    seen = torch.bmm(weights.view(texts * heads, length, length), value).view(texts, heads, length, -1)
    seen = attention.output.dense(seen.transpose(1, 2).reshape(texts, length, width))
    dropout = torch.nn.functional.dropout
    after = attention.output.LayerNorm(dropout(seen, dropped) + hidden)
    inner = torch.nn.functional.gelu(layer.intermediate.dense(after))
    result: Tensor = layer.output.LayerNorm(dropout(layer.output.dense(inner), dropped) + after)
    return result
