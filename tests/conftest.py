"""People and collections that most tests need."""

import gc
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from xdist.remote import Producer

from accounts.models import User
from audit.chain.marks.guards import remove_guards
from bench.harness.tables import migrated_database
from kb.models import Collection
from kb.rights.table import get_rights_table
from tests import schedule
from tests.gateway.fake_server import fake_server
from tests.vllm_server import vllm_server

__all__ = ["fake_server", "vllm_server"]

USE_THE_DATABASE = {"db", "transactional_db", "live_server"}  # fixtures of pytest-django; without them it refuses every query


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported now stays to the end: to look through it for garbage takes half a second, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    schedule.sort(items)
    for item in items:
        if item.get_closest_marker("django_db") or USE_THE_DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> schedule.Scheduling:
    return schedule.Scheduling(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """On SQLite nothing is migrated: `django_db_setup` copies a migrated database."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, with all its tables.

    Threads of asynchronous tests leave sessions open, and PostgreSQL drops no database in use.
    """
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock(), closing(sqlite3.connect(migrated_database())) as source:
            connection.ensure_connection()
            source.backup(connection.connection)
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def fresh_language() -> Iterator[None]:
    """A page that was asked for in Chinese leaves Chinese active in its thread; the next test begins in English."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def fresh_rates() -> None:
    """No test pays for what another one asked."""
    cache.clear()


@pytest.fixture(autouse=True)
def fresh_rights() -> None:
    """What a process remembers of narrowed documents is of another test, whose clock may have stood as this one does."""
    get_rights_table.cache_clear()


@pytest.fixture
def unguarded_audit(db: None) -> None:
    """The audit's tables without the triggers that protect them: whoever owns the database can drop these, too."""
    remove_guards()


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="People team")


@pytest.fixture
def collection(group: Group) -> Collection:
    """A collection that the members of `group` may read."""
    collection = Collection.objects.create(name="Handbook", slug="handbook")
    collection.groups.add(group)
    return collection


@pytest.fixture
def employee(group: Group) -> User:
    """An employee who may read `collection`."""
    user = User.objects.create_user(username="erin", password="correct horse 7")
    user.groups.add(group)
    return user


@pytest.fixture
def teammate(group: Group) -> User:
    """Another employee of the same group: reads the same collection, owns nothing of `employee`'s."""
    user = User.objects.create_user(username="tao", password="correct horse 7")
    user.groups.add(group)
    return user


@pytest.fixture
def outsider(db: None) -> User:
    """An employee without the group."""
    return User.objects.create_user(username="olga", password="correct horse 7")


@pytest.fixture
def knowledge_admin(db: None) -> User:
    return User.objects.create_user(username="kim", password="correct horse 7", role=User.Role.KNOWLEDGE_ADMIN)


@pytest.fixture
def auditor(db: None) -> User:
    return User.objects.create_user(username="ada", password="correct horse 7", role=User.Role.AUDITOR)
