"""Every page and every interface that lists something: as many queries for 10,000 rows as for five, and a page of them at a time.

A list that is not in this table is found by `test_every_operation_that_lists_is_here`.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from accounts.models import ApiKey, ServiceAccount, User
from api.rest import rest
from audit.models import ChainHead, Event, HeldThing, Hold
from chat.models import Conversation, Feedback, ModelCall, Route, ServedModel, SharedConversation, Turn
from curation.answers.models import ApprovedAnswer, ApprovedQuestion
from curation.gaps.models import Gap
from curation.golden.models import GoldenQuestion, GoldenRun
from curation.handover.models import Handover
from gateway.spending.models import Budget, Spending
from guards.models import Guard
from ingest.models import BulkMember, BulkRun, Job
from integrations.chat_apps.models import ChatApp
from integrations.widgets.models import Widget
from kb.models import AccessRequest, Chunk, Collection, Document, DocumentVersion, Edition, Folder, Page, ReadingFault, Steward, Tag
from retention.models import Erasure, Purge, RetentionRule
from reviews.models import Case, DeskRules, SampleRate
from sources.models import Source, SourceAccess, SourceItem, SourceRun, SqlSource
from tests.permissions.conftest import World
from tests.permissions.test_every_address import ADDRESSES

pytestmark = pytest.mark.django_db
FEW, MANY, MOST_SHOWN = 5, 10_000, 200
NAME = re.compile(r"row-\d{5}")
VERSION = re.compile(r">Version \d+<")


def names(start: int, count: int) -> list[str]:
    return [f"row-{number:05d}" for number in range(start, start + count)]


def add_rules(world: World, start: int, count: int) -> None:
    collections = Collection.objects.bulk_create(Collection(name=name, slug=name) for name in names(start, count))
    RetentionRule.objects.bulk_create(RetentionRule(kind="views", collection=one, days=30) for one in collections)


def add_handovers(world: World, start: int, count: int) -> None:
    turns = Turn.objects.bulk_create(
        Turn(conversation=world.conversation, position=10 + number, question=name, state="refused")
        for number, name in enumerate(names(start, count), start)
    )
    Handover.objects.bulk_create(Handover(turn=turn, collection=world.collection, asker=world.people["owner"]) for turn in turns)


def add_widgets(world: World, start: int, count: int) -> None:
    Widget.objects.bulk_create(Widget(name=name, title="Ask", origins=["https://a.example"]) for name in names(start, count))


def add_guards(world: World, start: int, count: int) -> None:
    Guard.objects.bulk_create(
        Guard(name=name, kind="words", terms="bomb", collection=world.collection) for name in names(start, count)
    )


def add_chat_apps(world: World, start: int, count: int) -> None:
    ChatApp.objects.bulk_create(ChatApp(name=name, kind="slack") for name in names(start, count))


def add_budgets(world: World, start: int, count: int) -> None:
    groups = Group.objects.bulk_create(Group(name=name) for name in names(start, count))
    Budget.objects.bulk_create(Budget(kind="group", group=group, amount=10) for group in groups)


def add_spending(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))
    Spending.objects.bulk_create(Spending(day=timezone.localdate(), model="m", person=one.pk, calls=1, cost=1) for one in people)


def add_holds(world: World, start: int, count: int) -> None:
    holds = Hold.objects.bulk_create(Hold(name=name, ordered_at=timezone.now()) for name in names(start, count))
    HeldThing.objects.bulk_create(HeldThing(hold=hold, kind="person", value="1", label="erin") for hold in holds)


def add_erasures(world: World, start: int, count: int) -> None:
    person = world.people["outsider"]
    Erasure.objects.bulk_create(Erasure(person=person, reason=name, ordered_by="ada", state="done") for name in names(start, count))


def add_purges(world: World, start: int, count: int) -> None:
    gone = Document.objects.bulk_create(
        Document(collection=world.collection, name=name, title=name, deleted_at=timezone.now()) for name in names(start, count)
    )
    Purge.objects.bulk_create(Purge(document=document, problem=document.name) for document in gone)


def add_documents(world: World, start: int, count: int, *, status: str = "indexed") -> list[DocumentVersion]:
    documents = Document.objects.bulk_create(
        Document(collection=world.collection, name=f"{name}.md", title=name, created_by=world.people["knowledge_admin"])
        for name in names(start, count)
    )
    versions = DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=document,
            number=1,
            sha256=f"{number:064d}",
            size=1,
            media_type="text/markdown",
            storage_path="none",
            status=status,
            error_code="damaged" if status == "failed" else "",
            indexed_at=timezone.now(),
            created_by=world.people["knowledge_admin"],
        )
        for number, document in enumerate(documents, start)
    )
    if status == "indexed":
        its_version = DocumentVersion.objects.filter(document=OuterRef("pk")).values("pk")
        Document.objects.filter(pk__in=[document.pk for document in documents]).update(current_version=Subquery(its_version))
    return versions


def add_found(world: World, start: int, count: int) -> None:
    """Documents for the search alone: it counts what the index lacks, which other pages then tell of."""
    add_documents(world, start, count)


def add_versions(world: World, start: int, count: int) -> None:
    DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=world.document,
            number=number + 2,
            sha256=f"{number:064d}",
            size=1,
            media_type=f"row-{number:05d}",
            storage_path="none",
            status="indexed",
            indexed_at=timezone.now(),
            created_by=world.people["knowledge_admin"],
        )
        for number in range(start, start + count)
    )


def add_conversations(world: World, start: int, count: int) -> None:
    owner = world.people["owner"]
    Conversation.objects.bulk_create(
        Conversation(user=owner, title=name, collection=world.collection) for name in names(start, count)
    )


def add_turns(world: World, start: int, count: int) -> None:
    """Answered and refused ones with their feedback, each question with two attempts, in a conversation that has a collection."""
    Conversation.objects.filter(pk=world.conversation.pk).update(collection=world.collection)
    place = {"document_uid": str(world.document.uid), "document": "wombats.pdf", "title": "Wombats", "version": 1}
    place |= {"version_uid": str(world.version.uid), "page": 1, "page_number": 1, "page_label": "", "start": 0, "end": 7}
    citation = place | {"marker": 1, "chunk_id": "7", "quote": "Wombats", "score": 1.0}
    sentence = {"text": "Nine days.", "prefix": "", "verdict": "supported", "citations": [1]}
    rest_of_it = {"model": "extractive", "fallback": "", "normalized_question": "", "reason": "", "withheld": 0, "receipt": ""}
    answered = {"outcome": "answered", "answer": "Nine days.[1]", "sentences": [sentence], "citations": [citation], "nearest": []}
    refused = {"outcome": "refused", "answer": "", "sentences": [], "citations": [], "nearest": [place]}
    turns = [
        Turn(
            conversation=world.conversation,
            position=number + 1,
            attempt=attempt,
            question=f"row-{number:05d}" if attempt == 2 else "an earlier attempt",
            state="answered" if number % 2 else "refused",
            answer=(answered if number % 2 else refused) | rest_of_it,
            receipt=f"receipt-{number}-{attempt}",
            finished_at=timezone.now(),
        )
        for number in range(start, start + count)
        for attempt in (1, 2)
    ]
    Turn.objects.bulk_create(turns)
    owner = world.people["owner"]
    Feedback.objects.bulk_create(Feedback(receipt=turn.receipt, user=owner, rating="helpful") for turn in turns)


def add_events(world: World, start: int, count: int) -> None:
    head = ChainHead.objects.get()
    Event.objects.bulk_create(
        Event(
            sequence=head.sequence + at,
            at=timezone.now(),
            action="question.answered",
            summary=name,
            payload_hash="0" * 64,
            previous_hash="0" * 64,
            hash="0" * 64,
        )
        for at, name in enumerate(names(start, count), 1)
    )
    ChainHead.objects.update(sequence=head.sequence + count)


def add_people(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))
    User.groups.through.objects.bulk_create(User.groups.through(user=person, group=world.group) for person in people)


def add_groups(world: World, start: int, count: int) -> None:
    Group.objects.bulk_create(Group(name=name) for name in names(start, count))


def add_keys(world: World, start: int, count: int) -> None:
    owner, until = world.people["owner"], timezone.now() + timedelta(days=9)
    ApiKey.objects.bulk_create(
        ApiKey(user=owner, name=name, prefix="att", key_hash=f"{number:064d}", scopes=["ask"], expires_at=until)
        for number, name in enumerate(names(start, count), start)
    )


def add_collections(world: World, start: int, count: int) -> None:
    collections = Collection.objects.bulk_create(
        Collection(name=name, slug=name, suggested_questions=[f"What is in {name}?"]) for name in names(start, count)
    )
    through = Collection.groups.through
    through.objects.bulk_create(through(collection=collection, group=world.group) for collection in collections)


def add_stewards(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))
    Steward.objects.bulk_create(Steward(collection=world.collection, user=person, role="editor") for person in people)


def add_listed(world: World, start: int, count: int) -> None:
    """Collections that may be asked for, each of which the outsider has asked for before."""
    rows = Collection.objects.bulk_create(Collection(name=name, slug=name, is_listed=True) for name in names(start, count))
    outsider, now = world.people["outsider"], timezone.now()
    AccessRequest.objects.bulk_create(
        AccessRequest(collection=row, user=outsider, reason="Because.", state="refused", decided_at=now) for row in rows
    )


def add_requests(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))
    AccessRequest.objects.bulk_create(
        AccessRequest(
            collection=world.collection, user=person, reason="Because.", state=state, until=timezone.now() + timedelta(days=9)
        )
        for person in people
        for state in ("waiting", "granted", "refused")
    )


def add_services(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name, is_service=True) for name in names(start, count))
    owner = world.people["owner"]
    ServiceAccount.objects.bulk_create(ServiceAccount(user=person, owner=owner, purpose="Reads") for person in people)


def add_folders(world: World, start: int, count: int) -> None:
    Folder.objects.bulk_create(Folder(collection=world.collection, name=name) for name in names(start, count))


def add_tags(world: World, start: int, count: int) -> None:
    tags = Tag.objects.bulk_create(Tag(collection=world.collection, name=name, folded=name) for name in names(start, count))
    through = Document.tags.through
    through.objects.bulk_create(through(document=world.document, tag=tag) for tag in tags)


def add_due(world: World, start: int, count: int) -> None:
    add_documents(world, start, count)
    Document.objects.filter(name__startswith="row-").update(review_by=timezone.localdate())


def add_failures(world: World, start: int, count: int) -> None:
    run, _is_new = BulkRun.objects.get_or_create(
        collection=world.collection, action="tag", state="done", asked_by=world.people["knowledge_admin"], uid=uuid.UUID(int=7)
    )
    gone = Document.objects.bulk_create(Document(collection=world.collection, name=f"{name}.md") for name in names(start, count))
    BulkMember.objects.bulk_create(
        BulkMember(run=run, document=one, name=one.name, state="failed", error_code="gone") for one in gone
    )


def add_paragraphs(world: World, start: int, count: int) -> None:
    """As one more version with so many lines."""
    version = DocumentVersion.objects.create(
        document=world.document,
        number=world.document.versions.count() + 1,
        sha256="0" * 64,
        size=1,
        media_type="text/markdown",
        storage_path="none",
        status="indexed",
        indexed_at=timezone.now(),
    )
    Page.objects.create(version=version, number=1, text="\n".join(names(start, count)))
    Document.objects.filter(pk=world.document.pk).update(current_version=version)


def add_golden(world: World, start: int, count: int) -> None:
    GoldenQuestion.objects.bulk_create(
        GoldenQuestion(collection=world.collection, question=name, digest=name) for name in names(start, count)
    )


def add_runs(world: World, start: int, count: int) -> None:
    now = timezone.now()
    GoldenRun.objects.bulk_create(
        GoldenRun(collection=world.collection, cause="changed", changes=[name], state="done", finished_at=now)
        for name in names(start, count)
    )


def add_gaps(world: World, start: int, count: int) -> None:
    owner, now = world.people["owner"], timezone.now()
    Gap.objects.bulk_create(
        Gap(collection=world.collection, note=name, assigned_to=owner, count=1, last_at=now) for name in names(start, count)
    )


def add_faults(world: World, start: int, count: int) -> None:
    page = world.version.pages.first()
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))  # a fault a reader and page
    ReadingFault.objects.bulk_create(
        ReadingFault(document=world.document, page=page, note=one.username, reported_by=one) for one in people
    )


def add_readers(world: World, start: int, count: int) -> None:
    people = User.objects.bulk_create(User(username=name) for name in names(start, count))
    world.group.user_set.add(*people)


def add_cases(world: World, start: int, count: int) -> None:
    add_events(world, start, count)
    events = Event.objects.filter(case=None, action="question.answered").order_by("-sequence")[:count]
    Case.objects.bulk_create(
        Case(event=one, sequence=one.sequence, at=one.at, outcome="answered", is_sampled=True) for one in events
    )
    DeskRules.objects.update_or_create(defaults={"taken_in": ChainHead.objects.get().sequence})  # the desk has seen them


def add_rates(world: World, start: int, count: int) -> None:
    SampleRate.objects.bulk_create(SampleRate(slug=name, percent=5) for name in names(start, count))


def add_answers(world: World, start: int, count: int) -> None:
    answers = ApprovedAnswer.objects.bulk_create(
        ApprovedAnswer(collection=world.collection, text=name) for name in names(start, count)
    )
    ApprovedQuestion.objects.bulk_create(ApprovedQuestion(answer=one, text=one.text) for one in answers)


def add_jobs(state: str) -> Callable[[World, int, int], None]:
    def add(world: World, start: int, count: int) -> None:
        failed = state == "failed"
        versions = add_documents(world, start, count, status="failed" if failed else "uploaded")
        now = timezone.now()
        Job.objects.bulk_create(Job(version=version, state=state, started_at=now, finished_at=now) for version in versions)

    return add


def add_sources(world: World, start: int, count: int) -> None:
    SqlSource.objects.bulk_create(
        SqlSource(collection=world.collection, name=name, query="SELECT 1", key_column="id", title_template="{id}")
        for name in names(start, count)
    )


def add_document_sources(world: World, start: int, count: int) -> None:
    Source.objects.bulk_create(Source(collection=world.collection, name=name, kind="folder") for name in names(start, count))


def add_source_items(world: World, start: int, count: int) -> None:
    SourceItem.objects.bulk_create(
        SourceItem(source=world.document_source, key=name, external_id=name, name=name, place_key=name, state="failed")
        for name in names(start, count)
    )


def add_source_runs(world: World, start: int, count: int) -> None:
    SourceRun.objects.bulk_create(
        SourceRun(source=world.document_source, started_at=timezone.now(), code="source_failed", detail=name)
        for name in names(start, count)
    )


def add_principals(world: World, start: int, count: int) -> None:
    SourceAccess.objects.bulk_create(
        SourceAccess(source=world.document_source, key=name, rights={"allow": [["person", name, name]], "deny": []})
        for name in names(start, count)
    )


def add_models(world: World, start: int, count: int) -> None:
    now = timezone.now()
    models = ServedModel.objects.bulk_create(
        ServedModel(name=name, base_url="http://127.0.0.1:9/v1") for name in names(start, count)
    )
    ModelCall.objects.bulk_create(
        ModelCall(model=model, state=state, created_at=now, expires_at=now, finished_at=now, first_token_ms=9, total_ms=9)
        for model in models
        for state in ("done", "failed")
    )


def add_routes(world: World, start: int, count: int) -> None:
    routes = Route.objects.bulk_create(Route(name=name, canary=world.model) for name in names(start, count))
    Route.primaries.through.objects.bulk_create(Route.primaries.through(route=route, servedmodel=world.model) for route in routes)


def add_editions(world: World, start: int, count: int) -> None:
    Edition.objects.bulk_create(
        Edition(number=number + 100, state="replaced", embedder="bundled", encoder=f"row-{number:05d}", cutting=1, folder="x")
        for number in range(start, start + count)
    )


def add_pages(world: World, start: int, count: int) -> None:
    pages = Page.objects.bulk_create(
        Page(version=world.version, number=number + 2, text=f"row-{number:05d}") for number in range(start, start + count)
    )
    Chunk.objects.bulk_create(
        Chunk(
            id=number + 1,
            version=world.version,
            ordinal=number + 1,
            page=page,
            start=0,
            end=9,
            text=page.text,
            text_hash="0" * 64,
        )
        for number, page in enumerate(pages, start)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """`goes_on`: how the response says that there is more, a regular expression; none where it shows a window only."""

    path: str
    who: str = "knowledge_admin"
    add: Callable[[World, int, int], Any]
    goes_on: str = 'rel="next"'
    shown: int = MOST_SHOWN
    name: re.Pattern[str] = NAME  # by which a row is found in the response

    def __str__(self) -> str:
        return f"{self.path} {self.add.__name__}"


PAGES = [
    List(path="/", who="owner", add=add_conversations, goes_on=""),
    List(path="/conversations/", who="owner", add=add_conversations),
    List(path="/conversations/?q=row", who="owner", add=add_conversations, goes_on=""),
    List(path="/", who="owner", add=add_collections, goes_on=""),
    List(path="/c/{conversation}/", who="owner", add=add_turns, goes_on=r'rel="prev" href="\?before=\d+"'),
    List(path="/c/{conversation}/?before=9000", who="owner", add=add_turns, goes_on=""),
    List(path="/library/", who="owner", add=add_collections),
    List(path="/library/", add=add_collections),
    List(path="/library/c/handbook/", who="owner", add=add_documents),
    List(path="/library/c/handbook/", add=add_documents),
    List(path="/library/c/handbook/", add=add_collections, goes_on=""),
    List(path="/library/c/handbook/owners/", add=add_stewards, goes_on='rel="next"'),
    List(path="/library/", who="outsider", add=add_listed, goes_on=r'rel="next" href="\?listed=2"'),
    List(path="/library/access/", who="outsider", add=add_listed),
    List(path="/library/", add=add_requests, goes_on=""),
    List(path="/library/c/handbook/access/", add=add_requests, goes_on=r'rel="next" href="\?page=2"'),  # what waits stands on both
    List(path="/people/programs/", add=add_services),
    List(path="/people/keys/", who="owner", add=add_services, goes_on=""),
    List(path="/library/c/handbook/", who="owner", add=add_folders, goes_on=r'rel="next" href="\?folders=2"'),
    List(path="/library/c/handbook/?q=row&state=ready", add=add_documents),
    List(path="/library/c/handbook/?sort=newest", add=add_documents),
    List(path="/library/c/handbook/tags/", add=add_tags),
    List(path="/library/c/handbook/", who="owner", add=add_tags, goes_on=""),
    List(path="/", who="owner", add=add_tags, goes_on=""),
    List(path="/library/due/", add=add_due),
    List(path=f"/library/bulk/{uuid.UUID(int=7)}/", add=add_failures),
    List(path="/library/documents/{document}/compare/", who="owner", add=add_paragraphs),
    List(path="/library/documents/{document}/", who="owner", add=add_pages),
    List(path="/library/documents/{document}/?tab=passages", add=add_pages),
    List(path="/library/documents/{document}/?tab=versions", who="owner", add=add_versions, name=VERSION),
    List(path="/library/documents/{document}/?tab=versions", add=add_versions, name=VERSION),
    List(path="/library/queue/", add=add_jobs("waiting"), goes_on="Showing the first 200 of "),
    List(path="/library/queue/?show=failed", add=add_jobs("failed"), goes_on="Showing the last 200 of "),
    List(path="/library/queue/", add=add_jobs("done"), goes_on=""),
    List(path="/library/queue/", add=add_collections, goes_on=""),
    List(path="/library/sql-sources/", add=add_sources),
    List(path="/library/document-sources/", add=add_document_sources),
    List(path="/library/document-sources/{source}/items/", add=add_source_items),
    List(path="/library/document-sources/{source}/people/", add=add_principals),
    List(path="/library/index/", add=add_editions, goes_on=""),
    List(path="/people/", add=add_people),
    List(path="/people/", add=add_groups, goes_on=r'rel="next" href="\?groups=2"'),
    List(path="/people/groups/{group}/", add=add_people),
    List(path="/people/keys/", who="owner", add=add_keys),
    List(path="/models/", add=add_models),
    List(path="/curation/handovers/", add=add_handovers),
    List(path="/guards/", add=add_guards),
    List(path="/integrations/", add=add_widgets),
    List(path="/integrations/chats/", add=add_chat_apps),
    List(path="/models/budgets/", add=add_budgets),
    List(path="/models/costs/", add=add_spending, goes_on="The 50 most expensive of 10,000"),
    List(path="/models/", add=add_routes, goes_on=r'rel="next" href="\?routes=2"'),
    List(path="/curation/", add=add_collections, goes_on=""),
    List(path="/curation/c/handbook/gaps/", add=add_gaps, name=re.compile(r"/curation/gaps/[0-9a-f-]{36}/")),
    List(path="/curation/c/handbook/canary/", add=add_runs, goes_on="", name=re.compile(r"/curation/runs/[0-9a-f-]{36}/")),
    List(path="/library/documents/{document}/", add=add_faults, goes_on=""),
    List(path="/library/documents/{document}/readers/", add=add_readers, goes_on=""),
    List(path="/reviews/", who="auditor", add=add_cases, goes_on="before=", name=re.compile(r"/reviews/[0-9a-f-]{36}/")),
    List(path="/curation/c/handbook/golden/", add=add_golden),
    List(path="/curation/c/handbook/answers/", add=add_answers),
    List(path="/audit/", who="auditor", add=add_events, goes_on="before="),
    List(path="/retention/", who="auditor", add=add_rules),
    List(path="/retention/holds/", who="auditor", add=add_holds),
    List(path="/retention/people/", who="auditor", add=add_erasures),
    List(path="/retention/documents/", who="auditor", add=add_purges),
]
API = [
    List(path="/api/v1/collections", who="owner", add=add_collections, goes_on=""),
    List(path="/api/v1/collections", add=add_collections, goes_on=""),
    List(path="/api/v1/collections/handbook/documents?per_page=200", who="owner", add=add_documents, goes_on='"pages": 5\\d'),
    List(path="/api/v1/collections/handbook/documents?per_page=200", add=add_documents, goes_on='"pages": 5\\d'),
    List(path="/api/v1/documents/{document}/versions", add=add_versions, goes_on=""),
    List(path="/api/v1/collections/handbook/folders", who="owner", add=add_folders, goes_on=""),
    List(path="/api/v1/collections/handbook/tags", who="owner", add=add_tags, goes_on=""),
    List(path="/api/v1/due?per_page=200", add=add_due, goes_on=""),
    List(path="/api/v1/documents/{document}/passages?per_page=200", add=add_pages, goes_on=""),
    List(path="/api/v1/listed-collections", who="outsider", add=add_listed, goes_on=""),
    List(path="/api/v1/access", who="outsider", add=add_listed, goes_on=""),
    List(path="/api/v1/collections/handbook/access", add=add_requests, goes_on=""),
    List(path="/api/v1/collections/handbook/stewards", add=add_stewards, goes_on=""),
    List(path="/api/v1/conversations?limit=200", who="owner", add=add_conversations, goes_on=""),
    List(path="/api/v1/conversations/{conversation}?limit=200", who="owner", add=add_turns, goes_on='"earlier": \\d'),
    List(path="/api/v1/budgets?per_page=200", add=add_budgets, goes_on=""),
    List(path="/api/v1/widgets?per_page=200", add=add_widgets, goes_on=""),
    List(path="/api/v1/guards?per_page=200", add=add_guards, goes_on=""),
    List(path="/api/v1/chat-apps?per_page=200", add=add_chat_apps, goes_on=""),
    List(path="/api/v1/handovers?per_page=200", add=add_handovers, goes_on=""),
    List(path="/api/v1/handovers/own?per_page=200", who="owner", add=add_handovers, goes_on=""),
    List(
        path="/api/v1/reviews",
        who="auditor",
        add=add_cases,
        goes_on='"older": \\d',
        name=re.compile(r'"receipt": "[0-9a-f-]{36}"'),
    ),
    List(path="/api/v1/reviews/rates", who="auditor", add=add_rates, goes_on=""),
    List(path="/api/v1/retention/rules", who="auditor", add=add_rules, goes_on=""),
    List(path="/api/v1/retention/holds", who="auditor", add=add_holds, goes_on=""),
    List(path="/api/v1/retention/erasures", who="auditor", add=add_erasures, goes_on=""),
    List(path="/api/v1/retention/purges", who="auditor", add=add_purges, goes_on=""),
    List(path="/api/v1/documents?q=row", who="owner", add=add_found, goes_on=""),
    List(path="/api/v1/shared/{shared}", who="teammate", add=add_turns, goes_on=""),
    List(path="/api/v1/golden?per_page=200", add=add_golden, goes_on=""),
    List(path="/api/v1/golden/runs?per_page=200", add=add_runs, goes_on=""),
    List(path="/api/v1/gaps?per_page=200", add=add_gaps, goes_on=""),
    List(path="/api/v1/answers?per_page=200", add=add_answers, goes_on=""),
    List(path="/api/v1/sources?per_page=200", add=add_document_sources, goes_on=""),
    List(path="/api/v1/sources/{source}/items?per_page=200", add=add_source_items, goes_on=""),
    List(path="/api/v1/sources/{source}/runs?per_page=200", add=add_source_runs, goes_on=""),
    List(path="/api/v1/sources/{source}/principals?per_page=200", add=add_principals, goes_on=""),
    List(path="/v1/models", who="owner", add=add_collections, goes_on="", shown=1000),
]


def read(client: Client, address: str) -> tuple[int, str]:
    """Return how many queries a response took, and its text."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(captured), response.content.decode()


