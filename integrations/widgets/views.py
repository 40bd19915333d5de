"""The pages on which widgets are managed, for system admins."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from integrations.widgets import editing
from integrations.widgets.forms import WidgetForm
from integrations.widgets.models import Widget

ROWS_PER_PAGE = 50


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """All widgets."""
    rows = Widget.objects.select_related("guest__user").prefetch_related("collections")
    return render(request, "integrations/widgets.html", {"page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))})


@require_http_methods(["GET", "POST"])
@system_admins_only
def create(request: SignedInRequest) -> HttpResponseBase:
    """Make a widget, and show its secret, once."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        widget, secret = editing.create_widget(user=request.user, **values)
        return _show(request, widget, secret=secret)

    form = WidgetForm(request.POST or None, instance=Widget(title=_("Ask Attest")))
    return save_or_show(request, form, save=save, template="integrations/widget_form.html", context={"widget": None})


@require_GET
@system_admins_only
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """How it is put into a site."""
    return _show(request, get_object_or_404(Widget.objects.select_related("guest__user"), pk=pk))


@require_http_methods(["GET", "POST"])
@system_admins_only
def change(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Change a widget."""
    widget = get_object_or_404(Widget, pk=pk)

    def save(values: dict[str, Any]) -> HttpResponseBase:
        editing.change_widget(widget=widget, user=request.user, **values)
        messages.success(request, _("The widget was saved."))
        return redirect("integrations:widget", pk=widget.pk)

    form = WidgetForm(request.POST or None, instance=widget)
    return save_or_show(request, form, save=save, template="integrations/widget_form.html", context={"widget": widget})


@require_POST
@system_admins_only
def renew(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Give it another secret, and show that, once."""
    widget = get_object_or_404(Widget, pk=pk)
    try:
        secret = editing.renew_secret(widget, user=request.user)
    except ValuesRefused as refused:
        messages.error(request, refused.message)
        return redirect("integrations:widget", pk=pk)
    return _show(request, widget, secret=secret)


@require_POST
@system_admins_only
def delete(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Delete a widget."""
    editing.delete_widget(get_object_or_404(Widget, pk=pk), user=request.user)
    messages.success(request, _("The widget was deleted."))
    return redirect("integrations:widgets")


@sensitive_variables("secret")
def _show(request: SignedInRequest, widget: Widget, *, secret: str = "") -> HttpResponse:
    base = f"{request.scheme}://{request.get_host()}"
    script = f"{base}{settings.STATIC_URL}widget/embed.js"
    tag = f'<script src="{script}" data-widget="{widget.uid}" data-token-url="/attest-token" defer></script>'
    policy = f"script-src {base}; frame-src {base}"
    context = {"widget": widget, "secret": secret, "tag": tag, "policy": policy}
    return render(request, "integrations/widget_show.html", context)
