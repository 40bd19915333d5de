"""Where tokenizer, prompts and weights come from: the folder of a sentence-transformers model, or a file that packs them."""

import hashlib
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tokenizers import Tokenizer

from retrieval.encoding.prompts import Prompts, read_prompts
from retrieval.errors import EncoderError

if TYPE_CHECKING:
    from retrieval.encoding.forward import ForwardPass


class Model(Protocol):
    """A model that nothing was loaded of yet."""

    @property
    def path(self) -> Path:
        """Its folder or its file."""

    @property
    def identity(self) -> bytes:
        """Differs between models that give other vectors. Raises: OSError: it is gone."""

    @property
    def prompts(self) -> Prompts: ...

    @property
    def window(self) -> int:
        """Longest input in tokens, special tokens counted."""

    def tokenizer(self) -> Tokenizer:
        """Raises: EncoderError."""

    def open(self) -> "ForwardPass":
        """Load the weights. Raises: EncoderError."""


class FolderModel:
    """The folder of a sentence-transformers model."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def identity(self) -> bytes:
        weights = self.path / "model.safetensors"
        size = str(weights.stat().st_size if weights.exists() else 0).encode()
        prompts = repr((self.prompts.query, self.prompts.passage)).encode() if self.prompts != Prompts() else b""
        return (self.path / "config.json").read_bytes() + size + prompts

    @property
    def prompts(self) -> Prompts:
        return read_prompts(self.path)

    @property
    def window(self) -> int:
        declared = json.loads((self.path / "sentence_bert_config.json").read_text())
        return int(declared.get("max_seq_length") or 512)

    def tokenizer(self) -> Tokenizer:
        try:
            return Tokenizer.from_file(str(self.path / "tokenizer.json"))
        except Exception as error:  # tokenizers raises nothing narrower
            raise EncoderError(f"The tokenizer of {self.path} could not be read: {error}") from error

    def open(self) -> "ForwardPass":
        opened: ForwardPass = import_module("retrieval.encoding.forward").open_model(self.path)  # which imports torch
        return opened


def short_digest(*parts: bytes) -> str:
    """Return eight characters that tell one identity from another."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:8]
