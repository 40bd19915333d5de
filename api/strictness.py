"""Refuse what an operation does not take before it runs: a misspelt parameter would silently widen a search."""

import re
from collections.abc import Callable
from types import MethodType
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.operation import Operation
from pydantic import field_validator

from api.errors import BodyTypeUnsupported, RequestInvalid
from api.requests import ApiRequest

JSON, FORM = "application/json", "multipart/form-data"
_HALF = re.compile("[\ud800-\udfff]")
BODY_TYPES = {"body": JSON, "form": FORM, "file": FORM}


class Given(Schema):
    """A request body. Unknown fields are refused: a misspelt one would be ignored silently."""

    model_config: ClassVar = {"extra": "forbid"}

    @field_validator("*", mode="before")
    @classmethod
    def refuse_half_characters(cls, value: Any) -> Any:
        """Half a surrogate pair is in JSON, and in no text: no database takes it."""
        if _has_half_character(value):
            raise ValueError(_("Contains characters that are not text. Remove them."))
        return value


def _has_half_character(value: Any) -> bool:
    if isinstance(value, str):
        return _HALF.search(value) is not None
    if isinstance(value, dict):
        return any(_has_half_character(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(map(_has_half_character, value))


def note_operation(run: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate `Operation.run`: who admits the caller finds the operation in `request.operation`."""
    operation = cast(Operation, cast(MethodType, run).__self__)

    def noting(request: ApiRequest, **path: Any) -> Any:
        request.operation = operation
        return run(request, **path)

    return noting


def refuse_what_is_not_taken(operation: Operation, request: HttpRequest) -> None:
    """Raises: RequestInvalid: a query parameter that the operation does not have. BodyTypeUnsupported: a body of another type."""
    taken = query_parameters(operation)
    for name in request.GET:
        if name not in taken:
            known = (
                _("Supported parameters: %(names)s.") % {"names": ", ".join(taken)} if taken else _("No parameters are supported.")
            )
            unknown = _("Unknown parameter “%(name)s”.") % {"name": name[:80]}
            raise RequestInvalid(f"{unknown} {known}", param=name[:80])
    wanted, given = body_type(operation), (request.content_type or "").lower()
    is_right = given == wanted or (wanted == JSON and given.endswith("+json"))
    if wanted and given and not is_right:
        raise BodyTypeUnsupported(_("Send the body as %(wanted)s, not as %(given)s.") % {"wanted": wanted, "given": given[:80]})


def query_parameters(operation: Operation) -> list[str]:
    """Return the names that its query may hold, sorted."""
    models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return sorted({name for model in models for name in model.__ninja_flatten_map__})


def body_type(operation: Operation) -> str:
    """Return the media type of its body, "" where it takes none; of a view that reads its body itself, as it describes it."""
    described = (operation.openapi_extra or {}).get("requestBody", {}).get("content", {})
    read = (kind for model in operation.models if (kind := BODY_TYPES.get(model.__ninja_param_source__)))
    return next(iter(described), "") or next(read, "")
