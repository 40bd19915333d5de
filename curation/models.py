"""The rows of curation, each kind in its room."""

from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun

__all__ = ["GoldenQuestion", "GoldenResult", "GoldenRun"]
