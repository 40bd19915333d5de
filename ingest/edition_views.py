"""The page of the index: with what the library was cut and embedded, and how building it anew goes."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import knowledge_admins_only
from accounts.models import User
from ingest import editions
from ingest.errors import UploadRefused
from ingest.wanted import find_wanted
from kb.editions import building_edition
from kb.engine import get_engine
from kb.models import Collection, Edition
from retrieval.errors import RetrievalError

MAX_FAILED = 50
MAX_PAST = 10


@require_GET
@knowledge_admins_only
def show(request: HttpRequest) -> HttpResponse:
    """What answers, what is built and how far it is; renews itself while something is built."""
    building = building_edition()
    context = {
        "serving": Edition.objects.filter(state=Edition.State.SERVING).first(),
        "building": building,
        "past": Edition.objects.filter(state__in=[Edition.State.REPLACED, Edition.State.CANCELLED])[:MAX_PAST],
        "collections": Collection.objects.visible_to(request.user),
        **state_of_encoder(),
    }
    if building is not None:
        context["progress"] = editions.measure_progress(building)
        context["failed"] = editions.failed_jobs(building).select_related("version__document__collection")[:MAX_FAILED]
    return render(request, "ingest/_editions.html" if request.htmx else "ingest/editions.html", context)


def state_of_encoder() -> dict[str, object]:
    """Return what the page says about encoders: whether the one that answers is there, and which one the settings name."""
    told: dict[str, object] = {}
    try:
        engine = get_engine()
        told["is_whole"] = engine.is_whole
    except RetrievalError:
        told["is_whole"] = False
    try:
        told["wanted"] = find_wanted()
    except RetrievalError as error:
        told["wanted_error"] = str(error)
    return told


@require_POST
@knowledge_admins_only
def start(request: HttpRequest) -> HttpResponseBase:
    """Begin to build the next edition."""
    return change(request, lambda user: editions.start_edition(engine=get_engine(), user=user), _("The index is being built anew."))


@require_POST
@knowledge_admins_only
def pause(request: HttpRequest) -> HttpResponseBase:
    """Stop building for now."""
    return change(request, lambda user: editions.pause_edition(user=user), _("Building is paused. What is there stays."))


@require_POST
@knowledge_admins_only
def resume(request: HttpRequest) -> HttpResponseBase:
    """Go on building."""
    return change(request, lambda user: editions.resume_edition(user=user), _("Building goes on."))


@require_POST
@knowledge_admins_only
def cancel(request: HttpRequest) -> HttpResponseBase:
    """Give the new edition up."""
    return change(request, lambda user: editions.cancel_edition(user=user), _("The new index was given up. The old one answers."))


def change(request: HttpRequest, do: Callable[[User], Edition], told: str) -> HttpResponseBase:
    """Do it and say so, or say why not."""
    try:
        do(request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    except RetrievalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, told)
    return redirect("ingest:editions")
