"""The rows of curation, each kind in its room."""

from curation.answers.models import ApprovedAnswer, ApprovedQuestion
from curation.canary.models import CanaryRules, CanaryState, CanaryWatch, HeldChange
from curation.gaps.models import Gap, GapQuestion, GapReading
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.handover.models import Handover
from curation.insights.models import DayCount, DocumentUse, InsightReading
from curation.prompts.models import PromptVersion

__all__ = [
    "ApprovedAnswer",
    "ApprovedQuestion",
    "CanaryRules",
    "CanaryState",
    "CanaryWatch",
    "DayCount",
    "DocumentUse",
    "Gap",
    "GapQuestion",
    "GapReading",
    "GoldenQuestion",
    "GoldenResult",
    "GoldenRun",
    "Handover",
    "HeldChange",
    "InsightReading",
    "PromptVersion",
]
