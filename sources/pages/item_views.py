"""Pages of what a source has: its items, and who its people and groups are here."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import knowledge_admins_only
from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from kb.rights.reasons import gates_of, readers_of
from kb.views import cut
from sources.connectors.errors import ConnectorError
from sources.connectors.port import Rights
from sources.pages.forms import AUTOMATIC, NOBODY, SOMEBODY, RuleForm
from sources.pages.views import find_source
from sources.sync import services
from sources.sync.matching import read_principals
from sources.sync.models import Source, SourceItem
from sources.sync.preview import first_items, show_readers
from sources.sync.principals import find_principal, know, list_principals, principals_of
from sources.sync.rights import set_rules
from sources.sync.words import fault_words
from sources.views import beside

ITEMS_PER_PAGE = 50
READERS_SHOWN = 50


@require_GET
@knowledge_admins_only
def items(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The items of a source, with what became of each."""
    found = find_source(request, uid)
    rows = found.items.select_related("document__current_version", "access")
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()[:200].replace("\x00", "")
    if state in SourceItem.State.values:
        rows = rows.filter(state=state)
    if query:
        rows = rows.filter(name__icontains=query)
    context = {
        "source": found,
        "collection": found.collection,
        "page": cut(rows, request, ITEMS_PER_PAGE),
        "states": SourceItem.State.choices,
        "state": state,
        "query": query,
    }
    return render(request, "sources/documents/items.html", beside(request, **context))


def find_item(request: SignedInRequest, uid: UUID, pk: int) -> SourceItem:
    rows = SourceItem.objects.select_related("source__collection", "document__collection", "access")
    return get_object_or_404(rows, pk=min(pk, 2**63 - 1), source=find_source(request, uid))


@require_GET
@knowledge_admins_only
def item(request: SignedInRequest, uid: UUID, pk: int) -> HttpResponse:
    """One item: who may read it there, and who reads it here, side by side."""
    row = find_item(request, uid, pk)
    rights = rights_there(row)
    [here] = show_readers(row.source, [rights])
    is_live = row.document is not None and row.document.deleted_at is None
    gates = gates_of(row.document) if row.document is not None and is_live else ()
    readers = readers_of(gates) if gates else None
    context = {
        "source": row.source,
        "collection": row.source.collection,
        "item": row,
        "is_live": is_live,
        "rights": rights,
        "allow": sorted(rights.allow) if rights else [],
        "deny": sorted(rights.deny) if rights else [],
        "here": here,
        "gates": gates,
        "reader_count": readers.count() if readers is not None else 0,
        "readers": readers[:READERS_SHOWN] if readers is not None else [],
    }
    return render(request, "sources/documents/item.html", beside(request, **context))


def rights_there(row: SourceItem) -> Rights | None:
    """Return who may read an item at its source, as it was listed last."""
    if row.access is None:
        return None
    kept = row.access.rights
    return Rights(allow=frozenset(read_principals(kept, "allow")), deny=frozenset(read_principals(kept, "deny")))


@require_POST
@knowledge_admins_only
def retry(request: SignedInRequest, uid: UUID, pk: int) -> HttpResponseBase:
    """Fetch one item again."""
    row = find_item(request, uid, pk)
    services.retry_item(row, user=request.user)
    messages.success(request, _("“%(name)s” will be fetched again.") % {"name": row.name})
    return redirect("sources:documents_item", uid=uid, pk=row.pk)


@require_GET
@knowledge_admins_only
def people(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Who occurs at the source, and who each of them is here."""
    found = find_source(request, uid)
    known, fault, is_new = list_principals(found), "", found.last_run_at is None
    if is_new and not known:  # nothing is written down yet: those of the first items
        try:
            known = know(found, principals_of(item.rights for item in first_items(found)))
        except ConnectorError as error:
            fault = fault_words(error.code, error.message)
    page = Paginator(known, ITEMS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"source": found, "collection": found.collection, "page": page, "is_new": is_new, "fault": fault}
    return render(request, "sources/documents/people.html", beside(request, **context))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def person(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Say who a principal of the source is here. `?kind=` and `?id=` name it."""
    found = find_source(request, uid)
    kind, id_ = request.GET.get("kind", ""), request.GET.get("id", "")
    known = find_principal(found, kind=kind, id_=id_)
    if known is None:
        raise Http404
    form = RuleForm(request.POST or None, initial=_initial(found, kind, id_))
    if request.method == "POST" and form.is_valid():
        try:
            count = set_rules(found, kind=kind, id_=id_, user=request.user, **form.named())
        except ValuesRefused as refused:
            for name, sentences in refused.problems.items():
                for sentence in sentences:
                    form.add_error(name if name in form.fields else None, sentence)
        else:
            messages.success(request, _("Saved. Documents with changed readers: %(count)s.") % {"count": count})
            return redirect("sources:documents_people", uid=uid)
    address = f"?{urlencode({'kind': kind, 'id': id_})}"
    context = beside(request, source=found, collection=found.collection, known=known, form=form, address=address)
    return render(request, "sources/documents/person.html", context, status=422 if form.errors else 200)


def _initial(source: Source, kind: str, id_: str) -> dict[str, str]:
    rules = list(source.rules.filter(principal_kind=kind, principal_id=id_).select_related("group", "user"))
    if not rules:
        return {"who": AUTOMATIC}
    groups = [rule.group.name for rule in rules if rule.group is not None]
    people = [rule.user.username for rule in rules if rule.user is not None]
    return {"who": SOMEBODY if groups or people else NOBODY, "groups": "\n".join(groups), "people": "\n".join(people)}
