"""The forward pass of the judge on a CPU: the ids of one pair in, what its heads say out.

Each pair is read alone. The products on bytes take one scale for all the rows of a call, and padding would change sums: read
together, a passage's figures would hang on its neighbours, and an answer could not be replayed to the bit.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from retrieval.encoding import processor
from retrieval.encoding.forward import Layer
from retrieval.encoding.int8 import largest_inputs
from retrieval.encoding.plain import PlainBert
from retrieval.judging.heads import Heads


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOutput:
    """Logits of one pair.

    Attributes:
        places: of an answer's first and last token, [length, 2]; place 0 stands for "no answer".
        answerable: that there is an answer.
        labels: of `retrieval.judging.labels.LABELS`.
    """

    places: Tensor
    answerable: float
    labels: tuple[float, ...]


class PairForward:
    """A trained encoder with its heads, ready to run; safe in threads.

    Args:
        bert: on the CPU, in the dtype it is to run in.
        heads: in float32.
    """

    def __init__(self, bert: PlainBert, heads: Heads) -> None:
        runs_int8 = bert.encoder_dtype is torch.bfloat16 and processor.multiplies_int8()
        module = _Pair(bert, heads, uses_int8=runs_int8).eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # as retrieval.encoding.forward.OneCall says
            self._run = torch.jit.script(module)

    def __call__(self, ids: Sequence[int]) -> PairOutput:
        """Read one pair."""
        with torch.inference_mode():
            places, answerable, labels = self._run(torch.tensor([list(ids)]))
        return PairOutput(places=places[0], answerable=float(answerable[0]), labels=tuple(labels[0].tolist()))


class _Pair(torch.nn.Module):
    def __init__(self, bert: PlainBert, heads: Heads, *, uses_int8: bool) -> None:
        super().__init__()
        encoder: Any = bert.encoder
        embeddings: Any = bert.embeddings
        layers = list(encoder.layer)
        self._words, self._norm = embeddings.word_embeddings, embeddings.LayerNorm
        self._places = embeddings.position_embeddings.weight.data + embeddings.token_type_embeddings.weight.data[0]
        evened = [product for layer in layers for product in (layer.attention.self.query, layer.intermediate.dense)]
        largest = largest_inputs(bert, evened) if uses_int8 else None
        self._layers = torch.nn.ModuleList(Layer(layer, largest) for layer in layers)
        self._heads = heads

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self._norm(self._words(ids) + self._places[: ids.size(1)])
        for layer in self._layers:
            hidden = layer(hidden, None)
        found: tuple[Tensor, Tensor, Tensor] = self._heads(hidden.float())
        return found
