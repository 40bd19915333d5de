"""Pages of a person's data, for auditors: how much there is, a copy of it, and its erasure."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.life.holds import read_holds
from audit.models import Event
from audit.views import auditors_only
from chat.models import Conversation
from retention.errors import RetentionRefused
from retention.models import Erasure
from retention.people.erasing import KEPT, order_erasure
from retention.people.exporting import export_person
from retention.people.forms import EraseForm, FindForm

PER_PAGE = 50


@require_GET
@auditors_only
def people(request: SignedInRequest) -> HttpResponse:
    """Looks for a person by the user name, and lists what was erased."""
    form = FindForm(request.GET or None) if "person" in request.GET else FindForm()
    if form.is_bound and form.is_valid():
        found = User.objects.filter(username=form.cleaned_data["person"].strip()).first()
        if found is not None:
            return redirect("retention:person", found.pk)
        form.add_error("person", _("There is no person with this user name."))
    page = Paginator(Erasure.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "retention/people.html", {"form": form, "page": page}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@auditors_only
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """How much there is of one person; by POST the erasure is ordered."""
    found = get_object_or_404(User, pk=pk)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            order_erasure(person=found, **form.cleaned_data, by=request.user)
        except RetentionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The erasure was ordered and is now being carried out."))
            return redirect("retention:people")
    events = Event.objects.filter(Q(actor_id=str(pk)) | Q(subject=f"user:{pk}"), payload__erased_at=None).exclude(action__in=KEPT)
    context = {
        "person": found,
        "form": form,
        "questions": events.filter(action__startswith="question.").count(),
        "others": events.exclude(action__startswith="question.").count(),
        "conversations": Conversation.objects.filter(user=found).count(),
        "holds": [hold.name for hold in read_holds() if str(pk) in hold.people],
    }
    return render(request, "retention/person.html", context, status=422 if form.errors else 200)


@require_GET
@auditors_only
def person_export(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """A copy of a person's data as a ZIP file."""
    with export_person(get_object_or_404(User, pk=pk), by=request.user) as content:
        packed = content.read()  # texts alone: some kilobytes a question, packed
    headers = {"Content-Disposition": f'attachment; filename="attest-person-{pk}.zip"'}
    return HttpResponse(packed, content_type="application/zip", headers=headers)
