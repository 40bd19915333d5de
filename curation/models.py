"""The rows of curation, each kind in its room."""

from curation.canary.models import CanaryState, CanaryWatch, HeldChange
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun

__all__ = ["CanaryState", "CanaryWatch", "GoldenQuestion", "GoldenResult", "GoldenRun", "HeldChange"]
