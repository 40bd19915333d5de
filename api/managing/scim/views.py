"""The endpoints of SCIM 2.0 (RFC 7644) for resources: many of a kind, one of them, and a search."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from scim2_models import Context, ListResponse, PatchOp, ResponseParameters, SearchRequest

from api.managing.scim.edge import ScimRequest, answer, scim
from api.managing.scim.filters import condition_of, order_of
from api.managing.scim.kinds import KINDS, Kind
from api.managing.scim.resources import MOST_RESULTS


@scim
def many(request: ScimRequest, *, of: str) -> HttpResponse:
    """List resources of a kind, or make one."""
    kind = KINDS[of]
    resource: Any = kind.resource
    if request.method == "GET":
        return _list(request, kind, SearchRequest[resource].model_validate(_query(request)))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    given = resource.model_validate_json(request.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    row = kind.make(given, actor=request.user)
    return _show(request, kind, row, context=Context.RESOURCE_CREATION_RESPONSE, status=HTTPStatus.CREATED)


@scim
def one(request: ScimRequest, pk: str, *, of: str) -> HttpResponse:
    """Show, replace, change or delete one resource."""
    kind = KINDS[of]
    resource: Any = kind.resource
    if request.method not in ("GET", "PUT", "PATCH", "DELETE"):
        return HttpResponseNotAllowed(["GET", "PUT", "PATCH", "DELETE"])
    row = get_object_or_404(kind.find(False), pk=_key(pk))
    if request.method == "GET":
        return _show(request, kind, row, context=Context.RESOURCE_QUERY_RESPONSE)
    if request.method == "DELETE":
        kind.drop(row, actor=request.user)
        return answer(b"", status=HTTPStatus.NO_CONTENT)
    before = kind.describe(row, _base(request), True)
    if request.method == "PUT":
        after = resource.model_validate_json(request.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        after.replace(before)
        context = Context.RESOURCE_REPLACEMENT_RESPONSE
    else:
        PatchOp[resource].model_validate_json(request.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(before)
        after, context = before, Context.RESOURCE_PATCH_RESPONSE
    kind.change(row, after, actor=request.user)
    return _show(request, kind, row, context=context)


@scim
def search(request: ScimRequest, *, of: str) -> HttpResponse:
    """Search by POST, so that what is searched for stands in no address."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind = KINDS[of]
    resource: Any = kind.resource
    return _list(request, kind, SearchRequest[resource].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST))


def _list(request: HttpRequest, kind: Kind, asked: SearchRequest[Any]) -> HttpResponse:
    resource: Any = kind.resource
    with_members = _wants_members(asked)
    rows, total, start = _page(kind.find(with_members), kind, asked)
    base = _base(request)
    shown = ListResponse[resource](
        total_results=total,
        start_index=start,
        items_per_page=len(rows),
        resources=[kind.describe(row, base, with_members) for row in rows],
    )
    return answer(shown.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked))


def _page(rows: QuerySet[Any], kind: Kind, asked: SearchRequest[Any]) -> tuple[list[Any], int, int]:
    """Return the rows of a page, how many there are in all, and the number of the first, from 1."""
    found = rows.filter(condition_of(asked.filter.ast if asked.filter else None, kind.columns)).distinct()
    descending = str(asked.sort_order or "").lower().endswith("descending")
    order = order_of(str(asked.sort_by or ""), is_descending=descending, columns=kind.columns)
    start = max(asked.start_index or 1, 1)
    count = MOST_RESULTS if asked.count is None else min(max(asked.count, 0), MOST_RESULTS)
    total = found.count()
    return list(found.order_by(*order)[start - 1 : start - 1 + count]) if count else [], total, start


def _show(request: HttpRequest, kind: Kind, row: Any, *, context: Context, status: int = HTTPStatus.OK) -> HttpResponse:
    resource: Any = kind.resource
    asked = ResponseParameters[resource].model_validate(_query(request, only=("attributes", "excludedAttributes")))
    with_members = _wants_members(asked)
    shown = kind.describe(kind.find(with_members).get(pk=row.pk), _base(request), with_members)
    location = str(shown.meta.location) if shown.meta and status == HTTPStatus.CREATED else ""
    return answer(shown.model_dump_json(scim_ctx=context, response_parameters=asked), status=status, location=location)


def _wants_members(asked: ResponseParameters[Any]) -> bool:
    """Tell whether members are to be shown at all: a group may have very many, and Entra ID leaves them out."""
    if any(str(name).lower() == "members" for name in asked.excluded_attributes or ()):
        return False
    named = [str(name).lower() for name in asked.attributes or ()]
    return not named or any(name.partition(".")[0] == "members" for name in named)


def _query(request: HttpRequest, *, only: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: value for name, value in request.GET.items() if not only or name in only}


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("scim:users")).rpartition("/")[0]


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
