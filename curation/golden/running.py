"""Running golden questions: through the same flow as people's, their receipts as `golden.…` apart from theirs.

They are asked by Attest itself within the one collection, which is what those read who run it, and those alone see the answers.
A run is a row; whoever works on it holds a lease and renews it before each question. Killed at any moment, it is continued by
the next one with the questions that have no result yet.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import service_credential
from accounts.models import User
from audit.actor import COMMAND_LINE, SYSTEM, actor_of
from audit.services import record
from chat.errors import ChatError
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies, configured_dependencies
from chat.flow.running import finish_question
from curation.canary.models import HeldChange
from curation.errors import CurationRefused
from curation.golden.comparing import run_before, worse_questions
from curation.golden.conditions import read_conditions
from curation.golden.expecting import Expected, compare
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.measuring import measure_run
from kb.models import Collection
from metrics.tallies import add

logger = logging.getLogger(__name__)

LEASE_S = 600.0  # longer than the slowest answer
SLICE_S = 8.0  # of a worker, which reads documents between two slices
KEPT_RUNS = 200  # of a collection
Compose = Callable[[], AnswerDependencies]
Prepare = Callable[[GoldenRun, AnswerDependencies], AnswerDependencies]  # what a run tries instead of what is set
Finished = Callable[[GoldenRun], None]


def start_run(
    *,
    collection: Collection,
    cause: str,
    user: User | None = None,
    changes: Sequence[str] = (),
    held: HeldChange | None = None,
) -> GoldenRun:
    """Put a run of all golden questions in use into the queue; one that waits takes the new changes along.

    Args: held: the change that it is for.
    Raises: CurationRefused: "golden_none".
    """
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        count = GoldenQuestion.objects.in_use().filter(collection=collection).count()
        if not count:
            raise CurationRefused("golden_none", _("This collection has no golden questions in use. Add one first."))
        waiting = GoldenRun.objects.filter(collection=collection, state=GoldenRun.State.WAITING)
        waiting = waiting.exclude(cause=GoldenRun.Cause.HELD)
        if cause != GoldenRun.Cause.HELD and (there := waiting.first()) is not None:
            there.changes = sorted({*there.changes, *changes})
            there.save(update_fields=["changes"])
            return there
        run = GoldenRun.objects.create(
            collection=collection, cause=cause, changes=sorted(set(changes)), started_by=user, questions=count, held=held
        )
        by_hand = COMMAND_LINE if cause == GoldenRun.Cause.ASKED else SYSTEM
        record(
            "golden_run.started",
            by=actor_of(user, otherwise=by_hand),
            subject=f"golden_run:{run.uid}",
            summary=collection.name,
            payload={"collection": collection.slug, "cause": cause, "changes": run.changes, "questions": count},
        )
    return run


def work_on_runs(
    *,
    slice_s: float = SLICE_S,
    only: GoldenRun | None = None,
    compose: Compose | None = None,
    prepare: Prepare = lambda _run, dependencies: dependencies,
    finished: Finished = lambda _run: None,
    told: Callable[[GoldenResult], None] = lambda _result: None,
) -> int:
    """Ask golden questions of runs that are due, for about `slice_s` seconds. Returns: how many were asked.

    Args:
        compose: returns the dependencies; those that the settings name where it is None.
        only: this run alone, whoever holds no lease of it. prepare: returns the dependencies of a run.
        finished: called in the transaction that ends a run. told: called with each result.
    """
    deadline, count = time.monotonic() + slice_s, 0
    while (run := _claim(only)) is not None:
        try:
            dependencies = prepare(run, (compose or configured_dependencies)())
            while (golden := _next(run)) is not None:
                told(_ask(run, golden, dependencies))
                count += 1
                if time.monotonic() >= deadline:
                    break
            else:
                _finish(run, dependencies, finished=finished)
        finally:
            GoldenRun.objects.filter(pk=run.pk).update(lease_until=None)
        if only is not None or time.monotonic() >= deadline:
            break
    return count


def _claim(only: GoldenRun | None) -> GoldenRun | None:
    """Take a run that nobody works on: those before a change first, since somebody waits for them."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    open_runs = GoldenRun.objects.filter(free, collection__deleted_at=None).exclude(state=GoldenRun.State.DONE)
    if only is not None:
        open_runs = open_runs.filter(pk=only.pk)
    held_first = open_runs.order_by("pk").select_related("collection", "held")
    for run in sorted(held_first[:50], key=lambda row: (row.cause != GoldenRun.Cause.HELD, row.pk)):
        claimed = GoldenRun.objects.filter(free, pk=run.pk).exclude(state=GoldenRun.State.DONE)
        if claimed.update(state=GoldenRun.State.RUNNING, lease_until=now + timedelta(seconds=LEASE_S)):
            run.state = GoldenRun.State.RUNNING
            return run
    return None


