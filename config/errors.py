"""The one place where an error becomes a response: `{"error": {"code", "message"}, "request_id"}` or `error.html`."""

import logging
from http import HTTPStatus

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)

PACKAGES = frozenset({"accounts", "audit", "retrieval", "kb", "ingest", "chat", "api", "evals", "config"})
OPENAI_PATHS = ("/v1/",)
MACHINE_PATHS = ("/api/", "/v1/", "/metrics", "/healthz", "/readyz")
RETRY_AFTER_S = {429: 60, 503: 5}  # unless the error itself knows better
WORDS = {  # status: code, heading, sentence
    400: (
        "bad_request",
        gettext_lazy("That request makes no sense to us"),
        gettext_lazy("Go back, reload the page and try again."),
    ),
    401: ("sign_in", gettext_lazy("Sign in first"), gettext_lazy("Sign in and try again.")),
    403: (
        "forbidden",
        gettext_lazy("That was not sent from our pages"),
        gettext_lazy("Go back, reload the page and try again; cookies must be allowed for this site."),
    ),
    404: (
        "not_found",
        gettext_lazy("There is nothing here for you"),
        gettext_lazy("The page does not exist, or it is not yours to see."),
    ),
    405: ("method_not_allowed", gettext_lazy("That does not work here"), gettext_lazy("Go back and use the buttons of the page.")),
    413: ("too_large", gettext_lazy("That is too large"), gettext_lazy("Send less at once.")),
    429: ("too_many_requests", gettext_lazy("Too many attempts"), gettext_lazy("Wait a few minutes and try again.")),
    500: (
        "server_error",
        gettext_lazy("Something went wrong on our side"),
        gettext_lazy("It has been noted. Try again; if it stays, give an administrator the number below."),
    ),
    503: (
        "unavailable",
        gettext_lazy("This part is not available right now"),
        gettext_lazy("Try again in a moment; if it stays, give an administrator the number below."),
    ),
}


def is_expected(error: Exception) -> bool:
    """True for the errors of our own packages: each carries a stable `code`."""
    return type(error).__module__.partition(".")[0] in PACKAGES and isinstance(getattr(error, "code", None), str)


def render_expected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer one of the packages' errors: 400 with its `message` where the sender can put it right, else 503.

    Without a `message` or a `sentence` for readers its text is for the log alone: it may hold paths.
    """
    message = getattr(error, "message", "")
    status = getattr(error, "status", HTTPStatus.BAD_REQUEST if message else HTTPStatus.SERVICE_UNAVAILABLE)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error, exc_info=error)
    else:
        logger.info("refused: %s", error.code)
    response = render_error(request, status=status, code=error.code, message=str(message or getattr(error, "sentence", "")))
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    return response


def render_refused_value(request: HttpRequest, error: DataError) -> HttpResponse:
    """Answer a value that the database cannot hold, such as a NUL in a search field on PostgreSQL: the sender's doing."""
    logger.warning("the database refused a value", exc_info=error)
    return render_error(request, status=HTTPStatus.BAD_REQUEST)


def render_error(request: HttpRequest, *, status: int, code: str = "", message: str = "") -> HttpResponse:
    """Answer with the one JSON shape or the error page, whichever the client asks for; where it helps, say when to come again."""
    response = _render(request, status=status, code=code, message=message)
    if status in RETRY_AFTER_S:
        response["Retry-After"] = str(RETRY_AFTER_S[status])
    return response


def _render(request: HttpRequest, *, status: int, code: str, message: str) -> HttpResponse:
    default_code, heading, sentence = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    code, message = code or default_code, message or str(sentence)
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        body = {"error": {"code": code, "message": message}, "request_id": request_id}
        if request.path.startswith(OPENAI_PATHS):  # whose clients look for these two as well
            body["error"] |= {"type": "server_error" if status >= 500 else "invalid_request_error", "param": None}
        return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    context = {"status": status, "code": code, "heading": heading, "message": message, "request_id": request_id}
    try:
        return HttpResponse(loader.render_to_string("error.html", context, request), status=status)
    except TemplateDoesNotExist:
        return HttpResponse(f"{heading}. {message} {request_id}", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nobody is told that something exists which they may not see."""
    return render_error(request, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    logger.info("cross-site request refused: %s", reason)
    return render_error(request, status=403)


def page_not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    return render_error(request, status=404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return render_error(request, status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: must not raise whatever is broken, the database and the templates included."""
    try:
        return render_error(request, status=500)
    except Exception:
        logger.exception("the error page itself failed")
        text = _("Something went wrong on our side")
        return HttpResponse(f"{text}: {getattr(request, 'request_id', '')}", status=500, content_type="text/plain; charset=utf-8")


def wants_json(request: HttpRequest) -> bool:
    """True for programs; a browser that asks for a page, a picture or anything gets pages."""
    if request.path.startswith(MACHINE_PATHS):
        return True
    return request.get_preferred_type(["text/html", "application/json", "text/event-stream"]) not in ("text/html", None)
