"""The pages of golden questions, for whoever runs the collection."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from curation.access import managed_collection, managed_golden
from curation.errors import CurationRefused
from curation.golden.comparing import compare_runs, run_before
from curation.golden.files import MAX_BYTES, read_file, write_lines
from curation.golden.forms import GoldenForm, PasteForm, initial_of
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.golden.questions import change_golden, delete_golden, import_golden, write_golden
from curation.golden.running import start_run
from ingest.upload import receive_files, takes_files
from kb.models import Collection

PER_PAGE = 50
RESULTS_PER_PAGE = 50  # those that got worse come first
PREVIEWED = 200  # rows
EXAMPLE = """{"question": "How many hours of leave after five years?", "facts": ["6 hours | six hours"], "documents": ["leave.md"]}
{"question": "Who is the king of France?", "expect": "refusal"}

question,expect,facts,documents,note
How many hours of leave after five years?,answer,6 hours | six hours,leave.md,
Who is the king of France?,refusal,,,"""


@require_GET
def questions(request: SignedInRequest, slug: str) -> HttpResponse:
    """The golden questions of a collection with what came of each in the last run."""
    collection = managed_collection(request.user, slug)
    page = Paginator(collection.golden_questions.order_by("-is_active", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    last = last_run(collection)
    verdicts = {}
    if last is not None:
        rows = last.results.filter(digest__in=[row.digest for row in page])
        verdicts = {row.digest: row for row in rows.only("digest", "verdict", "misses", "run_id")}
    context = {
        "collection": collection,
        "page": page,
        "rows": [(row, verdicts.get(row.digest)) for row in page],
        "last": last,
        "open": collection.golden_runs.exclude(state=GoldenRun.State.DONE).first(),
    }
    return render(request, "curation/golden.html", context)


def last_run(collection: Collection) -> GoldenRun | None:
    """Return the last finished run of what is really set."""
    done = collection.golden_runs.filter(state=GoldenRun.State.DONE).exclude(cause=GoldenRun.Cause.HELD)
    return done.order_by("-pk").first()


@require_http_methods(["GET", "POST"])
def write(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Write a golden question."""
    collection = managed_collection(request.user, slug)
    form = GoldenForm(request.POST or None, collection=collection)
    if request.method == "POST" and form.is_valid():
        try:
            write_golden(collection=collection, user=request.user, **form.values())
        except CurationRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The golden question was saved."))
            return redirect("curation:golden", slug=slug)
    return _form(request, form, collection, None)


@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Change a golden question."""
    row = managed_golden(request.user, uid)
    form = GoldenForm(request.POST or None, collection=row.collection, initial=initial_of(row))
    if request.method == "POST" and form.is_valid():
        try:
            change_golden(row=row, user=request.user, **form.values())
        except CurationRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The golden question was saved."))
            return redirect("curation:golden", slug=row.collection.slug)
    return _form(request, form, row.collection, row)


def _form(request: SignedInRequest, form: GoldenForm, collection: Collection, row: GoldenQuestion | None) -> HttpResponse:
    context = {"form": form, "collection": collection, "golden": row}
    return render(request, "curation/golden_form.html", context, status=422 if form.errors else 200)


@require_POST
def delete(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Remove a golden question."""
    row = managed_golden(request.user, uid)
    delete_golden(row=row, user=request.user)
    messages.success(request, _("The golden question was deleted."))
    return redirect("curation:golden", slug=row.collection.slug)


@takes_files
@require_http_methods(["GET", "POST"])
def take_file(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Read a file, and show what it holds; nothing is kept yet."""
    collection = managed_collection(request.user, slug)
    if request.method == "GET":
        return _import_page(request, collection, PasteForm())
    with receive_files(request) as received:
        files = received.getlist("file")
        data = b""
        if files:
            incoming = files[0].take()
            with incoming.path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
            incoming.path.unlink(missing_ok=True)
            incoming.file.close()
    if not data:
        form = PasteForm({"lines": ""})
        return _import_page(request, collection, form, status=422)
    return _preview(request, collection, data)


@require_POST
def take_lines(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Keep the lines that the preview showed; or show what pasted ones hold."""
    collection = managed_collection(request.user, slug)
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _import_page(request, collection, form, status=422)
    data = form.cleaned_data["lines"].encode()
    if "confirmed" not in request.POST:
        return _preview(request, collection, data)
    try:
        new, changed = import_golden(collection=collection, rows=read_file(data, collection=collection), user=request.user)
    except CurationRefused as refused:
        form.add_error("lines", refused.message)
        return _import_page(request, collection, form, status=422)
    told = ngettext("%(count)d golden question was added", "%(count)d golden questions were added", new) % {"count": new}
    told += ", " + ngettext("%(count)d was changed.", "%(count)d were changed.", changed) % {"count": changed}
    messages.success(request, told)
    return redirect("curation:golden", slug=slug)


def _import_page(request: SignedInRequest, collection: Collection, form: PasteForm, *, status: int = 200) -> HttpResponse:
    context = {"collection": collection, "form": form, "example": EXAMPLE}
    return render(request, "curation/golden_import.html", context, status=status)


def _preview(request: SignedInRequest, collection: Collection, data: bytes) -> HttpResponse:
    text = data[:MAX_BYTES].decode("utf-8-sig", errors="replace")
    form = PasteForm({"lines": text})
    try:
        rows = read_file(data, collection=collection)
    except CurationRefused as refused:
        form.is_valid()
        form.add_error("lines", refused.message)
        return _import_page(request, collection, form, status=422)
    context = {"collection": collection, "form": form, "rows": rows[:PREVIEWED], "count": len(rows)}
    return render(request, "curation/golden_import.html", context)


@require_GET
def export(request: SignedInRequest, slug: str) -> HttpResponse:
    """All golden questions as JSON Lines."""
    collection = managed_collection(request.user, slug)
    return HttpResponse(
        write_lines(collection.golden_questions.all()),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="golden-{slug}.jsonl"'},
    )


@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Ask all golden questions now."""
    collection = managed_collection(request.user, slug)
    try:
        made = start_run(collection=collection, cause=GoldenRun.Cause.ASKED, user=request.user)
    except CurationRefused as refused:
        messages.error(request, refused.message)
        return redirect("curation:golden", slug=slug)
    return redirect("curation:run", uid=made.uid)


@require_GET
def run(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One run beside the one before: what changed, by question, answers side by side."""
    runs = GoldenRun.objects.manageable_by(request.user).select_related("collection", "started_by")
    current = get_object_or_404(runs, uid=uid)
    before = run_before(current)
    rows = compare_runs(current, before, user=request.user)
    context = {
        "collection": current.collection,
        "run": current,
        "before": before,
        "page": Paginator(rows, RESULTS_PER_PAGE).get_page(request.GET.get("page")),
        "worse": sum(row.change == "worse" for row in rows),
        "better": sum(row.change == "better" for row in rows),
        "conditions": differing(current, before),
        "done": len(rows),
        "verdicts": GoldenResult.Verdict,
    }
    return render(request, "curation/run.html", context)


def differing(run: GoldenRun, before: GoldenRun | None) -> list[tuple[str, object, object]]:
    """Return what two runs were made with and differ in: name, before, now."""
    if before is None or not run.conditions:
        return []
    return [
        (name, before.conditions.get(name), value) for name, value in run.conditions.items() if before.conditions.get(name) != value
    ]
