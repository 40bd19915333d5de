"""Holding a change back until it was tried: the golden questions are asked as if it counted already.

It counts when no question fails that passed before; else it waits for somebody to apply it all the same, with a reason, or to
withdraw it. `kb.services.change_collection` asks `hold_collection` (by the setting HOLD_CHANGES), and knows nothing of this.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from chat.flow.dependencies import AnswerDependencies
from curation.canary.models import CanaryState, HeldChange
from curation.canary.models_held import PROMPT, apply_models, tried_with
from curation.errors import CurationRefused
from curation.golden.comparing import run_before, worse_questions
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.golden.running import start_run
from curation.prompts.changing import promote
from curation.prompts.models import PromptVersion
from kb import services
from kb.models import Collection

THRESHOLD = "threshold"
LONGEST_REASON = 1_000
State = HeldChange.State


def hold_collection(row: Collection, values: Mapping[str, Any], *, user: User | None) -> dict[str, Any]:
    """Return the values that may be changed now; what is to be tried first is held. In the caller's transaction."""
    passed = dict(values)
    name = "sufficiency_threshold"
    if name not in values or values[name] == row.sufficiency_threshold:
        return passed
    if not CanaryState.objects.filter(collection=row, holds_threshold=True).exists():
        return passed
    if not GoldenQuestion.objects.in_use().filter(collection=row).exists():
        return passed  # nothing to try it on
    del passed[name]
    waiting = HeldChange.objects.select_for_update().filter(collection=row, kind=THRESHOLD)
    for earlier in waiting.filter(state__in=[State.TESTING, State.FAILED]):
        _decide(earlier, State.WITHDRAWN, by=user, reason="")
    held = HeldChange.objects.create(
        collection=row, kind=THRESHOLD, value=values[name], before=row.sufficiency_threshold, asked_by=user
    )
    _record("change.held", held, by=user)
    start_run(collection=row, cause=GoldenRun.Cause.HELD, user=user, changes=[THRESHOLD], held=held)
    return passed


def prepare_run(run: GoldenRun, dependencies: AnswerDependencies) -> AnswerDependencies:
    """Return what a run answers with: of one before a change, as if it counted."""
    held = run.held
    if held is None:
        return dependencies
    if held.collection_id is None:
        return tried_with(held, dependencies)
    return replace(dependencies, thresholds={held.collection_id: held.value})


def finish_run(run: GoldenRun) -> None:
    """Apply the change that a run was for, where nothing got worse in any of its runs. In the transaction that ends the last."""
    if run.held_id is None:
        return
    held = HeldChange.objects.select_for_update(of=("self",)).select_related("collection", "asked_by").get(pk=run.held_id)
    if held.state != State.TESTING:
        return  # withdrawn meanwhile
    if held.runs.exclude(pk=run.pk).exclude(state=GoldenRun.State.DONE).exists():
        return  # other collections are still asked
    if not may_still(held):
        _decide(held, State.WITHDRAWN, by=None, reason="")
    elif any(what_is_worse(one) for one in held.runs.all()):
        held.state = State.FAILED
        held.save(update_fields=["state"])
        _record("change.failed", held, by=None, run=str(run.uid))
    else:
        _apply(held, by=held.asked_by, reason="")


def what_is_worse(run: GoldenRun) -> list[GoldenResult]:
    """Return the questions that fail now and passed before; without a run before, all that do not pass."""
    before, results = run_before(run), list(run.results.all())
    if before is None:
        return [one for one in results if one.verdict != GoldenResult.Verdict.PASSED]
    return worse_questions(results, list(before.results.all()))


def may_still(held: HeldChange) -> bool:
    """Tell whether whoever asked for it may change the collection now; the command line may."""
    if held.collection is None:
        return held.asked_by is None or held.asked_by.is_system_admin
    if held.asked_by is None:
        return held.collection.deleted_at is None
    return Collection.objects.manageable_by(held.asked_by).filter(pk=held.collection.pk).exists()


def apply_held(*, held: HeldChange, user: User, reason: str) -> None:
    """Apply a change that did not pass, or is still being tried. Raises: CurationRefused: decided already, or no reason."""
    reason = reason.replace("\x00", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        message = _("Explain in at most %(limit)d characters why it should be applied although golden questions got worse.")
        raise CurationRefused("change_invalid", message % {"limit": LONGEST_REASON})
    with transaction.atomic():
        _apply(_lock(held), by=user, reason=reason)


def withdraw_held(*, held: HeldChange, user: User) -> None:
    """Give a change up. Raises: CurationRefused: it is decided already."""
    with transaction.atomic():
        _decide(_lock(held), State.WITHDRAWN, by=user, reason="")


def set_rules(*, collection: Collection, holds_threshold: bool, user: User) -> None:
    """Say whether changes of the threshold are held back; what is held now stays until it is decided."""
    with transaction.atomic():
        CanaryState.objects.get_or_create(collection=collection)
        state = CanaryState.objects.select_for_update().get(collection=collection)
        if state.holds_threshold == holds_threshold:
            return
        state.holds_threshold = holds_threshold
        state.save(update_fields=["holds_threshold"])
        record(
            "canary.rules_changed",
            by=actor_of(user),
            subject=f"collection:{collection.slug}",
            summary=collection.name,
            payload={"collection": collection.slug, "holds_threshold": holds_threshold},
        )


def _lock(held: HeldChange) -> HeldChange:
    held = HeldChange.objects.select_for_update(of=("self",)).select_related("collection").get(pk=held.pk)
    if not held.is_open:
        raise CurationRefused("change_invalid", _("This change has already been decided."))
    return held


def _apply(held: HeldChange, *, by: User | None, reason: str) -> None:
    if held.collection is None:
        try:
            with transaction.atomic():
                _apply_anywhere(held, user=by)
        except ValuesRefused as refused:  # what it was asked for changed meanwhile
            held.state, held.reason = State.FAILED, refused.message
            held.save(update_fields=["state", "reason"])
            _record("change.failed", held, by=by)
            return
    else:
        services.change_collection(collection=held.collection, user=by, is_tried=True, sufficiency_threshold=held.value)
    _decide(held, State.APPLIED, by=by, reason=reason)


def _decide(held: HeldChange, state: str, *, by: User | None, reason: str) -> None:
    held.state, held.decided_by, held.decided_at, held.reason = state, by, timezone.now(), reason
    held.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    # A run that nobody waits for any more is over.
    GoldenRun.objects.filter(held=held).exclude(state=GoldenRun.State.DONE).update(
        state=GoldenRun.State.DONE, finished_at=timezone.now(), lease_until=None
    )
    _record("change.applied" if state == State.APPLIED else "change.withdrawn", held, by=by)


def _record(action: str, held: HeldChange, *, by: User | None, **more: str) -> None:
    record(
        action,
        by=actor_of(by, otherwise=COMMAND_LINE),
        subject=f"held_change:{held.uid}",
        summary=held.collection.name if held.collection else held.name,
        payload={
            "collection": held.collection.slug if held.collection else None,
            "name": held.name,
            "kind": held.kind,
            "from": held.before,
            "to": held.value,
            "reason": held.reason,
            **more,
        },
    )


def _apply_anywhere(held: HeldChange, *, user: User | None) -> None:
    """Apply a change of no collection: of a model, a route or a prompt. Raises: ValuesRefused."""
    if held.kind != PROMPT:
        apply_models(held, user=user)
        return
    row = PromptVersion.objects.filter(pk=held.target or 0).exclude(state=PromptVersion.State.ACTIVE).first()
    if row is not None:
        promote(row=row, user=user, is_tried=True)
