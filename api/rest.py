"""The REST interface under /api/v1/: its routers, and how ninja's own errors become ours."""

from typing import NoReturn

from django.http import Http404, HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from api import asking, checking, conversations, library, searching
from api.errors import RequestInvalid
from api.managing import (
    access,
    answers,
    bulk,
    canary,
    choosing,
    costs,
    curation,
    directories,
    gaps,
    golden,
    guards,
    handovers,
    keeping,
    retention,
    reviews,
    rights,
    sources,
    system,
)
from api.managing.reach import chat_apps, widgets
from api.strictness import note_operation


def refuse_invalid(request: HttpRequest, error: ValidationError) -> NoReturn:
    """Say which fields are wrong, in one sentence. Raises: RequestInvalid."""
    names = [name_of(one["loc"]) for one in error.errors]
    message = "; ".join(f"{name}: {one['msg']}" for name, one in zip(names, error.errors, strict=True))
    raise RequestInvalid(message, param=names[0]) from error


def name_of(place: tuple[str | int, ...]) -> str:
    """Return the field that an error of validation is about. A body's fields come with the name of our argument before them."""
    kind, *parts = place
    return ".".join(str(part) for part in (parts[1:] if kind == "body" else parts)) or str(kind)


def refuse_unreadable(request: HttpRequest, error: HttpError) -> NoReturn:
    """Refuse a body that is not JSON. Raises: RequestInvalid."""
    raise RequestInvalid(error.message) from error


def pass_on(request: HttpRequest, error: Exception | type[Exception]) -> NoReturn:
    """Let the middleware and the handlers of `config.errors` answer."""
    raise error


def with_our_errors(api: NinjaAPI) -> NinjaAPI:
    """Leave every error to `config.errors`, so that there is one shape; refuse what an operation does not take."""
    api.add_decorator(note_operation, mode="view")
    for expected in (Exception, Http404):
        api.add_exception_handler(expected, pass_on)
    api.add_exception_handler(HttpError, refuse_unreadable)  # type: ignore[arg-type]  # typed as if it got a class of errors
    api.add_exception_handler(ValidationError, refuse_invalid)  # type: ignore[arg-type]  # as above
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
rest.add_router("", conversations.router)
rest.add_router("", checking.router)
rest.add_router("", searching.router)
rest.add_router("", library.router)
rest.add_router("", rights.router)
rest.add_router("", access.router)
rest.add_router("", choosing.router)
rest.add_router("", directories.router)
rest.add_router("", curation.router)
rest.add_router("", keeping.router)
rest.add_router("", bulk.router)
rest.add_router("", golden.router)
rest.add_router("", canary.router)
rest.add_router("", gaps.router)
rest.add_router("", answers.router)
rest.add_router("", retention.router)
rest.add_router("", reviews.router)
rest.add_router("", sources.router)
rest.add_router("", system.router)
rest.add_router("", costs.router)
rest.add_router("", widgets.router)
rest.add_router("", chat_apps.router)
rest.add_router("", handovers.router)
rest.add_router("", guards.router)
