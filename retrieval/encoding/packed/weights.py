"""A model file's weights as a BERT whose words stay packed in the mapped file."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from retrieval.encoding.packed.model_file import BLOCK, BLOCK_BYTES, ModelFile
from retrieval.encoding.plain import PlainBert, Sizes

# Of a layer: the file's name, the name in transformers, and the widths of a matrix (h: hidden, f: inner); one width: a vector.
LAYER = (
    ("q.w", "attention.self.query.weight", "hh"),
    ("q.b", "attention.self.query.bias", "h"),
    ("k.w", "attention.self.key.weight", "hh"),
    ("k.b", "attention.self.key.bias", "h"),
    ("v.w", "attention.self.value.weight", "hh"),
    ("v.b", "attention.self.value.bias", "h"),
    ("ao.w", "attention.output.dense.weight", "hh"),
    ("ao.b", "attention.output.dense.bias", "h"),
    ("aln.w", "attention.output.LayerNorm.weight", "h"),
    ("aln.b", "attention.output.LayerNorm.bias", "h"),
    ("fi.w", "intermediate.dense.weight", "fh"),
    ("fi.b", "intermediate.dense.bias", "f"),
    ("fo.w", "output.dense.weight", "hf"),
    ("fo.b", "output.dense.bias", "h"),
    ("oln.w", "output.LayerNorm.weight", "h"),
    ("oln.b", "output.LayerNorm.bias", "h"),
)


class PackedWords(torch.nn.Module):
    """An embedding whose rows lie in four bits, in the mapped file, and are unpacked as they are read.

    Args:
        rows: of the file, for each number of the tokenizer, [numbers].
    """

    def __init__(self, file: ModelFile, rows: npt.NDArray[np.int64], dtype: torch.dtype) -> None:
        super().__init__()
        packed = file.packed_rows("emb.word", file.head.words, file.head.hidden)
        self._packed, self._halves = torch.from_numpy(packed), torch.from_numpy(packed.view(np.float16))
        self._rows, self._dtype = torch.from_numpy(rows), dtype
        self._blocks, self._block, self._half = file.head.hidden // BLOCK, BLOCK_BYTES, BLOCK // 2

    def forward(self, ids: Tensor) -> Tensor:
        """Return [..., hidden] for numbers of the tokenizer."""
        rows = self._rows[ids.flatten()]
        scales = self._halves[rows].view(-1, self._blocks, self._block // 2)[:, :, :1].to(torch.float32)
        codes = self._packed[rows].view(-1, self._blocks, self._block)[:, :, 2:]
        values = torch.cat([codes.bitwise_and(15), codes.bitwise_right_shift(4)], dim=2).to(torch.float32).sub(8.0)
        return values.mul(scales).reshape(ids.size(0), ids.size(1), -1).to(self._dtype)


def build_bert(file: ModelFile, rows: npt.NDArray[np.int64], dtype: torch.dtype) -> PlainBert:
    """Return the file's model, of `dtype`, on the CPU."""
    head = file.head
    sizes = Sizes(
        vocab_size=len(rows),
        hidden_size=head.hidden,
        num_hidden_layers=head.layers,
        num_attention_heads=head.heads,
        intermediate_size=head.inner,
        max_position_embeddings=head.places,
        type_vocab_size=head.kinds,
        layer_norm_eps=head.epsilon,
    )
    model = PlainBert(sizes)
    parts: Any = model.embeddings
    parts.word_embeddings = PackedWords(file, rows, dtype)
    # The file keeps the row of the first kind of token alone; no other is ever used.
    kinds = file.vector("emb.type", 1, head.hidden).repeat(head.kinds, axis=0)
    state: dict[str, Tensor] = {}

    def keep(name: str, values: npt.NDArray[np.float32]) -> None:
        state[name] = torch.from_numpy(values).to(dtype)  # one by one: all of them in float32 would be 85 MB more

    keep("embeddings.position_embeddings.weight", file.vector("emb.pos", head.places, head.hidden))
    keep("embeddings.token_type_embeddings.weight", kinds)
    keep("embeddings.LayerNorm.weight", file.vector("emb.ln.w", head.hidden))
    keep("embeddings.LayerNorm.bias", file.vector("emb.ln.b", head.hidden))
    widths = {"h": head.hidden, "f": head.inner}
    for layer in range(head.layers):
        for name, there, letters in LAYER:
            shape = [widths[letter] for letter in letters]
            read = file.matrix if len(shape) == 2 else file.vector
            keep(f"encoder.layer.{layer}.{there}", read(f"l{layer}.{name}", *shape))
    return model.fill(state)
