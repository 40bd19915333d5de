"""A BERT of the plain kind, read from its folder without transformers and sentence-transformers.

These two take 5 s of a processor and 260 MB to import, in every process, for what is a few products in a row. The modules have
the names of a transformers `BertModel`, whose weights they take; they run once, to see how large their inputs get, and are then
put together by retrieval.encoding.forward.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

PLAIN = {"bert": False, "roberta": True, "xlm-roberta": True}  # kinds of BERT, and whether places are counted after the padding's
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
PREFIXES = ("", "bert.", "roberta.")  # of the names in files of models that had another task on top


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """As transformers' configuration names them."""

    model_type: str = "bert"
    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0

    @property
    def first_place(self) -> int:
        """The place of a text's first token."""
        return self.pad_token_id + 1 if PLAIN[self.model_type] else 0


class PlainBert(torch.nn.Module):
    """Made without weights; `fill` brings them."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.config = sizes
        width = sizes.hidden_size
        with torch.device("meta"):
            self.embeddings = _group(
                word_embeddings=_embedding(sizes.vocab_size, width),
                position_embeddings=_embedding(sizes.max_position_embeddings, width),
                token_type_embeddings=_embedding(sizes.type_vocab_size, width),
                LayerNorm=torch.nn.LayerNorm(width, eps=sizes.layer_norm_eps),
            )
            self.encoder = _group(layer=torch.nn.ModuleList(_layer(sizes) for _ in range(sizes.num_hidden_layers)))

    def fill(self, state: dict[str, Tensor]) -> "PlainBert":
        """Take weights, all that there are places for. Raises: RuntimeError: one is missing, or of another shape."""
        self.load_state_dict({name: state[name] for name in self.state_dict() if name in state}, assign=True, strict=False)
        lacking = [name for name, value in self.state_dict().items() if value.is_meta]
        if lacking:
            raise RuntimeError(f"{lacking[0]} and {len(lacking) - 1} more weights are missing")
        return self.eval().requires_grad_(False)

    def replace(self, state: dict[str, Tensor]) -> None:
        """Put other weights in the places of some. Raises: RuntimeError: there is no such place, or it has another shape."""
        _, unknown = self.load_state_dict(state, strict=False)
        if unknown:
            raise RuntimeError(f"there is no place for {unknown[0]} and {len(unknown) - 1} more")

    @property
    def encoder_dtype(self) -> torch.dtype:
        """Of the layers' weights."""
        return next(self.encoder.parameters()).dtype

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the states of the tokens, [texts, length, width], of texts without padding."""
        parts: Any = self.embeddings
        texts, length = input_ids.shape
        first = self.config.first_place
        places = parts.position_embeddings.weight[first : first + length] + parts.token_type_embeddings.weight[0]
        hidden = parts.LayerNorm(parts.word_embeddings(input_ids) + places)
        layers: Any = self.encoder.layer
        for layer in layers:
            attention = layer.attention
            query, key, value = (
                product(hidden).view(texts, length, attention.self.num_attention_heads, -1).transpose(1, 2)
                for product in (attention.self.query, attention.self.key, attention.self.value)
            )
            seen = torch.nn.functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(hidden.shape)
            hidden = attention.output.LayerNorm(attention.output.dense(seen) + hidden)
            inner = torch.nn.functional.gelu(layer.intermediate.dense(hidden))
            hidden = layer.output.LayerNorm(layer.output.dense(inner) + hidden)
        result: Tensor = hidden
        return result


def read_plain(folder: Path, dtype: torch.dtype) -> tuple[PlainBert, bool] | None:
    """Return a sentence-transformers folder's BERT, and whether a text's vector is its first token's; None: it is another kind.

    Raises: OSError, ValueError, KeyError, RuntimeError: it cannot be read.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights = folder / "model.safetensors"
    pooling = _pooling(folder)
    is_plain = config.get("model_type") in PLAIN and config.get("hidden_act", "gelu") == "gelu" and not config.get("is_decoder")
    if not is_plain or config.get("position_embedding_type", "absolute") != "absolute" or pooling is None or not weights.is_file():
        return None
    sizes = Sizes(**{name: config[name] for name in Sizes.__dataclass_fields__ if config.get(name) is not None})
    stored = load_file(weights)
    prefix = next((prefix for prefix in PREFIXES if f"{prefix}embeddings.word_embeddings.weight" in stored), "")
    state = {name.removeprefix(prefix): value.to(dtype) for name, value in stored.items() if name.startswith(prefix)}
    return PlainBert(sizes).fill(state), pooling == "cls"


def _pooling(folder: Path) -> str | None:
    """Return how a folder's model makes one vector of many, None where it does it otherwise, or more comes after it."""
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    names = [module["type"].rpartition(".")[2] for module in modules]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or modules[0]["path"]:
        return None
    declared = json.loads((folder / modules[1]["path"] / "config.json").read_text(encoding="utf-8"))
    if "pooling_mode" in declared:
        mode = declared["pooling_mode"]
        return mode if mode in POOLINGS.values() else None
    chosen = [name for name, value in declared.items() if name.startswith("pooling_mode_") and value]
    return POOLINGS.get(chosen[0]) if len(chosen) == 1 else None


def _layer(sizes: Sizes) -> torch.nn.Module:
    width, inner = sizes.hidden_size, sizes.intermediate_size
    products = {name: torch.nn.Linear(width, width) for name in ("query", "key", "value")}
    attention: Any = _group(self=_group(**products), output=_group(dense=torch.nn.Linear(width, width), LayerNorm=_norm(sizes)))
    attention.self.num_attention_heads = sizes.num_attention_heads
    attention.self.scaling = (width // sizes.num_attention_heads) ** -0.5
    return _group(
        attention=attention,
        intermediate=_group(dense=torch.nn.Linear(width, inner)),
        output=_group(dense=torch.nn.Linear(inner, width), LayerNorm=_norm(sizes)),
    )


def _embedding(rows: int, width: int) -> torch.nn.Embedding:
    """An embedding whose rows are not drawn at random: on "meta" torch does that by its compiler, which takes seconds to import."""
    return torch.nn.Embedding(rows, width, _weight=torch.empty(rows, width))


def _norm(sizes: Sizes) -> torch.nn.LayerNorm:
    return torch.nn.LayerNorm(sizes.hidden_size, eps=sizes.layer_norm_eps)


def _group(**members: torch.nn.Module) -> torch.nn.Module:
    """Return a module that only holds others by name."""
    group = torch.nn.Module()
    for name, member in members.items():
        group.add_module(name, member)
    return group
