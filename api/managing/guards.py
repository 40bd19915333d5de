"""Guards for programs of those who rule them."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.editable import schema_of
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from guards import editing
from guards.models import Guard
from kb.rights.managing import check_manages_something

router = Router(tags=["guards"])
MANAGE = scoped(ApiKey.Scope.MANAGE)

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class GuardIn(Given): ...

    class GuardChange(Given): ...
else:
    GuardIn = schema_of("GuardIn", editing.GuardValues, required=("name", "kind"))
    GuardChange = schema_of("GuardChange", editing.GuardValues)


class GuardOut(Schema):
    uid: UUID
    name: str
    kind: str
    side: str
    mode: str
    language: str = Field(description="en, zh, or empty for every language")
    collection: str = Field(description="address; empty: all")
    terms: str
    threshold: float
    model: str
    message_en: str
    message_zh: str
    created_at: datetime


@router.get("/guards", response={200: list[GuardOut], **schemas.ERRORS}, **MANAGE)
def list_guards(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[GuardOut]:
    """The guards that the caller rules, by name; a page that is not full is the last."""
    check_manages_something(request.user)
    rows = Guard.objects.ruled_by(request.user).select_related("collection")
    return [show_guard(row) for row in rows[(page - 1) * per_page : page * per_page]]


@router.post("/guards", response={201: GuardOut, **schemas.ERRORS}, **MANAGE)
def create_guard(request: ApiRequest, given: GuardIn) -> Status[GuardOut]:
    """Make a guard; it holds from the next question on."""
    check_manages_something(request.user)
    return Status(201, show_guard(editing.create_guard(user=request.user, **given.dict(exclude_unset=True))))


@router.get("/guards/{uuid:uid}", response={200: GuardOut, **schemas.ERRORS}, **MANAGE)
def get_guard(request: ApiRequest, uid: UUID) -> GuardOut:
    """One guard."""
    return show_guard(find_guard(request, uid))


@router.patch("/guards/{uuid:uid}", response={200: GuardOut, **schemas.ERRORS}, **MANAGE)
def change_guard(request: ApiRequest, uid: UUID, given: GuardChange) -> GuardOut:
    """Change what is sent; it holds from the next question on."""
    changed = editing.change_guard(guard=find_guard(request, uid), user=request.user, **given.dict(exclude_unset=True))
    return show_guard(changed)


@router.delete("/guards/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def delete_guard(request: ApiRequest, uid: UUID) -> Status[None]:
    """Delete a guard; what it found stays in the audit."""
    editing.delete_guard(find_guard(request, uid), user=request.user)
    return Status(204, None)


def find_guard(request: ApiRequest, uid: UUID) -> Guard:
    return get_object_or_404(Guard.objects.ruled_by(request.user).select_related("collection"), uid=uid)


def show_guard(row: Guard) -> GuardOut:
    return GuardOut(uid=row.uid, **editing.serialize_guard(row), created_at=row.created_at)
