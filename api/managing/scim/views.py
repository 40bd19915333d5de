"""The endpoints of SCIM 2.0 (RFC 7644): Users, Groups, searches, and how the service describes itself."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import Group as GroupRow
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from scim2_models import Context, ListResponse, PatchOp, ResponseParameters, SearchRequest

from accounts.models import User as Account
from api.managing.scim import groups, people
from api.managing.scim.edge import ScimRequest, answer, scim
from api.managing.scim.filters import GROUPS, PEOPLE, Column, condition_of, order_of
from api.managing.scim.resources import CONFIG, MOST_RESULTS, PROVIDER, Group, User


@scim
def users(request: ScimRequest) -> HttpResponse:
    """List people, or make one."""
    if request.method == "GET":
        return _list_people(request, SearchRequest[User].model_validate(_query(request)))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    given = User.model_validate_json(request.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    account = people.create_person(given, actor=request.user)
    return _show_person(request, account, context=Context.RESOURCE_CREATION_RESPONSE, status=HTTPStatus.CREATED)


@scim
def user(request: ScimRequest, pk: str) -> HttpResponse:
    """Show, replace, change or delete one person."""
    account = get_object_or_404(people.find_accounts(), pk=_key(pk))
    if request.method == "GET":
        return _show_person(request, account, context=Context.RESOURCE_QUERY_RESPONSE)
    if request.method == "DELETE":
        people.delete_person(account, actor=request.user)
        return answer(b"", status=HTTPStatus.NO_CONTENT)
    if request.method not in ("PUT", "PATCH"):
        return HttpResponseNotAllowed(["GET", "PUT", "PATCH", "DELETE"])
    before = people.resource_of(account, base=_base(request))
    if request.method == "PUT":
        after = User.model_validate_json(request.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        after.replace(before)
        context = Context.RESOURCE_REPLACEMENT_RESPONSE
    else:
        PatchOp[User].model_validate_json(request.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(before)
        after, context = before, Context.RESOURCE_PATCH_RESPONSE
    people.change_person(account, after, actor=request.user)
    return _show_person(request, account, context=context)


@scim
def users_search(request: ScimRequest) -> HttpResponse:
    """Search by POST, so that what is searched for stands in no address."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _list_people(request, SearchRequest[User].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST))