# Each list with the others that show the same rows: ten thousand of them take seconds to add.
BY_ROWS = {add: [one for one in (*PAGES, *API) if one.add is add] for add in dict.fromkeys(one.add for one in (*PAGES, *API))}


@pytest.mark.parametrize("add", BY_ROWS, ids=lambda add: str(BY_ROWS[add][0]))
def test_ten_thousand_rows_cost_as_many_queries_as_five_and_come_by_the_page(world: World, add: Callable) -> None:
    shared = SharedConversation.objects.create(conversation=world.conversation, last_turn=2**62)
    uids = {
        "conversation": world.conversation.uid,
        "document": world.document.uid,
        "version": world.version.uid,
        "source": world.document_source.uid,
        "shared": shared.uid,
    }
    readers = [(one, Client(), one.path.format(**uids, group=world.group.pk)) for one in BY_ROWS[add]]
    few = []
    add(world, 0, FEW)
    for one, client, address in readers:
        client.force_login(world.people[one.who])
        read(client, address)  # what is done once a process or a session
        few.append(read(client, address)[0])
    add(world, FEW, MANY - FEW)
    learn_sizes()
    for (one, client, address), queries in zip(readers, few, strict=True):
        many, text = read(client, address)
        assert many == queries, one
        assert 0 < len(set(one.name.findall(text))) <= one.shown, one
        assert re.search(one.goes_on, text), one


