"""The rows of curation, each kind in its room."""

from curation.canary.models import CanaryState, CanaryWatch, HeldChange
from curation.gaps.models import Gap, GapQuestion, GapReading
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun

__all__ = [
    "CanaryState",
    "CanaryWatch",
    "Gap",
    "GapQuestion",
    "GapReading",
    "GoldenQuestion",
    "GoldenResult",
    "GoldenRun",
    "HeldChange",
]
