"""Pages for something that is done to many documents: what is to be done, to which, and what became of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.requests import SignedInRequest
from ingest.many.acting import OWNERS_ALONE, documents_for
from ingest.many.forms import FORMS, INITIAL, ActionForm
from ingest.many.models import BulkMember, BulkRun
from ingest.many.running import count_members, start_run
from kb.keeping.listing import Filter, filter_documents
from kb.keeping.views import people_to_name
from kb.models import Collection, Document
from kb.rights.reasons import owns
from kb.slugs import is_uuid

FAILURES_PER_PAGE = 50
NAMED = 8  # documents on the page that asks
MOST_TICKED = 200  # of a page of the list
PREFIX = "in-"  # of the list's filter, beside an action's own fields


@require_POST
def bulk(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Ask what is to be done with the selected documents, and have it done when it is confirmed."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    action = request.POST.get("action", "")
    if action not in BulkRun.Action.values or (action in OWNERS_ALONE and not owns(request.user, collection)):
        messages.error(request, _("Choose an action."))
        return redirect("kb:collection", slug=slug)
    wanted = Filter.read(
        {name: request.POST.get(f"{PREFIX}{name}", "") for name in ("q", "state", "tag", "owner", "folder", "sort")}
    )
    is_all, ticked = "all" in request.POST, [uid for uid in request.POST.getlist("document")[:MOST_TICKED] if is_uuid(uid)]
    documents = select(collection, request.user, wanted=wanted if is_all else None, uids=ticked, action=action)
    is_confirmed = "confirmed" in request.POST
    form = FORMS.get(action, ActionForm)(
        request.POST if is_confirmed else None,
        collection=collection,
        user=request.user,
        initial=INITIAL.get(BulkRun.Action(action)),
    )
    if is_confirmed and form.is_valid():
        try:
            run = start_run(action=action, documents=documents, collection=collection, values=form.given(), user=request.user)
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            return redirect("ingest:bulk_run", uid=run.uid)
    count = documents.count()
    if not count and not is_confirmed:
        messages.error(request, _("Select at least one document."))
        return redirect("kb:collection", slug=slug)
    context = {
        "collection": collection,
        "action": action,
        "action_name": BulkRun.Action(action).label,
        "form": form,
        "is_all": is_all,
        "ticked": ticked,
        "wanted": {f"{PREFIX}{name}": value for name, value in wanted.as_fields().items()},
        "count": count,
        "titles": list(documents.values_list("title", flat=True)[:NAMED]),
        "more": max(0, count - NAMED),
        "people": people_to_name(collection) if action == BulkRun.Action.OWNER else [],
    }
    return render(request, "ingest/bulk.html", context, status=422 if form.errors else 200)


def select(collection: Collection, user: User, *, wanted: Filter | None, uids: Sequence[str], action: str) -> QuerySet[Document]:
    """Return the documents of a selection to which this may be done: all that a filter finds, or those named."""
    rows = filter_documents(collection, user, wanted or Filter())
    if wanted is None:
        rows = rows.filter(uid__in=uids)
    return rows.filter(pk__in=documents_for(action, user).filter(collection=collection).values("pk"))


@require_GET
def run(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """How far a run is, and what failed; renews itself while it goes on."""
    found = get_object_or_404(runs_of(request.user).select_related("collection", "asked_by"), uid=uid)
    failed = found.members.filter(state=BulkMember.State.FAILED).select_related("document")
    context: dict[str, Any] = {
        "run": found,
        "collection": found.collection,
        "counts": count_members(found),
        "page": Paginator(failed, FAILURES_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "ingest/_bulk_run.html" if request.htmx else "ingest/bulk_run.html", context)


def runs_of(user: User) -> QuerySet[BulkRun]:
    """Return the runs in collections that this person may change now."""
    return BulkRun.objects.filter(Q(collection__in=Collection.objects.manageable_by(user)))
