"""The page that leads to everything one looks after."""

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from curation.answers.models import ApprovedAnswer
from curation.golden.models import GoldenRun
from kb.models import Collection
from kb.rights.managing import check_manages_something

PER_PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The collections that this person runs, with how each stands."""
    check_manages_something(request.user)
    rows = Collection.objects.manageable_by(request.user).order_by("name")
    rows = rows.annotate(golden=Count("golden_questions", filter=Q(golden_questions__is_active=True), distinct=True))
    withdrawn = ApprovedAnswer.objects.filter(collection=OuterRef("pk"), state=ApprovedAnswer.State.WITHDRAWN)
    due = ApprovedAnswer.objects.filter(
        collection=OuterRef("pk"), state=ApprovedAnswer.State.APPROVED, review_on__lte=timezone.localdate()
    )
    rows = rows.annotate(has_withdrawn=Exists(withdrawn), has_due=Exists(due))
    rows = rows.annotate(open_gaps=Count("gaps", filter=Q(gaps__state="open"), distinct=True))
    done = GoldenRun.objects.filter(collection=OuterRef("pk"), state=GoldenRun.State.DONE).exclude(cause=GoldenRun.Cause.HELD)
    rows = rows.annotate(last_run=Subquery(done.order_by("-pk").values("pk")[:1]))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = [(row, getattr(row, "last_run", None)) for row in page]  # annotated
    last = GoldenRun.objects.in_bulk([pk for _row, pk in shown if pk])
    return render(request, "curation/index.html", {"page": page, "rows": [(row, last.get(pk)) for row, pk in shown]})
