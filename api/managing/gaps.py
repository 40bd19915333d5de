"""Gaps for programs of those who run a collection: what was asked and not answered, without who asked."""

from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from curation.access import managed_collection
from curation.gaps.deciding import change_gap, people_for
from curation.gaps.models import Gap

router = Router(tags=["curation"])
MANAGE = scoped(ApiKey.Scope.MANAGE)
State = Literal["open", "wanted", "answered", "rejected"]


class GapOut(Schema):
    uid: UUID
    collection: str | None = Field(description="null: of none, as where several were asked and nothing was near")
    question: str = Field(description="the most typical of its questions; empty where it was erased")
    count: int = Field(description="of its questions")
    state: State
    assigned_to: str | None = Field(description="user name")
    due_on: date | None
    note: str
    last_at: datetime


class GapChange(Given):
    state: State = "open"
    assigned_to: str | None = Field(None, description="user name of somebody who runs the collection; null: nobody")
    due_on: date | None = None
    note: str = ""


@router.get("/gaps", response={200: list[GapOut], **schemas.ERRORS}, **MANAGE)
def list_gaps(
    request: ApiRequest,
    collection: str = "",
    state: State = "open",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[GapOut]:
    """Gaps of a collection, or of all collections that the caller manages, most asked first. A page that is not full is the
    last."""
    rows = Gap.objects.manageable_by(request.user).filter(state=state)
    if collection:
        rows = rows.filter(collection=managed_collection(request.user, collection))
    rows = rows.select_related("collection", "assigned_to", "typical__case__event").order_by("-count", "-last_at", "pk")
    return [show_gap(row) for row in rows[(page - 1) * per_page : page * per_page]]


@router.patch("/gaps/{uuid:uid}", response={200: GapOut, **schemas.ERRORS}, **MANAGE)
def edit_gap(request: ApiRequest, uid: UUID, given: GapChange) -> GapOut:
    """Record what is done about a gap; fields that are not sent stay unchanged."""
    rows = Gap.objects.manageable_by(request.user).select_related("collection", "assigned_to", "typical__case__event")
    row = get_object_or_404(rows, uid=uid)
    kept = {name: getattr(row, name) for name in ("state", "assigned_to", "due_on", "note")}
    values: dict[str, Any] = kept | given.dict(exclude_unset=True)
    if "assigned_to" in given.dict(exclude_unset=True) and given.assigned_to is not None:
        values["assigned_to"] = people_for(row.collection).filter(username=given.assigned_to).first()
        if values["assigned_to"] is None:
            message = _("%(name)s does not run this collection.") % {"name": given.assigned_to}
            raise RequestInvalid(message, param="assigned_to")
    change_gap(gap=row, user=request.user, **values)
    return show_gap(rows.get(pk=row.pk))


def show_gap(row: Gap) -> GapOut:
    return GapOut(
        uid=row.uid,
        collection=row.collection.slug if row.collection else None,
        question=row.typical.case.event.summary if row.typical else "",
        count=row.count,
        state=cast(Any, row.state),
        assigned_to=row.assigned_to.get_username() if row.assigned_to else None,
        due_on=row.due_on,
        note=row.note,
        last_at=row.last_at,
    )
