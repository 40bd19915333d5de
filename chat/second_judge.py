"""A second opinion on each sentence: does its quote entail it? By an NLI cross-encoder, where an installation has one.

It can only withhold: what the rules of `chat.verify` did not let through, it does not see.
"""

import threading
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

LEAST_ENTAILMENT = 0.5


class SecondJudge(Protocol):
    """How probable it is that `evidence` entails `claim`, in [0, 1]. May raise: the sentence is then withheld."""

    def __call__(self, claim: str, evidence: str, /) -> float: ...


class NliJudge:
    """A sentence-transformers CrossEncoder with an "entailment" label among its classes. Loads at first use, offline.

    Args:
        folder: of the model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def __call__(self, claim: str, evidence: str, /) -> float:
        """Return the probability of entailment. Raises: OSError, ValueError: the folder holds no such model."""
        with self._lock:
            scores = self._model.predict([(evidence, claim)], apply_softmax=True, show_progress_bar=False)
        return float(scores[0][self._entailment])

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import CrossEncoder

        return CrossEncoder(str(self._folder), local_files_only=True)

    @cached_property
    def _entailment(self) -> int:
        labels = self._model.model.config.id2label
        found = [number for number, label in labels.items() if str(label).lower().startswith("entail")]
        if not found:
            raise ValueError(f"{self._folder} names no entailment among its labels {sorted(labels.values())}.")
        return int(found[0])


@cache
def open_judge(folder: str) -> SecondJudge | None:
    """Return the judge of a folder; None for an empty name."""
    return NliJudge(Path(folder)) if folder else None
