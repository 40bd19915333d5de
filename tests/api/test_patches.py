"""PATCH changes what is sent and nothing else: every operation, each of its fields by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.programs.service_accounts import create_service
from api.rest import rest
from curation.gaps.models import Gap
from kb.models import Collection, Document
from tests.api.conftest import bearer
from tests.chat.library import ScriptedModel

pytestmark = pytest.mark.django_db
JSON = "application/json"
# Of one field: there is no other to lose. A tag is renamed or merged, never both.
OF_ONE_FIELD = {"/api/v1/folders/{uid}", "/api/v1/tags/{uid}"}
Make = Callable[[Client, dict[str, str]], str]  # returns the address


def posted(path: str, given: dict[str, Any], by: str = "uid") -> Make:
    def make(client: Client, admin: dict[str, str]) -> str:
        made = client.post(f"/api/v1/{path}", given, JSON, headers=admin)
        assert made.status_code == 201, made.content
        return f"/api/v1/{path}/{made.json()[by]}"

    return make


def the_document(client: Client, admin: dict[str, str]) -> str:
    return f"/api/v1/documents/{Document.objects.get(name='leave.md').uid}"


def a_conversation(client: Client, admin: dict[str, str]) -> str:
    begun = client.post("/api/v1/ask", {"question": "How many hours?", "conversation": "new"}, JSON, headers=admin).json()
    return f"/api/v1/conversations/{begun['conversation']}"


def a_gap(client: Client, admin: dict[str, str]) -> str:
    gap = Gap.objects.create(collection=Collection.objects.get(), count=1, last_at=timezone.now())
    return f"/api/v1/gaps/{gap.uid}"


WEB = {"below": "", "without": "", "depth": "5", "pages": "2000", "minutes": "60", "sitemap": "yes", "robots": "yes", "header": ""}
# By address: how one is made, and two values of every field that can be changed.
KINDS: dict[str, tuple[Make, dict[str, tuple[Any, Any]]]] = {
    "/api/v1/collections/{slug}": (
        posted("collections", {"name": "Cars"}, by="slug"),
        {
            "name": ("Vans", "Lorries"),
            "description": ("All", "Some"),
            "groups": (["People team"], []),
            "download_groups": (["People team"], []),
            "is_listed": (True, False),
            "suggested_questions": (["Who drives?"], ["Who pays?"]),
            "vocabulary": ("van = lorry", "van = truck"),
            "sufficiency_threshold": (0.7, 0.6),
            "expired_documents": ("told", "left_out"),
        },
    ),
    "/api/v1/documents/{uid}": (
        the_document,
        {
            "tags": (["hr"], ["pay"]),
            "owner": ("kim", None),
            "valid_from": ("2026-01-01", "2026-02-01"),
            "expires_on": ("2199-01-01", "2199-02-01"),
            "review_by": ("2198-01-01", "2198-02-01"),
        },
    ),
    "/api/v1/conversations/{uid}": (
        a_conversation,
        {"title": ("Leave", "Pay"), "pinned": (False, True), "archived": (False, True)},  # one excludes the other
    ),
    "/api/v1/budgets/{number}": (
        posted("budgets", {"kind": "group", "group": "People team", "amount": 5}, by="id"),
        {
            "kind": ("group", "installation"),
            "group": ("People team", "Readers"),
            "person": ("", ""),
            "amount": ("10.00", "20.00"),
            "warn_percent": (50, 60),
            "stops": (True, False),
        },
    ),
    "/api/v1/golden/{uid}": (
        posted("golden", {"collection": "handbook", "question": "How many hours?", "facts": [["6"]]}),
        {
            "question": ("How many hours a week?", "How many hours a day?"),
            "expect": ("answer", "refusal"),
            "facts": ([["6", "six"]], [["8"]]),
            "documents": (["leave.md"], []),
            "note": ("As agreed", "As told"),
            "is_active": (True, False),
        },
    ),
    "/api/v1/sources/{uid}": (
        posted("sources", {"collection": "handbook", "name": "Site", "kind": "web", "options": {"address": "https://a.example/"}}),
        {
            "options": (WEB | {"address": "https://b.example/"}, WEB | {"address": "https://c.example/"}),
            "secrets": ({}, {}),
            "secret_variables": ({}, {}),
            "interval_minutes": (15, 60),
            "max_kilobytes_per_s": (100, None),
            "hours_from": (20, 21),
            "hours_to": (6, 7),
        },
    ),
    "/api/v1/chat-apps/{uid}": (
        posted("chat-apps", {"name": "Portal", "kind": "generic", "reply_url": "https://portal.example/in"}),
        {
            "name": ("Slack", "Desk"),
            "secret": ("a secret of thirty-two characters", ""),
            "token": ("", ""),
            "reply_url": ("https://portal.example/one", "https://portal.example/two"),
            "collections": (["handbook"], []),
            "people": (["7 = kim"], ["8 = kim"]),
            "posts_openly": (True, False),
            "is_enabled": (True, False),
        },
    ),
    "/api/v1/widgets/{uid}": (
        posted("widgets", {"name": "Intranet", "title": "Ask us", "origins": ["https://a.example"]}),
        {
            "name": ("Inside", "Outside"),
            "title": ("Ask", "Find"),
            "origins": (["https://b.example"], ["https://c.example"]),
            "collections": (["handbook"], []),
            "accent": ("#112233", "#223344"),
            "language": ("en", "zh-hans"),
            "signing": ("HS256", "HS256"),
            "public_key": ("", ""),
            "match_by": ("email", "username"),
            "guest": ("kiosk", ""),
            "is_enabled": (True, False),
        },
    ),
    "/api/v1/guards/{uid}": (
        posted("guards", {"name": "Bombs", "kind": "words", "terms": "bomb"}),
        {
            "name": ("Weapons", "Arms"),
            "kind": ("patterns", "words"),
            "side": ("answer", "question"),
            "mode": ("block", "monitor"),
            "language": ("en", "zh"),
            "collection": ("handbook", ""),
            "terms": ("gun", "rifle"),
            "threshold": (0.3, 0.6),
            "model": ("", ""),
            "message_en": ("No.", "Never."),
            "message_zh": ("不行。", "绝不。"),
        },
    ),
    "/api/v1/gaps/{uid}": (
        a_gap,
        {
            "state": ("wanted", "rejected"),
            "assigned_to": ("kim", None),
            "due_on": ("2199-01-01", None),
            "note": ("Soon", "Later"),
        },
    ),
}
# A budget of a group is no budget of a person, and an expected refusal has no facts: these change together, or are refused.
BOUND = {("/api/v1/budgets/{number}", "kind"), ("/api/v1/golden/{uid}", "expect")}


def described() -> dict[str, set[str]]:
    """Return the fields that each PATCH takes, by its address."""
    schema = rest.get_openapi_schema()
    found = {}
    for path, methods in schema["paths"].items():
        if "patch" in methods:
            reference = methods["patch"]["requestBody"]["content"][JSON]["schema"]["$ref"]
            found[path] = set(schema["components"]["schemas"][reference.rpartition("/")[2]]["properties"])
    return found


@pytest.fixture
def admin(
    admin_key: str, knowledge_admin: User, leave: Document, group: Group, dependencies: dict[str, Any], settings: Any
) -> dict[str, str]:
    """Whoever may change all of it, and what the values name."""
    Group.objects.get_or_create(name="People team")
    Group.objects.create(name="Readers")
    create_service(username="kiosk", purpose="Visitors", owner=knowledge_admin, actor=None)
    dependencies["model"] = ScriptedModel("Employees earn 6 hours. [1]")
    return bearer(admin_key)


def test_every_field_of_every_operation_is_here() -> None:
    taken = described()
    assert taken.keys() == KINDS.keys() | OF_ONE_FIELD
    assert {path: set(KINDS[path][1]) for path in KINDS} == {path: taken[path] for path in KINDS}


def told(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("path", KINDS)
def test_a_change_of_one_field_changes_no_other(client: Client, admin: dict[str, str], path: str) -> None:
    make, fields = KINDS[path]
    address = make(client, admin)
    told(client.patch(address, {name: first for name, (first, _second) in fields.items()}, JSON, headers=admin))
    before = told(client.patch(address, {}, JSON, headers=admin))
    shown = {name: first for name, (first, _second) in fields.items() if name in before}
    assert {name: before[name] for name in shown} == shown
    for field, (first, second) in fields.items():
        if first == second or (path, field) in BOUND:
            continue
        after = told(client.patch(address, {field: second}, JSON, headers=admin))
        follows = {"place"} if field == "options" else set()  # where a source is follows from its options
        assert {name for name in after if after[name] != before[name]} - follows == {field} & after.keys(), field
        assert told(client.patch(address, {field: first}, JSON, headers=admin)) == before, field
