"""The page that shows knowledge admins why a search finds what it finds, and why a document is not found."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.actor import actor_of
from audit.services import record
from kb.forms import ExplainForm
from kb.index.engine import get_engine
from kb.index.explaining import Explanation, explain_document, explain_search
from kb.models import Collection, Document
from retrieval.errors import RetrievalError

REASONS = {
    "rights": gettext_lazy("No access to it"),
    "force": gettext_lazy("Expired, or not yet valid"),
    "off": gettext_lazy("Switched off"),
    "collection": gettext_lazy("In another collection"),
    "version": gettext_lazy("In an older version"),
    "deleted": gettext_lazy("In a deleted document"),
    "gone": gettext_lazy("No longer in the database"),
    "limit": gettext_lazy("Ranked too low"),
}
SUGGESTED = 200  # names that the form completes


@require_GET
def explain(request: SignedInRequest) -> HttpResponse:
    """Show the form, and below it what became of a search. For admins of both kinds: of passages that whoever looks may not read
    it says how many somebody gets, and nothing else."""
    if not (request.user.is_knowledge_admin or request.user.is_system_admin):
        raise Http404
    form = ExplainForm(request.GET if "q" in request.GET else None, initial=request.GET.dict(), user=request.user)
    context = {
        "form": form,
        "collections": Collection.objects.visible_to(request.user).for_menu(),
        "people": User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:SUGGESTED],
    }
    if not form.is_bound:
        return render(request, "kb/explain.html", context)
    if not form.is_valid():
        return render(request, "kb/explain.html", context, status=422)
    query, collection = form.cleaned_data["q"], form.cleaned_data["collection"]
    person = form.cleaned_data["person"] or request.user
    document = _find_document(form.cleaned_data["document"], request.user)
    if form.cleaned_data["document"] and document is None:
        form.add_error("document", _("No document has this name."))
        return render(request, "kb/explain.html", context, status=422)
    try:
        found = explain_search(query, admin=request.user, user=person, collection=collection, engine=get_engine())
        if document is not None:
            context["about"] = explain_document(query, document=document, user=person, collection=collection, engine=get_engine())
    except RetrievalError:
        form.add_error(None, _("Search is unavailable right now. See the log for the cause."))
        return render(request, "kb/explain.html", context, status=503)
    _record(request.user, query, person, collection, document)
    rows = [{"standing": one, "reason": REASONS.get(one.removed_by, "")} for one in found.removed]
    return render(
        request, "kb/explain.html", context | {"found": found, "removed": rows, "person": person, "missed": _missed(found)}
    )


def _find_document(words: str, user: User) -> Document | None:
    """Return the live document with this uid or name, else the first whose name or title holds the words."""
    if not words:
        return None
    rows = Document.objects.visible_to(user).select_related("collection").order_by("name")
    try:
        return rows.filter(uid=words).first()
    except ValidationError:
        held = Q(name__icontains=words) | Q(title__icontains=words)
        exact = rows.filter(name=words).first() or rows.filter(name__endswith=f"/{words}").first()
        return exact or rows.filter(held).first()


def _missed(found: Explanation) -> list[str]:
    """Return the words of the query that no passage shown holds."""
    held = {word for one in found.shown for word in one.found}
    return [term.written for term in found.terms if term.written not in held]


def _record(admin: User, query: str, person: User, collection: Collection | None, document: Document | None) -> None:
    """An explanation shows passages: the audit keeps who looked, and for whom."""
    record(
        "search.explained",
        by=actor_of(admin),
        subject=f"user:{person.pk}",
        summary=query[:200],
        payload={
            "query": query,
            "user": person.get_username(),
            "collection": collection.slug if collection else None,
            "document": document.name if document else None,
        },
    )
