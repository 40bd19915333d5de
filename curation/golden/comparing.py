"""What changed between two runs, by question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.conversations.readable import cut_answers
from curation.golden.models import GoldenResult, GoldenRun

WORSE, BETTER, SAME, NEW = "worse", "better", "same", "new"
_ORDER = {WORSE: 0, NEW: 1, SAME: 2, BETTER: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One question of a run. `answer` and `answer_before`: as whoever looks may read them now."""

    result: GoldenResult
    before: GoldenResult | None
    change: str
    answer: Mapping[str, Any]
    answer_before: Mapping[str, Any]

    @property
    def is_told_otherwise(self) -> bool:
        """Whether the answer's words differ, whatever the verdict."""
        return self.before is not None and self.answer.get("answer") != self.answer_before.get("answer")


def run_before(run: GoldenRun) -> GoldenRun | None:
    """Return the run that a run is compared with: the last one before it of what was really set."""
    done = GoldenRun.objects.filter(collection=run.collection_id, pk__lt=run.pk, state=GoldenRun.State.DONE)
    return done.exclude(cause=GoldenRun.Cause.HELD).order_by("-pk").first()


def compare_runs(run: GoldenRun, before: GoldenRun | None, *, user: User, at_most: int = 500) -> list[Compared]:
    """Return the results of a run beside those of another, what got worse first. Constant queries."""
    results = list(run.results.all()[:at_most])
    known = {one.digest: one for one in before.results.all()} if before is not None else {}
    pairs = [(one, known.get(one.digest)) for one in results]
    answers = cut_answers([one.answer for one, _before in pairs], user=user)
    earlier = cut_answers([one.answer if one is not None else {} for _one, one in pairs], user=user)
    rows = [
        Compared(result=one, before=two, change=change_of(one, two), answer=answer, answer_before=old)
        for (one, two), answer, old in zip(pairs, answers, earlier, strict=True)
    ]
    passed = GoldenResult.Verdict.PASSED
    return sorted(rows, key=lambda row: (_ORDER[row.change], row.result.verdict == passed, row.result.pk))


def change_of(result: GoldenResult, before: GoldenResult | None) -> str:
    if before is None:
        return NEW
    passes, passed = (one.verdict == GoldenResult.Verdict.PASSED for one in (result, before))
    return SAME if passes == passed else BETTER if passes else WORSE


def worse_questions(results: Sequence[GoldenResult], before: Sequence[GoldenResult]) -> list[GoldenResult]:
    """Return the results that do not pass and did before."""
    known = {one.digest: one for one in before}
    return [one for one in results if change_of(one, known.get(one.digest)) == WORSE]