def _next(run: GoldenRun) -> GoldenQuestion | None:
    asked = GoldenResult.objects.filter(run=run).values("digest")
    return GoldenQuestion.objects.in_use().filter(collection=run.collection).exclude(digest__in=asked).first()


def _ask(run: GoldenRun, golden: GoldenQuestion, dependencies: AnswerDependencies) -> GoldenResult:
    GoldenRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() + timedelta(seconds=LEASE_S))
    expected = Expected(
        is_refusal=golden.is_refusal, facts=tuple(tuple(fact) for fact in golden.facts), documents=tuple(golden.documents)
    )
    asked = Asked(question=golden.question, credential=service_credential(), collection=run.collection, via="golden", kind="golden")
    began = time.perf_counter()
    result = GoldenResult(run=run, golden=golden, digest=golden.digest, question=golden.question, expected=expected.as_dict())
    try:
        answer = async_to_sync(finish_question)(asked, compose=lambda: dependencies).as_dict()
    except ChatError as error:
        result.verdict, result.misses = GoldenResult.Verdict.ERROR, [{"code": "error", "value": error.code}]
    else:
        misses = compare(expected, answer)
        result.verdict = GoldenResult.Verdict.FAILED if misses else GoldenResult.Verdict.PASSED
        result.misses, result.answer, result.receipt = [miss.as_dict() for miss in misses], answer, answer["receipt"]
    result.took_ms = round((time.perf_counter() - began) * 1000, 1)
    kept, _is_new = GoldenResult.objects.get_or_create(
        run=run,
        digest=result.digest,
        defaults={
            name: getattr(result, name)
            for name in ("golden", "question", "expected", "verdict", "misses", "answer", "receipt", "took_ms")
        },
    )
    return kept


def _finish(run: GoldenRun, dependencies: AnswerDependencies, *, finished: Finished) -> None:
    conditions = read_conditions(run.collection, dependencies)
    with transaction.atomic():
        run = GoldenRun.objects.select_for_update().select_related("collection").get(pk=run.pk)
        if run.state == GoldenRun.State.DONE:
            return
        counts = dict(run.results.values_list("verdict").annotate(count=Count("pk")).order_by())
        run.passed, run.failed, run.errors = (counts.get(name, 0) for name in ("passed", "failed", "error"))
        run.questions = sum(counts.values())
        run.state, run.finished_at, run.conditions = GoldenRun.State.DONE, timezone.now(), conditions
        run.save(update_fields=["passed", "failed", "errors", "questions", "state", "finished_at", "conditions"])
        old = GoldenRun.objects.filter(collection=run.collection).order_by("-pk").values_list("pk", flat=True)[KEPT_RUNS:]
        GoldenRun.objects.filter(pk__in=list(old)).delete()  # the audit has them
        worse = _worse(run)
        add(measure_run(passed=run.passed, failed=run.failed, errors=run.errors, worse=len(worse)))
        finished(run)
        record(
            "golden_run.finished",
            subject=f"golden_run:{run.uid}",
            summary=run.collection.name,
            payload={
                "collection": run.collection.slug,
                "cause": run.cause,
                "changes": run.changes,
                "passed": run.passed,
                "failed": run.failed,
                "errors": run.errors,
                "conditions": conditions,
                "results": [
                    {"question": one.question, "verdict": one.verdict, "misses": one.misses, "receipt": one.receipt}
                    for one in run.results.only("question", "verdict", "misses", "receipt")
                ],
            },
        )
    if worse:
        logger.error("ALARM: %d golden questions of collection %d no longer pass (run %s)", len(worse), run.collection_id, run.uid)
    logger.info("golden run of collection %s: %d passed, %d failed", run.collection_id, run.passed, run.failed + run.errors)


def _worse(run: GoldenRun) -> list[GoldenResult]:
    """Return the questions that no longer pass; none for a run before a change, whose outcome whoever asked for it sees."""
    before = run_before(run) if run.cause != GoldenRun.Cause.HELD else None
    return worse_questions(list(run.results.all()), list(before.results.all())) if before is not None else []
