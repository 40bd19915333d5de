"""The canary for programs of those who run a collection: its rule, what waits, what is held back."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from api.strictness import Given
from curation.access import managed_collection
from curation.canary.holding import apply_held, set_rules, withdraw_held
from curation.canary.models import CanaryState, HeldChange
from kb.models import Collection

router = Router(tags=["curation"])
MANAGE = scoped(ApiKey.Scope.MANAGE)
MOST = 50


class CanaryRulesIn(Given):
    holds_threshold: bool = Field(description="a change of the answer threshold counts only if no golden question gets worse by it")


class HeldChangeOut(Schema):
    uid: UUID
    kind: str = Field(description="threshold")
    before: Any
    value: Any
    state: Literal["testing", "applied", "failed", "withdrawn"]
    reason: str
    run: UUID | None
    asked_at: datetime


class CanaryOut(Schema):
    collection: str
    holds_threshold: bool
    changes: list[str] = Field(description="since the last run: documents, rights, words, encoder, judge, threshold, prompt, model")
    held: list[HeldChangeOut]


class ApplyIn(Given):
    reason: str = Field(description="why it is to count though golden questions got worse")


@router.get("/golden/canary/{slug:slug}", response={200: CanaryOut, **schemas.ERRORS}, **MANAGE)
def get_canary(request: ApiRequest, slug: str) -> CanaryOut:
    """What has changed since the last run of a collection's golden questions, and what is held back."""
    return show_canary(managed_collection(request.user, slug))


@router.put("/golden/canary/{slug:slug}", response={200: CanaryOut, **schemas.ERRORS}, **MANAGE)
def set_canary(request: ApiRequest, slug: str, given: CanaryRulesIn) -> CanaryOut:
    """Set the rule; for owners of the collection."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    set_rules(collection=collection, holds_threshold=given.holds_threshold, user=request.user)
    return show_canary(collection)


@router.post("/golden/held/{uuid:uid}/apply", response={200: HeldChangeOut, **schemas.ERRORS}, **MANAGE)
def apply_held_change(request: ApiRequest, uid: UUID, given: ApplyIn) -> HeldChangeOut:
    """Apply a held change anyway; for owners of the collection."""
    held = get_object_or_404(HeldChange, uid=uid, collection__in=Collection.objects.owned_by(request.user))
    apply_held(held=held, user=request.user, reason=given.reason)
    return show_held(HeldChange.objects.prefetch_related("runs").get(pk=held.pk))


@router.post("/golden/held/{uuid:uid}/withdraw", response={200: HeldChangeOut, **schemas.ERRORS}, **MANAGE)
def withdraw_held_change(request: ApiRequest, uid: UUID) -> HeldChangeOut:
    """Withdraw a held change."""
    held = get_object_or_404(HeldChange.objects.manageable_by(request.user), uid=uid)
    withdraw_held(held=held, user=request.user)
    return show_held(HeldChange.objects.prefetch_related("runs").get(pk=held.pk))


def show_canary(collection: Collection) -> CanaryOut:
    state = CanaryState.objects.filter(collection=collection).first() or CanaryState(collection=collection)
    held = collection.held_changes.prefetch_related("runs")[:MOST]
    return CanaryOut(
        collection=collection.slug,
        holds_threshold=state.holds_threshold,
        changes=state.changes,
        held=[show_held(row) for row in held],
    )


def show_held(row: HeldChange) -> HeldChangeOut:
    run = next(iter(row.runs.all()), None)
    return HeldChangeOut(
        uid=row.uid,
        kind=row.kind,
        before=row.before,
        value=row.value,
        state=cast(Any, row.state),
        reason=row.reason,
        run=run.uid if run else None,
        asked_at=row.asked_at,
    )
