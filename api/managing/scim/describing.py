"""How the service describes itself (RFC 7643, 5 to 7), and the answer of every address that is none."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from scim2_models import Context, ListResponse

from api.managing.scim.edge import ScimRequest, answer, scim
from api.managing.scim.resources import CONFIG, PROVIDER


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
