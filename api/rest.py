"""The REST interface under /api/v1/: its routers, and how ninja's own errors become ours."""

from typing import NoReturn

from django.http import Http404, HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from api import asking, curation, library, searching
from api.errors import RequestInvalid


def refuse_invalid(request: HttpRequest, error: ValidationError) -> NoReturn:
    """Say which fields are wrong, in one sentence. Raises: RequestInvalid."""
    told = (f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: {one['msg']}" for one in error.errors)
    raise RequestInvalid("; ".join(told)) from error


def refuse_unreadable(request: HttpRequest, error: HttpError) -> NoReturn:
    """A body that is no JSON. Raises: RequestInvalid."""
    raise RequestInvalid(error.message) from error


def pass_on(request: HttpRequest, error: Exception) -> NoReturn:
    """Let the middleware and the handlers of `config.errors` answer."""
    raise error


def with_our_errors(api: NinjaAPI) -> NinjaAPI:
    """Leave every error to `config.errors`, so that there is one shape."""
    for expected in (Exception, Http404):
        api.add_exception_handler(expected, pass_on)
    api.add_exception_handler(HttpError, refuse_unreadable)
    api.add_exception_handler(ValidationError, refuse_invalid)
    return api


rest = with_our_errors(
    NinjaAPI(
        title="Attest",
        version="1",
        description="Answers from your documents, every sentence with its proof.",
        urls_namespace="api",
        openapi_url=None,  # served by api.views, to those who may call
        docs_url=None,
    )
)
rest.add_router("", asking.router)
rest.add_router("", searching.router)
rest.add_router("", library.router)
rest.add_router("", curation.router)
