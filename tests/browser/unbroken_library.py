"""Tags, days, work on many documents and sources, every word one unbroken run of characters."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from ingest.models import BulkMember, BulkRun
from kb.keeping.values import change_document
from kb.models import Collection, Document, DocumentVersion, Page, Tag
from sources.models import Source, SourceAccess, SourceItem, SourceRun
from tests.browser.unbroken import LETTERS, LINK

Pages = dict[str, list[str]]


def write_library(collection: Collection, document: Document, *, admin: User) -> Pages:
    """Write the rows. Returns: the pages of an admin."""
    today = timezone.localdate()
    change_document(document=document, user=admin, tags=[LETTERS[:40]], owner=admin.username, review_by=today)
    tag = Tag.objects.get(collection=collection)
    run = BulkRun.objects.create(collection=collection, action="tag", values={"tags": [LETTERS[:40]]}, asked_by=admin)
    BulkMember.objects.create(run=run, document=document, name=LETTERS, state="failed", error_code="refused_by_parser")
    source = Source.objects.create(collection=collection, name=LETTERS[:80], kind="folder", options={"path": f"/{LINK[:200]}"})
    item = SourceItem.objects.create(
        source=source, key="a", external_id=LINK[:200], name=LETTERS[:200], place_key="a", state="failed", error_detail=LINK
    )
    SourceRun.objects.create(source=source, started_at=timezone.now(), code="source_failed", detail=LINK)
    SourceAccess.objects.create(source=source, key="a", rights={"allow": [["group", LETTERS[:60], LETTERS]], "deny": []})
    here, uid = [source.uid], [document.uid]
    return {
        "kb:tags": [reverse("kb:tags", args=[collection.slug])],
        "kb:tag": [reverse("kb:tag", args=[tag.uid])],
        "kb:due": [reverse("kb:due")],
        "kb:document_edit": [reverse("kb:document_edit", args=uid)],
        "kb:compare": [_compared(document)],
        "ingest:bulk_run": [reverse("ingest:bulk_run", args=[run.uid])],
        "ingest:passage": [reverse("ingest:passage", args=[document.uid, 0])],
        "sources:documents": [reverse("sources:documents")],
        "sources:documents_new": [reverse("sources:documents_new", args=[collection.slug])],
        "sources:documents_source": [reverse("sources:documents_source", args=here)],
        "sources:documents_edit": [reverse("sources:documents_edit", args=here)],
        "sources:documents_items": [reverse("sources:documents_items", args=here)],
        "sources:documents_item": [reverse("sources:documents_item", args=[source.uid, item.pk])],
        "sources:documents_people": [reverse("sources:documents_people", args=here)],
        "sources:documents_person": [reverse("sources:documents_person", args=here) + f"?kind=group&id={LETTERS[:60]}"],
        "sources:documents_preview": [reverse("sources:documents_preview", args=here)],
        "sources:documents_remove": [reverse("sources:documents_remove", args=here)],
    }


def _compared(document: Document) -> str:
    """Two versions of a document of their own, side by side."""
    twice = Document.objects.create(collection=document.collection, name=f"{LETTERS[:90]}.txt", title=LETTERS[:200])
    for number in (1, 2):
        version = DocumentVersion.objects.create(
            document=twice,
            number=number,
            sha256=f"{number}" * 64,
            size=9,
            media_type="text/plain",
            storage_path="none",
            status="indexed",
        )
        Page.objects.create(version=version, number=1, text=f"{LETTERS}\n\n{LINK}{number}", blocks=[])
    twice.current_version = version
    twice.save()
    return reverse("kb:compare", args=[twice.uid])
