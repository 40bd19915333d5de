"""The demo: what it describes is there, and loading it shows who may read what."""

import json
from pathlib import Path

import pytest

from accounts.models import User
from audit.models import Event
from ingest.first_start.demo import load_demo
from ingest.first_start.installation import Prepared, describe_prepared, migrate_if_needed, prepare_installation
from ingest.models import Job
from kb.models import Collection, Document
from retrieval.vocabulary import find_groups, read_vocabulary

FOLDER = Path(__file__).resolve().parents[2] / "demo"
DESCRIPTION = json.loads((FOLDER / "demo.json").read_text(encoding="utf-8"))


def test_every_document_is_named_once_and_all_are_small() -> None:
    named = [name for collection in DESCRIPTION["collections"] for name in collection["files"]]
    paths = sorted(path for path in (FOLDER / "documents").iterdir())
    assert sorted(FOLDER / name for name in named) == paths
    assert sum(path.stat().st_size for path in paths) < 1_000_000


def test_no_file_holds_a_password() -> None:
    assert "password" not in {key for person in DESCRIPTION["people"] for key in person}


@pytest.mark.django_db
def test_loading_makes_people_collections_and_jobs(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    demo = load_demo(folder=FOLDER)
    assert demo.refused == ()
    assert demo.documents == Document.objects.count() == Job.objects.filter(state=Job.State.WAITING).count() == 14
    for account in demo.accounts:
        assert User.objects.get(username=account.username).check_password(account.password)
    readers = {user.username: {c.slug for c in Collection.objects.visible_to(user)} for user in User.objects.all()}
    assert readers == {
        "priya": {"larkspur", "people-finance"},
        "owen": {"larkspur"},
        "grace": {"larkspur", "people-finance"},
        "victor": {"larkspur"},
    }
    assert Event.objects.filter(action="collection.created").count() == 2
    assert Event.objects.filter(action="document.uploaded").count() == 14
    larkspur = Collection.objects.get(slug="larkspur")
    assert find_groups("How much PTO?", [read_vocabulary(larkspur.vocabulary)]) == (("PTO", "paid time off", "annual leave"),)


@pytest.mark.django_db
def test_loading_again_changes_nothing(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    load_demo(folder=FOLDER)
    again = load_demo(folder=FOLDER)
    assert (again.accounts, again.documents) == ((), 0)
    assert Document.objects.count() == 14


@pytest.mark.django_db
def test_the_first_start_makes_accounts_once_and_prints_their_passwords_once(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    first = prepare_installation()
    assert [account.username for account in first.accounts] == ["priya", "owen", "grace", "victor"]
    assert len({account.password for account in first.accounts}) == 4
    assert all(account.password in describe_prepared(first) for account in first.accounts)
    second = prepare_installation()
    assert second == Prepared(migrated=False, accounts=(), documents=0)
    assert "changepassword" in describe_prepared(second)


@pytest.mark.django_db
def test_without_the_demo_there_is_one_knowledge_admin(settings) -> None:
    settings.DEMO = False
    prepared = prepare_installation()
    assert [(account.username, account.role) for account in prepared.accounts] == [("admin", User.Role.KNOWLEDGE_ADMIN)]
    assert User.objects.get(username="admin").is_knowledge_admin
    assert Collection.objects.count() == 0


@pytest.mark.django_db
def test_nothing_is_migrated_when_all_tables_are_up_to_date() -> None:
    assert migrate_if_needed() is False
