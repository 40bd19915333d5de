"""The one place where an error becomes a response: `{"error": {"code", "message"}, "request_id"}` or `error.html`."""

import logging
import sys
from http import HTTPStatus

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ingest.queue.obstacles import DISK_FULL, find_obstacle

logger = logging.getLogger(__name__)

PACKAGES = frozenset(
    (
        *("accounts", "api", "audit", "backup", "chat", "config", "curation", "evals", "gateway", "ingest"),
        *("guards", "integrations", "kb"),
        *("language", "metrics", "outbound", "retention", "retrieval", "reviews", "sources", "system"),
    )
)
OPENAI_PATHS = ("/v1/",)
MACHINE_PATHS = ("/api/", "/v1/", "/scim/", "/mcp/", "/widget/", "/chat-apps/", "/metrics", "/healthz", "/readyz")
RETRY_AFTER_S = {429: 60, 503: 5}  # unless the error itself knows better
WORDS = {  # status: code, heading, sentence
    400: (
        "bad_request",
        gettext_lazy("Invalid request"),
        gettext_lazy("Go back, reload the page and try again."),
    ),
    401: ("sign_in", gettext_lazy("Sign in to continue"), gettext_lazy("Sign in and try again.")),
    403: (
        "forbidden",
        gettext_lazy("This request did not come from this site"),
        gettext_lazy("Go back, reload the page and try again. Your browser must allow cookies for this site."),
    ),
    404: (
        "not_found",
        gettext_lazy("Not found, or you do not have access"),
        gettext_lazy("Check the address, or ask a knowledge admin for access."),
    ),
    405: (
        "method_not_allowed",
        gettext_lazy("This action is not supported"),
        gettext_lazy("Go back and use the buttons on the page."),
    ),
    413: ("too_large", gettext_lazy("The request is too large"), gettext_lazy("Send less at a time.")),
    429: ("too_many_requests", gettext_lazy("Too many attempts"), gettext_lazy("Wait a few minutes and try again.")),
    500: (
        "server_error",
        gettext_lazy("Something went wrong"),
        gettext_lazy("The error was logged. Try again. If it keeps happening, give your administrator the request number below."),
    ),
    503: (
        "unavailable",
        gettext_lazy("This feature is unavailable right now"),
        gettext_lazy("Try again in a moment. If it keeps happening, give your administrator the request number below."),
    ),
}


def is_expected(error: BaseException) -> bool:
    """True for the errors of our own packages: each carries a stable `code`."""
    return type(error).__module__.partition(".")[0] in PACKAGES and isinstance(getattr(error, "code", None), str)


def render_expected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer one of the packages' errors: 400 with its `message` where the sender can put it right, else 503.

    Without a `message` or a `sentence` for readers its text is for the log alone: it may hold paths.
    """
    message = getattr(error, "message", "")
    status = getattr(error, "status", HTTPStatus.BAD_REQUEST if message else HTTPStatus.SERVICE_UNAVAILABLE)
    code = str(getattr(error, "code", ""))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", code, error, exc_info=error)
    else:
        logger.info("refused: %s", code)
    message, param = str(message or getattr(error, "sentence", "")), getattr(error, "param", None)
    response = render_error(request, status=status, code=code, message=message, param=param)
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    return response


def is_disk_full(error: BaseException | None) -> bool:
    """True where the database, the cache or a file had no room; not for a package's own error, which says what it was about."""
    return error is not None and not is_expected(error) and find_obstacle(error) == DISK_FULL


def render_full_disk(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Answer what could not be written: a sign-in, a question, a form. Nothing of it was kept."""
    logger.error("the disk is full", exc_info=error)
    message = _("The server's disk is full, so nothing was saved. Contact your administrator, and try again later.")
    return render_error(request, status=HTTPStatus.SERVICE_UNAVAILABLE, code="storage_full", message=message)


def render_refused_value(request: HttpRequest, error: DataError) -> HttpResponse:
    """Answer a value that the database cannot hold, such as a NUL in a search field on PostgreSQL: the sender's doing."""
    logger.warning("the database refused a value", exc_info=error)
    return render_error(request, status=HTTPStatus.BAD_REQUEST)


def render_not_allowed(request: HttpRequest, refused: HttpResponseNotAllowed) -> HttpResponse:
    """Answer a method that an address does not have; Django's own answer, and ninja's, is a bare text."""
    allowed = ", ".join(sorted(name.strip() for name in refused["Allow"].split(",")))
    message = ""  # people are told to use the page's buttons
    if wants_json(request):
        message = _("This address does not support %(method)s. Supported methods: %(allowed)s.") % {
            "method": request.method,
            "allowed": allowed,
        }
    response = render_error(request, status=HTTPStatus.METHOD_NOT_ALLOWED, message=message)
    response["Allow"] = allowed
    return response


def render_error(request: HttpRequest, *, status: int, code: str = "", message: str = "", param: str | None = None) -> HttpResponse:
    """Answer with the one JSON shape or the error page, whichever the client asks for; where it helps, say when to come again."""
    response = _render(request, status=status, code=code, message=message, param=param)
    if status in RETRY_AFTER_S:
        response["Retry-After"] = str(RETRY_AFTER_S[status])
    return response


def _render(request: HttpRequest, *, status: int, code: str, message: str, param: str | None) -> HttpResponse:
    default_code, heading, sentence = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    code, message = code or default_code, message or str(sentence)
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        detail: dict[str, str | None] = {"code": code, "message": message}
        if request.path.startswith(OPENAI_PATHS):  # whose clients look for these two as well
            detail |= {"type": "server_error" if status >= 500 else "invalid_request_error", "param": param}
        body = {"error": detail, "request_id": request_id}
        return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    context = {"status": status, "code": code, "heading": heading, "message": message, "request_id": request_id}
    try:
        return HttpResponse(loader.render_to_string("error.html", context, request), status=status)
    except TemplateDoesNotExist:
        return HttpResponse(f"{heading}. {message} {request_id}", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nobody learns that something exists which they may not see."""
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
    error = sys.exc_info()[1]  # what is raised beyond the views: by the session, when it is written
    try:
        if error is not None and is_disk_full(error):
            return render_full_disk(request, error)
        return render_error(request, status=500)
    except Exception:
        logger.exception("the error page itself failed")
        text = _("Something went wrong")
        return HttpResponse(f"{text}: {getattr(request, 'request_id', '')}", status=500, content_type="text/plain; charset=utf-8")


def wants_json(request: HttpRequest) -> bool:
    """True for programs; a browser that asks for a page, a picture or anything gets pages."""
    if f"{request.path}/".startswith(MACHINE_PATHS):
        return True
    return request.get_preferred_type(["text/html", "application/json", "text/event-stream"]) not in ("text/html", None)
