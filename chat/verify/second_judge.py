"""A second judge for each sentence, where an installation has one: an NLI cross-encoder decides whether the quote entails it.

It can only withhold: it never sees what the rules of `chat.verify` withheld.
"""

import threading
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

LEAST_ENTAILMENT = 0.5


class SecondJudge(Protocol):
    """Return the probability that `evidence` entails `claim`, in [0, 1]. Where it raises, the sentence is withheld."""

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
