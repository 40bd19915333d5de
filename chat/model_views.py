"""Language models and routes, for knowledge admins; everyone else gets the 404 of a page that does not exist."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import knowledge_admins_only
from chat import model_services as services
from chat.llm.configured import keep_environment_model
from chat.model_forms import RouteForm, ServedModelForm
from chat.served import Route, ServedModel


@require_GET
@knowledge_admins_only
def index(request: HttpRequest) -> HttpResponse:
    """The models with how they are doing, and the routes."""
    keep_environment_model()
    models = list(ServedModel.objects.order_by("-is_enabled", "name"))
    routes = Route.objects.prefetch_related("collections", "primaries", "steps__model").select_related("canary")
    return render(request, "models/index.html", {"health": services.read_health(models), "routes": routes})


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
@sensitive_post_parameters("key")
def create_model(request: HttpRequest) -> HttpResponseBase:
    """Connect a model."""
    return edit_model(request, ServedModel())


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
@sensitive_post_parameters("key")
def change_model(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a model."""
    return edit_model(request, get_object_or_404(ServedModel, pk=pk))


def edit_model(request: HttpRequest, row: ServedModel) -> HttpResponseBase:
    """Show the form, or save it."""
    form = ServedModelForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = services.save_model(form=form, user=request.user)
        messages.success(request, _("The model %(name)s was saved.") % {"name": saved.name})
        return redirect("models:index")
    status = 422 if form.errors else 200
    return render(request, "models/model_form.html", {"form": form, "model": row}, status=status)


@require_POST
@knowledge_admins_only
def try_model(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask a model for a word, and say how it went."""
    row = get_object_or_404(ServedModel, pk=pk)
    tested = services.try_model(row, user=request.user)
    if tested.error is None:
        text = _("%(name)s answers: first word after %(ms)d ms.") % {"name": row.name, "ms": tested.first_token_ms}
        if tested.context:
            text += " " + _("Its context has %(count)d tokens.") % {"count": tested.context}
        messages.success(request, text)
    else:
        words = {"name": row.name, "reason": reason_of(tested.error.code), "message": tested.message[:200]}
        messages.error(request, _("%(name)s does not answer. %(reason)s %(message)s") % words)
    return redirect("models:index")


@require_POST
@knowledge_admins_only
def switch_model(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a model out of use, or back into it."""
    row = get_object_or_404(ServedModel, pk=pk)
    services.switch_model(row, is_enabled=not row.is_enabled, user=request.user)
    return redirect("models:index")


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create_route(request: HttpRequest) -> HttpResponseBase:
    """Lay a route."""
    return edit_route(request, Route())


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def change_route(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a route."""
    return edit_route(request, get_object_or_404(Route, pk=pk))


def edit_route(request: HttpRequest, route: Route) -> HttpResponseBase:
    """Show the form, or save it."""
    form = RouteForm(request.POST or None, instance=route)
    if request.method == "POST" and form.is_valid():
        saved = services.save_route(form=form, user=request.user)
        messages.success(request, _("The route %(name)s was saved.") % {"name": saved.name})
        return redirect("models:index")
    status = 422 if form.errors else 200
    return render(request, "models/route_form.html", {"form": form, "route": route}, status=status)


@require_POST
@knowledge_admins_only
def delete_route(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a route; its models stay."""
    services.delete_route(get_object_or_404(Route, pk=pk), user=request.user)
    messages.success(request, _("The route was deleted."))
    return redirect("models:index")


def reason_of(code: str) -> str:
    """Return what an error of a model means to an admin, in the active language."""
    return {
        "model_unreachable": _("Nothing answers at this address."),
        "model_timeout": _("It takes too long."),
        "model_unauthorized": _("It refuses the key."),
        "model_busy": _("It is busy."),
        "model_suspended": _("It failed several times and is left alone for a while."),
        "context_overflow": _("The prompt is longer than its context."),
        "model_rejected": _("It refuses the request."),
        "model_faulty": _("It has an error inside."),
        "model_broken": _("It broke off, or speaks another protocol."),
        "model_silent": _("It says nothing."),
    }.get(code, code)
