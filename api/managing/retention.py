"""How long data is kept, for programs of auditors: rules with what would go, legal holds, erasures, deletion certificates.

They look, and change nothing: a key that may read must not be able to erase. Rules, holds and erasures are set on pages, where
their auditor shows once more who they are, or by commands.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.params.functions import Query

from accounts.errors import KeyRefused
from accounts.models import ApiKey, User
from api import schemas
from api.access import scoped
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from audit.models import Event, Hold
from retention.models import Erasure, Purge, RetentionRule
from retention.purging.certificate import export_certificate
from retention.rules.preview import preview

router = Router(tags=["retention"])
READ = scoped(ApiKey.Scope.READ)


class RuleOut(Schema):
    kind: str = Field(description="“questions”, “views”, “conversations” or “documents” (deleted ones)")
    collection: str | None = Field(description="address; null: wherever no rule of its own counts")
    days: int | None = Field(description="null: without end")
    is_on: bool


class DueOut(Schema):
    due: int = Field(description="how many entries would go now")
    held: int = Field(description="how many more a legal hold keeps")


class HoldOut(Schema):
    uid: UUID
    name: str
    since: datetime | None
    until: datetime | None
    ordered_at: datetime
    ordered_by: str
    released_at: datetime | None
    things: list[dict[str, Any]] = Field(description="kind, value, label; none: everything of its time")


class ErasureOut(Schema):
    uid: UUID
    state: str = Field(description="“running”, “done”, or “held”: a legal hold keeps a part")
    reason: str
    ordered_by: str
    ordered_at: datetime
    finished_at: datetime | None
    events: int
    conversations: int
    held: int


class PurgeOut(Schema):
    document: UUID
    deleted_at: datetime | None
    finished_at: datetime | None = Field(description="null: not yet; see “problem”")
    certificate: UUID | None = Field(description="number of the event that proves it")
    problem: str


@router.get("/retention/rules", response={200: list[RuleOut], **schemas.ERRORS}, **READ)
def list_retention_rules(
    request: ApiRequest,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[RuleOut]:
    """Retention rules, for auditors. A page that is not full is the last."""
    check_auditor(request.user)
    rows = RetentionRule.objects.select_related("collection").order_by("kind", "collection__name", "pk")
    return [
        RuleOut(kind=row.kind, collection=row.collection.slug if row.collection else None, days=row.days, is_on=row.is_on)
        for row in rows[(page - 1) * per_page : page * per_page]
    ]


@router.get("/retention/preview", response={200: dict[str, DueOut], **schemas.ERRORS}, **READ)
def preview_retention(request: ApiRequest) -> dict[str, DueOut]:
    """What the rules that are on would delete now, by kind, for auditors."""
    check_auditor(request.user)
    found = {kind: preview(kind) for kind in RetentionRule.Kind.values}
    return {kind: DueOut(due=seen.due, held=seen.held) for kind, seen in found.items()}


@router.get("/retention/holds", response={200: list[HoldOut], **schemas.ERRORS}, **READ)
def list_holds(
    request: ApiRequest,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[HoldOut]:
    """Legal holds, newest first, for auditors. A page that is not full is the last."""
    check_auditor(request.user)
    rows = Hold.objects.prefetch_related("things")[(page - 1) * per_page : page * per_page]
    names = ("uid", "name", "since", "until", "ordered_at", "ordered_by", "released_at")
    return [
        HoldOut(
            **{name: getattr(row, name) for name in names},
            things=[{"kind": one.kind, "value": one.value, "label": one.label} for one in row.things.all()],
        )
        for row in rows
    ]


@router.get("/retention/erasures", response={200: list[ErasureOut], **schemas.ERRORS}, **READ)
def list_erasures(
    request: ApiRequest,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[ErasureOut]:
    """Erasures of people's data, newest first, for auditors. A page that is not full is the last."""
    check_auditor(request.user)
    rows = Erasure.objects.all()[(page - 1) * per_page : page * per_page]
    return [ErasureOut(**{name: getattr(row, name) for name in ErasureOut.model_fields}) for row in rows]


@router.get("/retention/purges", response={200: list[PurgeOut], **schemas.ERRORS}, **READ)
def list_purges(
    request: ApiRequest,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[PurgeOut]:
    """Deleted documents that have been purged or will be, most recently begun first, for auditors. A page that is not full is the
    last."""
    check_auditor(request.user)
    rows = Purge.objects.select_related("document")[(page - 1) * per_page : page * per_page]
    return [
        PurgeOut(
            document=row.document.uid,
            deleted_at=row.document.deleted_at,
            finished_at=row.finished_at,
            certificate=row.certificate,
            problem=row.problem,
        )
        for row in rows
    ]


@router.get("/retention/purges/{uuid:uid}/certificate", response={200: None, **schemas.ERRORS}, **READ)
def download_certificate(request: ApiRequest, uid: UUID) -> HttpResponse:
    """The deletion certificate of a purged document, by the document's number: a ZIP file that stands alone, for auditors."""
    check_auditor(request.user)
    purge = get_object_or_404(Purge.objects.exclude(certificate=None), document__uid=uid)
    event = get_object_or_404(Event.objects.select_related("payload"), uid=purge.certificate, payload__erased_at=None)
    headers = {"Content-Disposition": f'attachment; filename="attest-deletion-{event.sequence}.zip"'}
    return HttpResponse(export_certificate(event, by=request.user), content_type="application/zip", headers=headers)


def check_auditor(user: User) -> None:
    """Raises: KeyRefused: this is for auditors."""
    if not user.is_auditor:
        raise KeyRefused("session_scope", _("Your account does not have permission to do this."), status=HTTPStatus.FORBIDDEN)
