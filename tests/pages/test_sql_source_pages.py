"""The pages of SQL sources: added, looked at, started, changed, removed; the address never comes back."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from kb.models import Collection, Document
from sources.models import SqlSource
from sources.running import run_due_sources
from sources.services import source_url
from tests.pages.conftest import signed_in
from tests.sources.shop import PLAN, shop

FORM = {**PLAN, "interval_minutes": "60"}


@pytest.fixture(autouse=True)
def database(settings: Any, tmp_path: Path) -> object:
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    path = shop(tmp_path / "shop.sqlite3")
    settings.SOURCE_DSNS = {"SHOP": f"sqlite:///{path}"}
    settings.SOURCE_HOSTS = ["db.example"]
    return path


def test_a_source_is_added_seen_started_and_paused(knowledge_admin: User, collection: Collection) -> None:
    client = signed_in(knowledge_admin)
    page = client.post(reverse("sources:new", args=["handbook"]), FORM, follow=True).content.decode()
    source = SqlSource.objects.get()
    assert "Paused" in page
    assert not run_due_sources()  # nothing is read before somebody has seen the first rows

    rows = client.get(reverse("sources:preview", args=[source.uid])).content.decode()
    assert "Kettle" in rows
    assert "紫砂，可装三百毫升。" in rows
    page = client.post(reverse("sources:act", args=[source.uid, "start"]), follow=True).content.decode()
    assert "Running" in page
    run_due_sources()
    page = client.get(reverse("sources:source", args=[source.uid])).content.decode()
    assert "3 new" in page
    assert "Active" in page
    assert "3 new" in client.get(reverse("sources:index")).content.decode()

    page = client.post(reverse("sources:act", args=[source.uid, "pause"]), follow=True).content.decode()
    assert "The source is paused." in page
    assert Document.objects.live().count() == 3


def test_a_typed_address_is_kept_sealed_and_never_shown(knowledge_admin: User, collection: Collection) -> None:
    client = signed_in(knowledge_admin)
    dsn = "postgresql://reader:hunter2@db.example/shop"
    form = {**FORM, "dsn_variable": "", "dsn": dsn}
    client.post(reverse("sources:new", args=["handbook"]), form)
    source = SqlSource.objects.get()
    assert "hunter2" not in source.sealed_dsn
    for address in ("source", "edit", "remove"):
        page = client.get(reverse(f"sources:{address}", args=[source.uid])).content.decode()
        assert "hunter2" not in page
        assert "reader" not in page.replace("data-reader", "").replace("reader:…@db.example", "")

    client.post(reverse("sources:edit", args=[source.uid]), {**form, "dsn": "", "name": "Renamed"})
    source.refresh_from_db()
    assert (source.name, source_url(source).password) == ("Renamed", "hunter2")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"query": "DELETE FROM products"}, "Only a single SELECT statement is allowed"),
        ({"title_template": "{name"}, "unclosed brace"),
        ({"dsn_variable": "", "dsn": "postgresql://reader@elsewhere.example/shop"}, "is not allowed to connect to this server"),
        (
            {"dsn_variable": "", "dsn": "sqlite:////etc/shop.db"},
            "Only an administrator of this installation can add a database file",
        ),
        ({"dsn": "postgresql://reader@db.example/shop"}, "Choose a configured database or enter an address, not both"),
        ({"dsn_variable": ""}, "Enter the database address"),
    ],
)
def test_what_cannot_work_is_reported_beside_its_field(
    knowledge_admin: User, collection: Collection, changes: dict[str, str], expected: str
) -> None:
    response = signed_in(knowledge_admin).post(reverse("sources:new", args=["handbook"]), {**FORM, **changes})
    assert response.status_code == 422
    assert expected in response.content.decode()
    assert not SqlSource.objects.exists()


def test_two_sources_of_a_collection_have_two_names(knowledge_admin: User, collection: Collection) -> None:
    client = signed_in(knowledge_admin)
    assert client.post(reverse("sources:new", args=["handbook"]), FORM).status_code == 302
    response = client.post(reverse("sources:new", args=["handbook"]), FORM)
    assert "This collection already has a source with this name." in response.content.decode()


def test_removing_asks_what_becomes_of_the_documents(knowledge_admin: User, collection: Collection) -> None:
    client = signed_in(knowledge_admin)
    client.post(reverse("sources:new", args=["handbook"]), FORM)
    source = SqlSource.objects.get()
    client.post(reverse("sources:act", args=[source.uid, "start"]))
    run_due_sources()
    assert "It created 3 documents." in client.get(reverse("sources:remove", args=[source.uid])).content.decode()
    client.post(reverse("sources:remove", args=[source.uid]), {"documents": "keep"})
    assert not SqlSource.objects.exists()
    assert Document.objects.live().count() == 3
