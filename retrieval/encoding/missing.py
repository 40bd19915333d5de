"""Stands in for an encoder that cannot be found: search uses keywords alone, and nothing can be embedded."""

from collections.abc import Sequence
from typing import NoReturn

from retrieval.errors import EncoderError
from retrieval.tokens import Projection
from retrieval.types import Embedding


class MissingEncoder:
    """An `Embedder` that can read nothing, so that the dense leg and late interaction abstain."""

    dimension = 0
    max_tokens = 0
    projection: Projection | None = None

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    def warm_up(self) -> None:
        """There is nothing to load."""

    def unknown_share(self, text: str) -> float:
        return 1.0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self._refuse()

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        self._refuse()

    def embed_query(self, text: str) -> Embedding:
        self._refuse()

    def embed_tokens(self, texts: Sequence[str]) -> list[bytes]:
        self._refuse()

    def token_starts(self, text: str) -> list[int]:
        return []

    def query_weights(self, text: str) -> list[float]:
        return []

    def _refuse(self) -> NoReturn:
        raise EncoderError(f"The encoder {self.fingerprint} is gone. Build the index anew with the present one.")
