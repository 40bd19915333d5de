"""One of everything that has an address, and the people who may or may not open it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.keys import NewKey, create_api_key
from accounts.models import User
from audit.actor import Actor
from audit.models import Event
from audit.services import record, write_checkpoint
from chat.models import Conversation, Route, ServedModel, Turn
from kb.index.identity import chunk_id
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from kb.viewing.rendering import WIDTHS
from sources.models import Source, SqlSource

PEOPLE = ("owner", "teammate", "outsider", "anonymous", "knowledge_admin", "auditor")
SECRET = "Wombats accrue nine days of burrow leave."


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    people: dict[str, User | None]  # None: not signed in
    group: Group
    model: ServedModel
    route: Route
    collection: Collection
    document: Document
    version: DocumentVersion
    failed: DocumentVersion
    conversation: Conversation
    turn: Turn
    event: Event
    sql_source: SqlSource
    document_source: Source
    key: NewKey  # of the owner, for asking and reading


def make_document(collection: Collection, *, name: str, text: str = SECRET, status: str = "indexed") -> DocumentVersion:
    """A one-page document as ingestion leaves it."""
    document = Document.objects.create(collection=collection, name=name, title=name.rsplit(".", 1)[0].title())
    sha256 = hashlib.sha256(f"{name} {text}".encode()).hexdigest()
    is_indexed = status == "indexed"
    version = DocumentVersion.objects.create(
        document=document,
        number=1,
        sha256=sha256,
        size=len(text),
        media_type="application/pdf",
        storage_path=f"{sha256[:2]}/{sha256}",
        is_paged=True,
        page_count=1,
        pages_done=1,
        status=status,
        error_code="" if is_indexed else "damaged",
        indexed_at=timezone.now() if is_indexed else None,
    )
    if is_indexed:
        page = Page.objects.create(version=version, number=1, text=text, width=595, height=842)
        Chunk.objects.create(
            id=chunk_id(version.uid, 0),
            version=version,
            ordinal=0,
            page=page,
            start=0,
            end=len(text),
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
        )
        document.current_version = version
        document.save()
    return version


@pytest.fixture
def world(
    settings,
    tmp_path: Path,
    group: Group,
    collection: Collection,
    employee: User,
    teammate: User,
    outsider: User,
    knowledge_admin: User,
    auditor: User,
) -> World:
    for name in ("MEDIA_ROOT", "CACHE_ROOT", "AUDIT_ROOT", "BROKER_ROOT"):
        setattr(settings, name, tmp_path / name.lower())
    version = make_document(collection, name="wombats.pdf")
    original = settings.MEDIA_ROOT / version.storage_path
    original.parent.mkdir(parents=True)
    original.write_bytes(b"%PDF-1.7 the original")
    pictures = settings.CACHE_ROOT / "pages" / version.sha256
    pictures.mkdir(parents=True)
    for width in WIDTHS:
        (pictures / f"1-{width}.webp").write_bytes(b"picture")
    conversation = Conversation.objects.create(user=employee, title="Burrow leave")
    event = record("question.answered", by=Actor(id=str(employee.pk), name="erin"), payload={"question": "How long?"})
    write_checkpoint()
    turn = Turn.objects.create(
        conversation=conversation,
        position=0,
        question="How long is burrow leave?",
        state=Turn.State.REFUSED,
        answer={"outcome": "refused", "sentences": [], "citations": [], "nearest": []},
        receipt=str(event.uid),
        finished_at=timezone.now(),
    )
    model = ServedModel.objects.create(name="dead", base_url="http://127.0.0.1:9/v1", served_name="dead", is_enabled=False)
    route = Route.objects.create(name="none")
    return World(
        people={
            "owner": employee,
            "teammate": teammate,
            "outsider": outsider,
            "anonymous": None,
            "knowledge_admin": knowledge_admin,
            "auditor": auditor,
        },
        group=group,
        model=model,
        route=route,
        collection=collection,
        document=version.document,
        version=version,
        failed=make_document(collection, name="broken.pdf", status="failed"),
        conversation=conversation,
        turn=turn,
        event=event,
        sql_source=SqlSource.objects.create(  # of a database that is not there: its preview says so
            collection=collection, name="Shop", query="SELECT 1 AS id", key_column="id", title_template="{id}", dsn_variable="NONE"
        ),
        document_source=Source.objects.create(  # of a folder that may not be read: its preview says so
            collection=collection, name="Share", kind="folder", options={"path": "/nowhere"}
        ),
        key=create_api_key(user=employee, name="script", scopes=["ask", "read"], days=30, actor=employee),
    )
