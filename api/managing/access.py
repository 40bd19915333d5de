"""Asking for access to listed collections, and deciding, for programs."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from kb.models import AccessRequest, Collection
from kb.rights.access import ask_for_access, end_access, grant_access, refuse_access, requests_for, requests_of, withdraw_request

router = Router(tags=["access"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)


@router.get("/listed-collections", response={200: list[schemas.ListedCollectionOut], **schemas.ERRORS}, **READ)
def list_listed(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX)
) -> list[schemas.ListedCollectionOut]:
    """Collections that the caller may not read but may ask for, by name. A page that is not full is the last."""
    rows = Collection.objects.listed_for(request.user).order_by("name")[(page - 1) * per_page : page * per_page]
    return [schemas.ListedCollectionOut(slug=row.slug, name=row.name, description=row.description) for row in rows]


@router.post("/listed-collections/{slug:slug}/access", response={201: schemas.AccessOut, **schemas.ERRORS}, **READ)
def ask_access(request: ApiRequest, slug: str, given: schemas.AccessIn) -> Status[schemas.AccessOut]:
    """Ask the owners of a listed collection for access."""
    collection = get_object_or_404(Collection.objects.listed_for(request.user), slug=slug)
    return Status(201, serialize(ask_for_access(collection=collection, user=request.user, reason=given.reason)))


@router.get("/access", response={200: list[schemas.AccessOut], **schemas.ERRORS}, **READ)
def list_access(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX)
) -> list[schemas.AccessOut]:
    """The caller's requests and their outcomes, newest first. A page that is not full is the last."""
    rows = requests_of(request.user).select_related("user")[(page - 1) * per_page : page * per_page]
    return [serialize(row) for row in rows]


@router.delete("/access/{int:number}", response={204: None, **schemas.ERRORS}, **READ)
def withdraw_access(request: ApiRequest, number: int) -> Status[None]:
    """Withdraw a request that is still waiting."""
    withdraw_request(get_object_or_404(requests_of(request.user), pk=min(number, 2**31 - 1)), user=request.user)
    return Status(204, None)


@router.get("/collections/{slug:slug}/access", response={200: list[schemas.AccessOut], **schemas.ERRORS}, **MANAGE)
def list_collection_access(
    request: ApiRequest,
    slug: str,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.AccessOut]:
    """Requests for access to a collection and their outcomes, newest first; for its owners."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    rows = requests_for(request.user).filter(collection=collection)[(page - 1) * per_page : page * per_page]
    return [serialize(row) for row in rows]


@router.put("/access/{int:number}/decision", response={200: schemas.AccessOut, **schemas.ERRORS}, **MANAGE)
def decide_access(request: ApiRequest, number: int, given: schemas.AccessDecision) -> schemas.AccessOut:
    """Grant somebody access to a collection for a time, or refuse with a reason; null ends access that was granted."""
    found = get_object_or_404(requests_for(request.user), pk=min(number, 2**31 - 1))
    if given.days is not None:
        return serialize(grant_access(found, days=given.days, user=request.user))
    if found.state == AccessRequest.State.GRANTED:
        return serialize(end_access(found, answer=given.answer, user=request.user))
    return serialize(refuse_access(found, answer=given.answer, user=request.user))


def serialize(row: AccessRequest) -> schemas.AccessOut:
    return schemas.AccessOut(
        id=row.pk,
        collection=row.collection.slug,
        person=row.user.username,
        reason=row.reason,
        state=cast(Any, row.state),
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        answer=row.answer,
        until=row.until,
    )