def learn_sizes() -> None:
    """Tell PostgreSQL how large the tables are, as its autovacuum does: rows of this transaction it cannot see for itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.mark.parametrize("one", [one for one in PAGES if one.goes_on == 'rel="next"'], ids=str)
def test_the_next_page_has_other_rows(world: World, one: List) -> None:
    client = Client()
    client.force_login(world.people[one.who])
    uids = {"conversation": world.conversation.uid, "document": world.document.uid, "version": world.version.uid}
    uids["source"] = world.document_source.uid
    address = one.path.format(**uids, group=world.group.pk)
    one.add(world, 0, 450)
    text = read(client, address)[1]
    (following,) = set(re.findall(r'rel="next" href="([^"]+)"', text))
    after = read(client, address.partition("?")[0] + following.replace("&amp;", "&"))[1]
    main = re.compile(r"<main.*</main>", re.DOTALL)
    first, second = (set(one.name.findall(main.search(page)[0])) for page in (text, after))
    assert first
    assert second
    assert not first & second


def test_every_turn_of_a_long_conversation_is_reached_once_and_in_order(world: World) -> None:
    add_turns(world, 0, 130)
    client = Client()
    client.force_login(world.people["owner"])
    address = f"/c/{world.conversation.uid}/"
    pages, query = [], ""
    while query is not None:
        text = read(client, address + query)[1]
        # Each question stands in its turn and in the form that asks it in other words.
        pages.append(list(dict.fromkeys(NAME.findall(re.search(r'id="turns".*', text, re.DOTALL)[0]))))
        found = re.search(r'rel="prev" href="(\?before=\d+)"', text)
        query = found[1] if found else None
        assert "an earlier attempt" not in text
    assert [name for page in reversed(pages) for name in page] == names(0, 130)
    assert len(pages) == 3


def test_a_program_reaches_every_turn_too(world: World) -> None:
    add_turns(world, 0, 25)
    client = Client()
    client.force_login(world.people["owner"])
    questions, query = [], "?limit=10"
    while query:
        body = client.get(f"/api/v1/conversations/{world.conversation.uid}{query}").json()
        questions = [turn["question"] for turn in body["turns"]] + questions
        query = f"?limit=10&before={body['earlier']}" if body["earlier"] is not None else ""
    assert questions == [world.turn.question, *names(0, 25)]


@pytest.mark.parametrize(
    ("address", "add", "key"),
    [
        ("/api/v1/conversations?limit=10", add_conversations, "title"),
        ("/api/v1/collections?per_page=10", add_collections, "slug"),
        ("/api/v1/documents/{document}/versions?per_page=10", add_versions, "media_type"),
        ("/api/v1/collections/handbook/folders?per_page=10", add_folders, "name"),
    ],
)
def test_pages_of_an_interface_hold_every_row_once(world: World, address: str, add: Callable, key: str) -> None:
    add(world, 0, 25)
    client = Client()
    client.force_login(world.people["owner"])
    rows: list[str] = []
    for page in (1, 2, 3, 4):
        rows += [row[key] for row in client.get(f"{address.format(document=world.document.uid)}&page={page}").json()]
    assert sorted(name for name in rows if NAME.fullmatch(name)) == names(0, 25)
    assert len(rows) == len(set(rows)) == 25 + (add is not add_folders)  # of the others one was there before


# Pages that show one thing, a form, a file, figures, or a fixed number of rows, whatever the tables hold.
NOT_LISTS = {
    "account_change_password", "account_forgotten", "account_inactive", "account_login", "account_new_password",
    "account_reauthenticate", "account_set_password", "accounts:change", "accounts:create", "accounts:directories",
    "accounts:directory_try", "accounts:factor_needed", "accounts:import", "accounts:key_rotate", "accounts:provider",
    "accounts:provider_new", "accounts:provider_new_saml", "accounts:provider_try", "accounts:providers", "accounts:rules",
    "accounts:security", "accounts:service", "accounts:service_change", "accounts:service_new", "api_docs", "api_schema",
    "audit:checkpoint_file", "audit:export", "audit:integrity", "audit:payload", "audit:receipt", "chat:answer", "chat:check",
    "chat:export", "chat:files", "chat:newer", "chat:next", "chat:shared", "chat:sharing", "chat:stream", "curation:answer",
    "curation:answer_new", "curation:canary_export", "curation:gap", "curation:gaps_of_none", "curation:golden_change",
    "curation:golden_export", "curation:golden_file", "curation:golden_from_review", "curation:golden_new",
    "curation:handover", "curation:insights", "curation:insights_all", "curation:insights_all_export",
    "curation:insights_export", "curation:models", "curation:prompt", "curation:prompts", "curation:run", "guards:change",
    "guards:new", "healthz",
    "ingest:collection_delete", "ingest:delete", "ingest:move", "ingest:passage", "integrations:chat", "integrations:chat_new",
    "integrations:widget", "integrations:widget_change", "integrations:widget_new", "kb:access_ask", "kb:collection_edit",
    "kb:collection_new", "kb:document_edit", "kb:explain", "kb:find", "kb:folder", "kb:folder_new", "kb:original",
    "kb:page_image", "kb:progress", "kb:source", "kb:tag", "mcp", "metrics", "mfa_activate_totp", "mfa_add_webauthn",
    "mfa_authenticate", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_index", "mfa_list_webauthn",
    "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn",
    "mfa_view_recovery_codes", "models:budget", "models:budget_new", "models:choose", "models:costs_export",
    "models:model", "models:model_new",
    "models:route", "models:route_new", "openid_connect_callback", "openid_connect_login", "outside:widget",
    "outside:widget_source", "readyz", "retention:certificate", "retention:hold", "retention:hold_new", "retention:person",
    "retention:person_export", "retention:rule", "retention:rule_new", "reviews:again", "reviews:case", "reviews:export",
    "reviews:rules", "reviews:statistics", "saml_finish_acs", "saml_metadata", "saml_sls", "socialaccount_login_cancelled",
    "sources:documents_edit", "sources:documents_item", "sources:documents_new", "sources:documents_person",
    "sources:documents_preview", "sources:documents_remove", "sources:documents_source", "sources:edit", "sources:new",
    "sources:preview", "sources:remove", "sources:source", "system:index",
}  # fmt: skip


def test_every_page_is_a_list_here_or_known_to_be_none() -> None:
    """A new page has to be put into one of the two tables."""
    pages = {name for name, cases in ADDRESSES.items() if any(case.method == "get" for case in cases)}
    pages = {name for name in pages if not name.startswith(("api:", "openai:", "scim:"))}
    lists = {resolve(re.sub(r"\{(\w+)\}", _any_key, one.path.partition("?")[0])).view_name for one in PAGES}
    assert pages - lists == NOT_LISTS - lists
    assert NOT_LISTS & lists == set()


def _any_key(name: re.Match[str]) -> str:
    return "1" if name[1] == "group" else str(uuid4())


def test_every_operation_that_lists_is_here() -> None:
    described = rest.get_openapi_schema()
    listing = set()
    for path, methods in described["paths"].items():
        schema = (
            methods.get("get", {})
            .get("responses", {})
            .get(200, {})
            .get("content", {})
            .get("application/json", {})
            .get("schema", {})
        )
        fields = described["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        if schema.get("type") == "array" or {"items", "turns"} & fields.keys():
            listing.add(path)
    fixed = {re.sub(r"\{uid\}|\{slug\}", "…", path) for path in listing}
    tested = {re.sub(r"\{\w+\}|handbook", "…", one.path.partition("?")[0]) for one in API if one.path.startswith("/api/")}
    assert fixed == tested