@scim
def groups_(request: ScimRequest) -> HttpResponse:
    """List groups, or make one."""
    if request.method == "GET":
        return _list_groups(request, SearchRequest[Group].model_validate(_query(request)))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    given = Group.model_validate_json(request.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    row = groups.make_group(given, actor=request.user)
    return _show_group(request, row, context=Context.RESOURCE_CREATION_RESPONSE, status=HTTPStatus.CREATED)


@scim
def group(request: ScimRequest, pk: str) -> HttpResponse:
    """Show, replace, change or delete one group."""
    row = get_object_or_404(groups.find_groups(with_members=False), pk=_key(pk))
    if request.method == "GET":
        return _show_group(request, row, context=Context.RESOURCE_QUERY_RESPONSE)
    if request.method == "DELETE":
        groups.drop_group(row, actor=request.user)
        return answer(b"", status=HTTPStatus.NO_CONTENT)
    if request.method not in ("PUT", "PATCH"):
        return HttpResponseNotAllowed(["GET", "PUT", "PATCH", "DELETE"])
    before = groups.resource_of(row, base=_base(request))
    if request.method == "PUT":
        after = Group.model_validate_json(request.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        after.replace(before)
        context = Context.RESOURCE_REPLACEMENT_RESPONSE
    else:
        PatchOp[Group].model_validate_json(request.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(before)
        after, context = before, Context.RESOURCE_PATCH_RESPONSE
    groups.change_group(row, after, actor=request.user)
    return _show_group(request, row, context=context)


@scim
def groups_search(request: ScimRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _list_groups(request, SearchRequest[Group].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST))


@scim
def service_provider_config(request: ScimRequest) -> HttpResponse:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return answer(CONFIG.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@scim
def resource_types(request: ScimRequest, name: str = "") -> HttpResponse:
    return _describe(request, PROVIDER.resource_types, key=lambda one: one.name, name=name)


@scim
def schemas(request: ScimRequest, name: str = "") -> HttpResponse:
    return _describe(request, PROVIDER.schemas, key=lambda one: one.id, name=name)


@scim
def nothing(request: ScimRequest, rest: str) -> HttpResponse:
    """Say of every other address that there is nothing, as SCIM does."""
    raise Http404


def _describe(request: HttpRequest, known: tuple[Any, ...], *, key: Callable[[Any], Any], name: str) -> HttpResponse:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    if name:
        found = next((one for one in known if str(key(one)).lower() == name.lower()), None)
        if found is None:
            raise Http404
        return answer(found.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))
    kind: Any = type(known[0])
    shown = ListResponse[kind](total_results=len(known), start_index=1, items_per_page=len(known), resources=list(known))
    return answer(shown.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _list_people(request: HttpRequest, asked: SearchRequest[User]) -> HttpResponse:
    rows, total, start = _page(people.find_accounts(), asked, PEOPLE)
    base = _base(request)
    shown = ListResponse[User](
        total_results=total,
        start_index=start,
        items_per_page=len(rows),
        resources=[people.resource_of(row, base=base) for row in rows],
    )
    return answer(shown.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked))


def _list_groups(request: HttpRequest, asked: SearchRequest[Group]) -> HttpResponse:
    with_members = _wants_members(asked)
    rows, total, start = _page(groups.find_groups(with_members=with_members), asked, GROUPS)
    base = _base(request)
    shown = ListResponse[Group](
        total_results=total,
        start_index=start,
        items_per_page=len(rows),
        resources=[groups.resource_of(row, base=base, with_members=with_members) for row in rows],
    )
    return answer(shown.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked))


def _page(rows: QuerySet[Any], asked: SearchRequest[Any], columns: Mapping[str, Column]) -> tuple[list[Any], int, int]:
    """Return the rows of a page, how many there are in all, and the number of the first, from 1."""
    found = rows.filter(condition_of(asked.filter.ast if asked.filter else None, columns)).distinct()
    descending = str(asked.sort_order or "").lower().endswith("descending")
    order = order_of(str(asked.sort_by or ""), is_descending=descending, columns=columns)
    start = max(asked.start_index or 1, 1)
    count = MOST_RESULTS if asked.count is None else min(max(asked.count, 0), MOST_RESULTS)
    total = found.count()
    return list(found.order_by(*order)[start - 1 : start - 1 + count]) if count else [], total, start


def _show_person(request: HttpRequest, account: Account, *, context: Context, status: int = HTTPStatus.OK) -> HttpResponse:
    shown = people.resource_of(people.find_accounts().get(pk=account.pk), base=_base(request))
    asked = ResponseParameters[User].model_validate(_query(request, only=("attributes", "excludedAttributes")))
    location = str(shown.meta.location) if shown.meta and status == HTTPStatus.CREATED else ""
    return answer(shown.model_dump_json(scim_ctx=context, response_parameters=asked), status=status, location=location)


def _show_group(request: HttpRequest, row: GroupRow, *, context: Context, status: int = HTTPStatus.OK) -> HttpResponse:
    asked = ResponseParameters[Group].model_validate(_query(request, only=("attributes", "excludedAttributes")))
    with_members = _wants_members(asked)
    found = groups.find_groups(with_members=with_members).get(pk=row.pk)
    shown = groups.resource_of(found, base=_base(request), with_members=with_members)
    location = str(shown.meta.location) if shown.meta and status == HTTPStatus.CREATED else ""
    return answer(shown.model_dump_json(scim_ctx=context, response_parameters=asked), status=status, location=location)


def _wants_members(asked: ResponseParameters[Any]) -> bool:
    """Tell whether members are to be shown at all: a group may have very many, and Entra ID leaves them out."""
    if any(str(one).lower() == "members" for one in asked.excluded_attributes or ()):
        return False
    named = [str(one).lower() for one in asked.attributes or ()]
    return not named or any(one.partition(".")[0] == "members" for one in named)


def _query(request: HttpRequest, *, only: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: value for name, value in request.GET.items() if not only or name in only}


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("scim:users")).rpartition("/")[0]


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
