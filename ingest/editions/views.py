"""The page of the index: how the library was chunked and embedded, and how a rebuild progresses."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import knowledge_admins_only
from accounts.models import User
from accounts.requests import SignedInRequest
from ingest.editions import building as editions
from ingest.editions.wanted import find_wanted
from ingest.errors import UploadRefused
from kb.index.editions import building_edition
from kb.index.engine import get_engine
from kb.models import Collection, Edition
from retrieval.errors import RetrievalError

MAX_FAILED = 50
MAX_PAST = 10


@require_GET
@knowledge_admins_only
def show(request: SignedInRequest) -> HttpResponse:
    """What answers, what is built and how far it is; renews itself while something is built."""
    building = building_edition()
    context = {
        "serving": Edition.objects.filter(state=Edition.State.SERVING).first(),
        "building": building,
        "past": Edition.objects.filter(state__in=[Edition.State.REPLACED, Edition.State.CANCELLED])[:MAX_PAST],
        "collections": Collection.objects.visible_to(request.user).for_menu(),
        **state_of_encoder(),
    }
    if building is not None:
        context["progress"] = editions.measure_progress(building)
        context["failed"] = editions.failed_jobs(building).select_related("version__document__collection")[:MAX_FAILED]
    return render(request, "ingest/_editions.html" if request.htmx else "ingest/editions.html", context)


def state_of_encoder() -> dict[str, object]:
    """Return what the page says about encoders: whether that of the serving edition is there, and which one the settings name."""
    context: dict[str, object] = {}
    try:
        engine = get_engine()
        context["is_whole"] = engine.is_whole
    except RetrievalError:
        context["is_whole"] = False
    try:
        context["wanted"] = find_wanted()
    except RetrievalError as error:
        context["wanted_error"] = str(error)
    return context


@require_POST
@knowledge_admins_only
def start(request: SignedInRequest) -> HttpResponseBase:
    """Begin to build the next edition."""
    return change(request, lambda user: editions.start_edition(engine=get_engine(), user=user), _("The index rebuild has started."))


@require_POST
@knowledge_admins_only
def pause(request: SignedInRequest) -> HttpResponseBase:
    """Stop building for now."""
    return change(request, lambda user: editions.pause_edition(user=user), _("The rebuild is paused. Completed work is kept."))


@require_POST
@knowledge_admins_only
def resume(request: SignedInRequest) -> HttpResponseBase:
    """Go on building."""
    return change(request, lambda user: editions.resume_edition(user=user), _("The rebuild has resumed."))


@require_POST
@knowledge_admins_only
def cancel(request: SignedInRequest) -> HttpResponseBase:
    """Give the new edition up."""
    return change(
        request, lambda user: editions.cancel_edition(user=user), _("The rebuild was cancelled. The current index stays in use.")
    )


def change(request: SignedInRequest, do: Callable[[User], Edition], message: str) -> HttpResponseBase:
    """Do it and say so, or say why not."""
    try:
        do(request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    except RetrievalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, message)
    return redirect("ingest:editions")
