"""The forward pass of a sentence-transformers model: token ids in, a vector of each text and of each token out.

A BERT of the plain kind runs on a CPU as one TorchScript call, from its ids to its vectors. Python has no part in it, and its lock
is free meanwhile: taken and given back at each of 300 operations, the lock made 16 questions at once slower than one after another.
Such a one is read without sentence-transformers (retrieval.encoding.plain); other models, and other devices, run as that runs them.
"""

import os
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor

from retrieval.encoding import processor
from retrieval.encoding.attention import attend
from retrieval.encoding.int8 import Int8Linear, largest_inputs
from retrieval.encoding.plain import PLAIN, POOLINGS, read_plain
from retrieval.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from retrieval.encoding.packed.model_file import ModelFile

# oneDNN and torch's layer above it keep the prepared products of the last 1024 shapes, 3 MB for each of batch × length: a worker
# grew from 660 MB to 1.4 GB over 236 shapes. With 16 it stays at 660 MB, and passages take as long; for questions see config.asgi.
PRIMITIVES_KEPT = (("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16"), ("LRU_CACHE_CAPACITY", "16"))


class ForwardPass(Protocol):
    """One model, ready to run. Safe in threads."""

    dimension: int
    is_on_cpu: bool
    dtype: torch.dtype

    def __call__(self, ids: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        """Return unit vectors of texts [texts, dimension] and the states of their tokens [texts, length, width], both float32.

        Args:
            ids: of tokens, [texts, length], padded on the right.
            read: 1 for a token, 0 for padding, like `ids`.
        """
        ...


def open_model(path: Path) -> ForwardPass:
    """Load a model from its folder, offline. Raises: EncoderError."""
    for name, value in (("HF_HUB_OFFLINE", "1"), *PRIMITIVES_KEPT):
        os.environ.setdefault(name, value)
    if not torch.accelerator.is_available():
        try:
            plain = read_plain(path, _dtype())
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise EncoderError(f"The encoder {path} could not be loaded: {error}") from error
        if plain is not None:
            return OneCall(plain[0], takes_first=plain[1])
    try:
        from sentence_transformers import SentenceTransformer

        import_module("transformers.utils.logging").disable_progress_bar()
        model = SentenceTransformer(str(path), local_files_only=True).eval()
    except (OSError, ValueError, ImportError) as error:
        raise EncoderError(f"The encoder {path} could not be loaded: {error}") from error
    is_on_cpu = model.device.type == "cpu"
    if is_on_cpu and processor.multiplies_bf16():
        model = model.to(torch.bfloat16)
    if is_on_cpu and is_plain(model):
        return OneCall(model[0].model, takes_first=model[1].pooling_mode == "cls")
    return Modules(model)


def open_packed(file: "ModelFile", rows: "npt.NDArray[np.int64]") -> ForwardPass:
    """Load the model of a packed file, for the CPU. Raises: EncoderError.

    Args:
        rows: of the file's vocabulary, for each number of the tokenizer.
    """
    for name, value in PRIMITIVES_KEPT:
        os.environ.setdefault(name, value)
    try:
        from retrieval.encoding.packed.weights import build_bert

        bert = build_bert(file, rows, _dtype())
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise EncoderError(f"The packed encoder could not be loaded: {error}") from error
    return OneCall(bert, takes_first=False)


def _dtype() -> torch.dtype:
    return torch.bfloat16 if processor.multiplies_bf16() else torch.float32


def is_plain(model: Any) -> bool:
    """Whether a sentence-transformers model is a BERT and a pooling that this module knows, and nothing more."""
    modules = list(model)
    config: Any = getattr(getattr(modules[0], "model", None), "config", None)
    if getattr(config, "model_type", None) not in PLAIN or config.hidden_act != "gelu" or config.is_decoder:
        return False
    names = [type(module).__name__ for module in modules[1:]]
    return names in (["Pooling"], ["Pooling", "Normalize"]) and modules[1].pooling_mode in POOLINGS.values()


class Modules:
    """A model as sentence-transformers runs it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.dimension = int(model.get_embedding_dimension())
        self.is_on_cpu = model.device.type == "cpu"
        self.dtype = next(model.parameters()).dtype

    def __call__(self, ids: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        """See `ForwardPass`."""
        device = self._model.device
        with torch.inference_mode():
            output = self._model({"input_ids": ids.to(device), "attention_mask": read.to(device)})
            vectors = torch.nn.functional.normalize(output["sentence_embedding"].float(), dim=1)
            return vectors.cpu(), output["token_embeddings"].float().cpu()


class OneCall:
    """A plain BERT on a CPU.

    Args:
        model: a transformers `BertModel`, or one that is built alike.
        takes_first: a text's vector is its first token's, not the mean.
    """

    is_on_cpu = True

    def __init__(self, model: Any, *, takes_first: bool) -> None:
        self.dimension = int(model.config.hidden_size)
        self.dtype = next(model.parameters()).dtype
        uses_int8 = self.dtype is torch.bfloat16 and processor.multiplies_int8()
        bert = _Bert(model, takes_first=takes_first, uses_int8=uses_int8).eval()
        with warnings.catch_warnings():
            # Its successors need a C++ compiler at run time, or take Python's lock at each operation. torch is pinned.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._run = torch.jit.script(bert)

    def __call__(self, ids: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        """See `ForwardPass`."""
        with torch.inference_mode():
            vectors, states = self._run(ids, read)
        return vectors, states


class Layer(torch.nn.Module):
    """A transformers `BertLayer`, as one sequence.

    Args:
        largest: inputs of products (retrieval.encoding.int8.largest_inputs) where they are done on bytes, which the last one is
            not: behind GELU, one large value leaves the many small ones no digits.
    """

    def __init__(self, layer: Any, largest: dict[torch.nn.Module, Tensor] | None) -> None:
        super().__init__()
        attention, up = layer.attention, layer.intermediate.dense
        self._heads, self._scale = int(attention.self.num_attention_heads), float(attention.self.scaling)
        of_input = (attention.self.query, attention.self.key, attention.self.value)
        if largest is None:
            self._read: torch.nn.Module = _side_by_side(*of_input)
            self._joined: torch.nn.Module = attention.output.dense
            self._up: torch.nn.Module = torch.nn.Sequential(up, torch.nn.GELU())
        else:
            self._read, self._joined = Int8Linear(*of_input, largest=largest[of_input[0]]), Int8Linear(attention.output.dense)
            self._up = Int8Linear(up, largest=largest[up], gelu=True)
        self._down = layer.output.dense
        self._after_attention, self._after_all = attention.output.LayerNorm, layer.output.LayerNorm

    def forward(self, hidden: Tensor, read: Tensor | None) -> Tensor:
        texts, length, width = hidden.shape
        before = hidden.reshape(-1, width)
        query, key, value = self._read(before).view(texts, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        flat = (texts * self._heads, length, width // self._heads)
        seen = attend((query * self._scale).reshape(flat), key.reshape(flat), value.reshape(flat), read)
        context = seen.view(texts, self._heads, length, -1).transpose(1, 2).reshape(-1, width)
        after = self._after_attention(self._joined(context) + before)
        result: Tensor = self._after_all(self._down(self._up(after)) + after).view(texts, length, width)
        return result


class _Bert(torch.nn.Module):
    """From ids to vectors; see `ForwardPass`."""

    def __init__(self, model: Any, *, takes_first: bool, uses_int8: bool) -> None:
        super().__init__()
        layers, embeddings = list(model.encoder.layer), model.embeddings
        first = model.config.pad_token_id + 1 if PLAIN[model.config.model_type] else 0
        self._words, self._norm, self._takes_first = embeddings.word_embeddings, embeddings.LayerNorm, takes_first
        self._places = embeddings.position_embeddings.weight.data[first:] + embeddings.token_type_embeddings.weight.data[0]
        evened = [product for layer in layers for product in (layer.attention.self.query, layer.intermediate.dense)]
        largest = largest_inputs(model, evened) if uses_int8 else None
        self._heads = int(model.config.num_attention_heads)
        self._layers = torch.nn.ModuleList(Layer(layer, largest) for layer in layers)

    def forward(self, ids: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        texts, length = ids.shape
        hidden = self._norm(self._words(ids) + self._places[:length])
        within: Tensor | None = None
        if not bool(read.all()):
            within = read.to(hidden.dtype)[:, None, :, None].expand(texts, self._heads, length, 1).reshape(-1, length, 1)
        for layer in self._layers:
            hidden = layer(hidden, within)
        states = hidden.float()
        share = read[:, :, None].to(states.dtype)
        vectors = states[:, 0] if self._takes_first else (states * share).sum(1) / share.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(vectors, dim=1), states


def _side_by_side(*layers: torch.nn.Linear) -> torch.nn.Linear:
    """Return one layer for several of the same input."""
    joined = torch.nn.Linear(layers[0].in_features, sum(layer.out_features for layer in layers), dtype=layers[0].weight.dtype)
    joined.weight.data = torch.cat([layer.weight.data for layer in layers])
    joined.bias.data = torch.cat([layer.bias.data for layer in layers])
    return joined
