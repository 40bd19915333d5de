"""A small library and a conversation, written straight into the database."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Turn
from kb.models import Collection, Document, DocumentVersion, Page
from kb.viewing.boxes import Box, pack

TEXT = "Annual leave\nAfter five years you earn 30 days a year."
QUOTE = "you earn 30 days a year."


def add_version(document: Document, *, number: int = 1, status: str = "indexed", **fields: object) -> DocumentVersion:
    """Write a version; one that is indexed answers from now on."""
    fields = {"sha256": f"{number:064d}", "size": 2048, "media_type": "text/markdown", "storage_path": "none"} | fields
    if status == "indexed":
        fields["indexed_at"] = timezone.now()
    version = DocumentVersion.objects.create(document=document, number=number, status=status, **fields)
    if status == "indexed":
        document.current_version = version
        document.save()
    return version


@pytest.fixture
def document(collection: Collection, knowledge_admin: User) -> Document:
    """A Markdown document of one page that answers."""
    document = Document.objects.create(collection=collection, name="leave.md", title="Leave rules", created_by=knowledge_admin)
    blocks = [
        {"kind": "heading", "start": 0, "end": 12, "level": 1, "heading_path": []},
        {"kind": "paragraph", "start": 13, "end": len(TEXT), "heading_path": ["Annual leave"]},
    ]
    Page.objects.create(version=add_version(document), number=1, text=TEXT, blocks=blocks)
    return document


@pytest.fixture
def pdf(collection: Collection) -> Document:
    """A PDF of one page with the boxes of two words."""
    document = Document.objects.create(collection=collection, name="travel.pdf", title="Travel policy")
    version = add_version(document, media_type="application/pdf", is_paged=True, page_count=1)
    boxes = pack(
        [
            Box(start=0, end=5, left=72, top=100, right=110, bottom=112),
            Box(start=6, end=11, left=114, top=100, right=150, bottom=112),
        ]
    )
    Page.objects.create(version=version, number=1, label="iv", text="Hello world", width=595.3, height=841.9, boxes=boxes)
    return document


def answer_citing(document: Document) -> dict[str, object]:
    """An answer in the contract's JSON whose one sentence stands in `document`."""
    page = document.current_version.pages.get()
    start = page.text.index(QUOTE)
    citation = {
        "marker": 1,
        "chunk_id": "7",
        "document": document.name,
        "document_uid": str(document.uid),
        "title": document.title,
        "version": 1,
        "version_uid": str(document.current_version.uid),
        "page": None,
        "page_number": 1,
        "page_label": "",
        "quote": QUOTE,
        "start": start,
        "end": start + len(QUOTE),
        "score": 0.9,
    }
    sentence = {"text": "You earn <b>30</b> days.", "prefix": "", "verdict": "supported", "citations": [1]}
    return {
        "outcome": "answered",
        "answer": "You earn <b>30</b> days.[1]",
        "sentences": [sentence],
        "citations": [citation],
        "nearest": [],
        "model": "extractive",
        "fallback": "",
        "reason": "",
        "withheld": 2,
        "sufficiency": 0.9,
        "receipt": "",
        "timings_ms": {},
    }


@pytest.fixture
def turn(employee: User, document: Document) -> Turn:
    """An answered question of `employee`."""
    conversation = Conversation.objects.create(user=employee, title="How much leave?")
    return Turn.objects.create(
        conversation=conversation,
        position=0,
        question="How much leave?",
        state=Turn.State.ANSWERED,
        answer=answer_citing(document),
        receipt="0f8fad5b-d9cb-469f-a165-70867728950e",
        finished_at=timezone.now(),
    )


def signed_in(user: User | None) -> Client:
    """A browser that `user` is signed in with; None: nobody."""
    client = Client()
    if user:
        client.force_login(user)
    return client
