"""A reranker in this process: a cross-encoder of sentence-transformers, such as BAAI/bge-reranker-v2-m3, from a folder."""

import logging
import os
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from retrieval.errors import EncoderError

logger = logging.getLogger(__name__)

BATCH = 16


class CrossEncoderReranker:
    """A `retrieval.ports.Reranker`. Loads at first use, offline; safe in threads.

    Args:
        path: folder of a sequence-classification model with one label, as `CrossEncoder` reads it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._loaded: Any = None

    @property
    def name(self) -> str:
        return self._path.name

    def score(self, query: str, texts: Sequence[str]) -> list[float | None]:
        """See `retrieval.ports.Reranker`."""
        if not texts:
            return []
        model = self._model()
        try:
            scores = model.predict([(query, text) for text in texts], batch_size=BATCH, show_progress_bar=False)
        except (RuntimeError, ValueError, IndexError) as error:  # what torch and the tokenizer raise
            raise EncoderError(f"The reranker {self._path} refused its input: {error}") from error
        return [float(score) for score in scores]

    def _model(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Any:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            from sentence_transformers import CrossEncoder

            import_module("transformers.utils.logging").disable_progress_bar()
            model = CrossEncoder(str(self._path), local_files_only=True)
        except (OSError, ValueError, ImportError) as error:
            raise EncoderError(f"The reranker {self._path} could not be loaded: {error}") from error
        if model.config.num_labels != 1:
            raise EncoderError(f"The reranker {self._path} has {model.config.num_labels} labels; one is needed, the relevance.")
        logger.info("reranker loaded: name=%s", self.name)
        return model
