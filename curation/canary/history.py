"""How the golden questions of a collection stood in its last runs, by run and by question."""

from collections.abc import Sequence
from dataclasses import dataclass

from curation.golden.comparing import WORSE, change_of
from curation.golden.models import GoldenResult, GoldenRun
from kb.models import Collection

RUNS = 24
QUESTIONS = 200
BAR_HEIGHT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A run in the chart. Heights are in the units of the drawing, of BAR_HEIGHT; `at` counts from the left."""

    run: GoldenRun
    at: int
    passed_height: float
    failed_height: float
    worse: int  # questions that passed in the run before it

    @property
    def passed_top(self) -> float:
        return BAR_HEIGHT - self.passed_height

    @property
    def failed_top(self) -> float:
        return self.passed_top - self.failed_height


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A question through the runs, oldest first; "" where it was not asked. `moved`: its verdict is not always the same."""

    question: str
    verdicts: tuple[str, ...]
    moved: bool


def read_history(collection: Collection) -> tuple[list[Bar], list[Row]]:
    """Return the last runs of what was really set, oldest first, and the questions asked in them. Two queries."""
    done = collection.golden_runs.filter(state=GoldenRun.State.DONE).exclude(cause=GoldenRun.Cause.HELD)
    runs = list(done.order_by("-pk")[:RUNS])[::-1]
    results = GoldenResult.objects.filter(run__in=runs).only("run_id", "digest", "question", "verdict")
    by_run: dict[int, dict[str, GoldenResult]] = {run.pk: {} for run in runs}
    questions: dict[str, str] = {}
    for one in results:
        by_run[one.run_id][one.digest] = one
        questions[one.digest] = one.question
    most = max((run.questions for run in runs), default=0) or 1
    bars = [_bar(run, at, by_run, runs, most) for at, run in enumerate(runs)]
    rows = [_row(question, [by_run[run.pk].get(digest) for run in runs]) for digest, question in questions.items()]
    return bars, sorted(rows, key=lambda row: (not row.moved, row.question))[:QUESTIONS]


def _bar(run: GoldenRun, at: int, by_run: dict[int, dict[str, GoldenResult]], runs: Sequence[GoldenRun], most: int) -> Bar:
    before = by_run[runs[at - 1].pk] if at else {}
    worse = sum(change_of(one, before.get(digest)) == WORSE for digest, one in by_run[run.pk].items())
    unit = BAR_HEIGHT / most
    return Bar(run=run, at=at, passed_height=run.passed * unit, failed_height=(run.failed + run.errors) * unit, worse=worse)


def _row(question: str, results: Sequence[GoldenResult | None]) -> Row:
    verdicts = tuple(one.verdict if one else "" for one in results)
    return Row(question=question, verdicts=verdicts, moved=len({verdict for verdict in verdicts if verdict}) > 1)
