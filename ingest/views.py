"""Views for knowledge admins: upload files, watch the queue, delete documents."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from ingest import services
from ingest.documents.deletion import delete_document
from ingest.documents.held import hold_on_any
from ingest.errors import UploadRefused, message_for
from ingest.forms import UploadForm
from ingest.models import Job
from ingest.queue.obstacles import DISK_FULL
from ingest.upload import receive_files, takes_files
from kb.models import Collection, Document, DocumentVersion
from kb.slugs import is_uuid
from kb.storage import has_room

MAX_SHOWN = 200  # rows of a list that may be long
MAX_DONE = 20
SHOWN = ("open", "failed", "done")


@takes_files
@require_POST
def upload(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Take in the files of a form; the page's script sends them one by one and reads JSON, to show each one's progress."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    named = request.GET.get("folder", "")
    folder = get_object_or_404(collection.folders, uid=named) if is_uuid(named) else None
    with receive_files(request) as received:
        form = UploadForm({}, cast("MultiValueDict[str, UploadedFile[Any]]", received))
        if not form.is_valid():
            return report_outcomes(
                request, slug, [(False, "", " ".join(map(str, form.errors.get("files", [_("Choose a file.")]))))]
            )
        outcomes = []
        for file in form.cleaned_data["files"]:
            try:
                accepted = services.accept_upload(
                    collection=collection, name=file.name, stream=file, user=request.user, folder=folder
                )
            except UploadRefused as refused:
                outcomes.append((False, file.name, refused.message))
            else:
                outcomes.append((True, file.name, outcome_text(accepted)))
    return report_outcomes(request, slug, outcomes)


def outcome_text(accepted: services.Accepted) -> str:
    """Say what became of an accepted file."""
    version = accepted.version
    if accepted.outcome == "unchanged" and version.status == version.Status.FAILED:
        return _(
            "This file was uploaded before and could not be processed. See the reason in the list, and select “Retry” to try again."
        )
    if accepted.outcome == "unchanged":
        return _("This file already exists as “%(name)s”. Nothing to do.") % {"name": version.document.name}
    if accepted.outcome == "new_version":
        return _("Uploaded as version %(number)d. The previous version is used until this one is ready.") % {
            "number": version.number
        }
    return _("Uploaded. You can ask about it as soon as it is ready.")


def report_outcomes(request: SignedInRequest, slug: str, outcomes: list[tuple[bool, str, str]]) -> HttpResponseBase:
    """Answer the script with the one file's outcome, a browser without scripts with messages on the collection's page."""
    if request.headers.get("Accept") == "application/json":
        accepted, name, message = outcomes[0]
        return JsonResponse({"accepted": accepted, "name": name, "message": str(message)}, status=200 if accepted else 422)
    for accepted, name, message in outcomes:
        line = f"{name}: {message}" if name else str(message)
        messages.add_message(request, messages.SUCCESS if accepted else messages.ERROR, line)
    return redirect("kb:collection", slug=slug)


@require_GET
def queue(request: SignedInRequest) -> HttpResponse:
    """What is being read, what waits, what failed and why, and how long the last ones took; renews itself while open."""
    collections = Collection.objects.manageable_by(request.user)
    if not request.user.is_knowledge_admin and not collections.exists():
        raise Http404
    query, show = request.GET.get("q", "").strip(), request.GET.get("show", "")
    chosen = collections.filter(slug=request.GET.get("collection", "")).first()
    jobs = Job.objects.filter(version__document__in=manageable_documents(request))
    obstacles = find_obstacles(jobs.filter(state=Job.State.WAITING))
    if chosen is not None:
        jobs = jobs.filter(version__document__collection=chosen)
    if query:
        jobs = jobs.filter(Q(version__document__name__icontains=query) | Q(version__document__title__icontains=query))
    jobs = jobs.select_related("version__document__collection", "version__document__current_version")
    failed = jobs.filter(version__status=DocumentVersion.Status.FAILED, state__in=(Job.State.FAILED, Job.State.CANCELLED))
    failed = failed.exclude(kind=Job.Kind.REBUILD)  # the page of the index has these
    waiting = jobs.filter(state=Job.State.WAITING)
    to_rebuild = waiting.filter(kind=Job.Kind.REBUILD).count()
    waiting = waiting.exclude(kind=Job.Kind.REBUILD)
    context = {
        "running": jobs.filter(state=Job.State.RUNNING)[:MAX_SHOWN],
        "waiting": waiting[:MAX_SHOWN],
        "waiting_count": waiting.count(),
        "to_rebuild": to_rebuild,
        "obstacles": obstacles,
        "failed": newest_of_each(failed.order_by("-finished_at")[:MAX_SHOWN]),
        "failed_count": failed.values("version").distinct().count(),
        "done": jobs.filter(state=Job.State.DONE, kind=Job.Kind.INGEST).order_by("-finished_at")[:MAX_DONE],
        "collections": collections.for_menu(slug=chosen.slug if chosen else ""),
        "query": query,
        "show": show if show in SHOWN else "",
        "chosen": chosen,
    }
    return render(request, "ingest/_queue.html" if request.htmx else "ingest/queue.html", context)


def find_obstacles(waiting: QuerySet[Job]) -> list[str]:
    """Return the codes of what is in the way of all reading now."""
    met = waiting.exclude(obstacle="").order_by().values_list("obstacle", flat=True).distinct()
    return sorted({*met, *([] if has_room() else [DISK_FULL])})


def newest_of_each(jobs: Iterable[Job]) -> list[Job]:
    """Keep one job for each version, the first."""
    found: dict[int, Job] = {}
    for job in jobs:
        found.setdefault(job.version_id, job)
    return list(found.values())


@require_POST
def cancel(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Stop reading a version."""
    documents = manageable_documents(request)
    version = get_object_or_404(DocumentVersion.objects.select_related("document"), uid=uid, document__in=documents)
    try:
        services.cancel_version(version, user=request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    return redirect("ingest:queue")


@require_POST
def retry(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Try a failed version again."""
    documents = manageable_documents(request)
    version = get_object_or_404(DocumentVersion.objects.select_related("document__collection"), uid=uid, document__in=documents)
    try:
        services.retry_version(version, user=request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    if request.POST.get("back") == "queue":
        return redirect("ingest:queue")
    return redirect("kb:collection", slug=version.document.collection.slug)


@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask whether a document is to go, and delete it on yes."""
    document = get_object_or_404(manageable_documents(request).select_related("collection"), uid=uid)
    context = {"document": document, "collection": document.collection}
    if request.method == "GET":
        is_held = hold_on_any(Document.objects.filter(pk=document.pk)) is not None
        return render(request, "ingest/delete.html", context | {"error": message_for("held") if is_held else ""})
    try:
        delete_document(document, user=request.user)
    except UploadRefused as refused:
        return render(request, "ingest/delete.html", context | {"error": refused.message}, status=422)
    messages.success(request, _("“%(title)s” was deleted. Answers no longer use it.") % {"title": document.title})
    return redirect("kb:collection", slug=document.collection.slug)


def manageable_documents(request: SignedInRequest) -> QuerySet[Document]:
    """Live documents of the collections that this user may manage."""
    return Document.objects.manageable_by(request.user)
