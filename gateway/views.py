"""Language models and routes, for knowledge admins; everyone else gets the 404 of a page that does not exist."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from gateway import services
from gateway.editing.forms import RouteForm, ServedModelForm
from gateway.models import Route, ServedModel
from gateway.queue.health import read_health
from gateway.routing.configured import keep_environment_model

ROWS_PER_PAGE = 50


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """The models with how they are doing, and the routes."""
    keep_environment_model()
    models = Paginator(ServedModel.objects.order_by("-is_enabled", "name"), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    rows = Route.objects.prefetch_related("collections", "primaries", "steps__model").select_related("canary")
    routes = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("routes"))
    health = read_health(list(models))
    return render(request, "gateway/index.html", {"page": models, "health": health, "routes": routes})


@require_http_methods(["GET", "POST"])
@system_admins_only
@sensitive_post_parameters("key")
def create_model(request: SignedInRequest) -> HttpResponseBase:
    """Connect a model."""
    return edit_model(request, ServedModel())


@require_http_methods(["GET", "POST"])
@system_admins_only
@sensitive_post_parameters("key")
def change_model(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Change a model."""
    return edit_model(request, get_object_or_404(ServedModel, pk=pk))


def edit_model(request: SignedInRequest, row: ServedModel) -> HttpResponseBase:
    """Show the form, or save it."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        if row.pk is None:
            saved = services.create_model(user=request.user, **values)
        else:
            saved = services.change_model(row=row, user=request.user, **values)
        messages.success(request, _("The model %(name)s was saved.") % {"name": saved.name})
        tell_held(request, saved)
        return redirect("models:index")

    form = ServedModelForm(request.POST or None, instance=row)
    if request.POST.get("act") == "try":
        return try_form(request, form, row)
    return save_or_show(request, form, save=save, template="gateway/model_form.html", context={"model": row})


def try_form(request: SignedInRequest, form: ServedModelForm, row: ServedModel) -> HttpResponse:
    """Say whether what the form holds would work, and what its server offers; nothing is saved."""
    tested: services.Tested | None = None
    if form.is_valid():
        try:
            tested = services.try_values(row, form.given(), user=request.user)
        except ValuesRefused as refused:
            form.refuse(refused)
    problem = reason_of(tested.error.code) if tested and tested.error else ""
    context = {"form": form, "model": row, "tested": tested, "problem": problem}
    template = "gateway/_tested.html" if request.htmx else "gateway/model_form.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@system_admins_only
def try_model(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Ask a model for a word, and say how it went."""
    row = get_object_or_404(ServedModel, pk=pk)
    tested = services.try_model(row, user=request.user)
    if tested.error is None:
        text = _("%(name)s works: first token after %(ms)d ms.") % {"name": row.name, "ms": tested.first_token_ms}
        if tested.context:
            text += " " + _("Its context window is %(count)d tokens.") % {"count": tested.context}
        messages.success(request, text)
    else:
        words = {"name": row.name, "reason": reason_of(tested.error.code)}
        messages.error(request, _("%(name)s does not work. %(reason)s See the log of the web process for details.") % words)
    return redirect("models:index")


@require_POST
@system_admins_only
def switch_model(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Take a model out of use, or back into it."""
    row = get_object_or_404(ServedModel, pk=pk)
    try:
        tell_held(request, services.change_model(row=row, user=request.user, is_enabled=not row.is_enabled))
    except ValuesRefused as refused:
        messages.error(request, refused.message)
    return redirect("models:index")


@require_http_methods(["GET", "POST"])
@system_admins_only
def create_route(request: SignedInRequest) -> HttpResponseBase:
    """Lay a route."""
    return edit_route(request, Route())


@require_http_methods(["GET", "POST"])
@system_admins_only
def change_route(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Change a route."""
    return edit_route(request, get_object_or_404(Route, pk=pk))


def edit_route(request: SignedInRequest, route: Route) -> HttpResponseBase:
    """Show the form, or save it."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        if route.pk is None:
            saved = services.create_route(user=request.user, **values)
        else:
            saved = services.change_route(route=route, user=request.user, **values)
        if not saved.is_held:
            messages.success(request, _("The route %(name)s was saved.") % {"name": saved.name})
        tell_held(request, saved)
        return redirect("models:index")

    form = RouteForm(request.POST or None, instance=route)
    return save_or_show(request, form, save=save, template="gateway/route_form.html", context={"route": route})


@require_POST
@system_admins_only
def delete_route(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Delete a route; its models stay."""
    services.delete_route(get_object_or_404(Route, pk=pk), user=request.user)
    if Route.objects.filter(pk=pk).exists():
        tell_held(request, Route(), is_held=True)
    else:
        messages.success(request, _("The route was deleted."))
    return redirect("models:index")


def tell_held(request: SignedInRequest, row: ServedModel | Route, *, is_held: bool = False) -> None:
    """Say that a change is tried first, where it is."""
    if is_held or row.is_held:
        messages.info(request, _("The change is tried on the golden questions first, and is applied if none gets worse."))


def reason_of(code: str) -> str:
    """Return what an error of a model means to an admin, in the active language."""
    return {
        "model_unreachable": _("No server responds at this address."),
        "model_address_refused": _(
            "The address points to the machine that runs Attest, or to one that only that machine can reach, and "
            "ATTEST_MODEL_HOSTS does not allow it."
        ),
        "model_timeout": _("The request timed out."),
        "model_unauthorized": _("The server rejected the key."),
        "model_busy": _("The server is busy."),
        "budget_exhausted": _("The budget for language models is spent for this month."),
        "model_suspended": _("The model failed several times and is suspended for a while."),
        "context_overflow": _("The prompt is longer than the context window."),
        "model_rejected": _("The server rejected the request."),
        "model_faulty": _("The server reported an internal error."),
        "model_broken": _("The connection broke, or the server uses another protocol."),
        "model_silent": _("The model returned no text."),
    }.get(code, code)
