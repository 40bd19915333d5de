"""The pages on which chat programs are connected, for system admins."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from integrations.chat_apps import editing
from integrations.chat_apps.forms import ChatAppForm
from integrations.chat_apps.models import ChatApp

ROWS_PER_PAGE = 50
TEMPLATE = "integrations/chat_form.html"


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """All chat programs."""
    rows = ChatApp.objects.annotate(person_count=Count("people", distinct=True)).order_by("name").prefetch_related("collections")
    return render(request, "integrations/chats.html", {"page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))})


@require_http_methods(["GET", "POST"])
@system_admins_only
@sensitive_post_parameters("secret", "token")
def create(request: SignedInRequest) -> HttpResponseBase:
    """Connect a program, and show the address that it calls."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        app, secret = editing.create_chat_app(user=request.user, **values)
        return _show(request, app, secret=secret)

    form = ChatAppForm(request.POST or None, instance=ChatApp())
    return save_or_show(request, form, save=save, template=TEMPLATE, context={"app": None})


@require_http_methods(["GET", "POST"])
@system_admins_only
@sensitive_post_parameters("secret", "token")
def change(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Change a program, and its people."""
    app = get_object_or_404(ChatApp, pk=pk)

    def save(values: dict[str, Any]) -> HttpResponseBase:
        editing.change_chat_app(app=app, user=request.user, **values)
        messages.success(request, _("The chat program was saved."))
        return redirect("integrations:chats")

    form = ChatAppForm(request.POST or None, instance=app)
    context = {"app": app, "address": _address(request, app)}
    return save_or_show(request, form, save=save, template=TEMPLATE, context=context)


@require_POST
@system_admins_only
def delete(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Disconnect a program."""
    editing.delete_chat_app(get_object_or_404(ChatApp, pk=pk), user=request.user)
    messages.success(request, _("The chat program was deleted."))
    return redirect("integrations:chats")


@sensitive_variables("secret")
def _show(request: SignedInRequest, app: ChatApp, *, secret: str) -> HttpResponse:
    return render(request, "integrations/chat_made.html", {"app": app, "secret": secret, "address": _address(request, app)})


def _address(request: SignedInRequest, app: ChatApp) -> str:
    return request.build_absolute_uri(reverse("outside:chat", args=[app.uid]))
