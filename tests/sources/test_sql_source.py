"""A source's life: first rows, changed rows, rows that are gone, and what goes wrong."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event, Payload
from ingest.queue.running import run_due_jobs
from kb.models import Chunk, Document, DocumentVersion
from sources import running
from sources.errors import SourceFault
from sources.models import SqlRow, SqlSource
from sources.running import run_due_sources
from sources.services import pause_source, remove_source, request_run, sample_source
from tests.ingest.engine import FakeEngine
from tests.sources.shop import ROWS, add_source, change, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def database(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BROKER_ROOT = tmp_path / "broker"
    path = shop(tmp_path / "shop.sqlite3")
    settings.SOURCE_DSNS = {"SHOP": f"sqlite:///{path}"}
    return path


@pytest.fixture
def source(database, collection, knowledge_admin):
    return add_source(collection, knowledge_admin)


def run_again(source):
    SqlSource.objects.filter(pk=source.pk).update(next_run_at=timezone.now())
    assert run_due_sources() == 1
    source.refresh_from_db()
    return {name: source.last_run.get(name) for name in ("new", "changed", "unchanged", "deleted", "held", "refused")}


def counts(**values):
    return {"new": 0, "changed": 0, "unchanged": 0, "deleted": 0, "held": 0, "refused": 0, **values}


def versions():
    live = DocumentVersion.objects.filter(document__deleted_at=None)
    return sorted(live.values_list("document__name", "number"))


def test_each_row_becomes_a_document_with_title_and_text(source):
    assert run_again(source) == counts(new=3)
    run_due_jobs(engine=FakeEngine)

    assert sorted(Document.objects.values_list("title", flat=True)) == ["Kettle", "Toaster", "茶壶"]
    texts = set(Chunk.objects.values_list("text", flat=True))
    assert texts == {"Boils a litre.\nPrice: 24.5 EUR", "Two slots: both wide.", "紫砂，可装三百毫升。\nPrice: 88 EUR"}
    assert source.error_code == ""
    assert not run_due_sources()  # until its hour has come


def test_only_changed_rows_make_versions_and_rows_that_are_gone_go(source, database):
    run_again(source)
    assert run_again(source) == counts(unchanged=3)
    change(database, "UPDATE products SET price = 19 WHERE id = 1")
    change(database, "DELETE FROM products WHERE id = 2")
    change(database, "INSERT INTO products VALUES (4, 'Pan', 'Iron.', 30)")

    assert run_again(source) == counts(new=1, changed=1, unchanged=1, deleted=1)
    assert versions() == [("Products/1", 1), ("Products/1", 2), ("Products/3", 1), ("Products/4", 1)]
    assert run_again(source) == counts(unchanged=3)


def test_a_query_that_suddenly_has_few_rows_deletes_nothing_until_somebody_says_so(
    source, database, knowledge_admin, django_capture_on_commit_callbacks
):
    shop(database, [(n, f"Part {n}", "Steel.", n) for n in range(40)])
    run_again(source)
    change(database, "DELETE FROM products WHERE id >= 20")
    assert run_again(source) == counts(unchanged=20, held=20)
    assert Document.objects.live().count() == 40

    request_run(source, user=knowledge_admin, may_delete_many=True)
    assert run_due_sources() == 1
    source.refresh_from_db()
    assert (source.last_run["deleted"], source.last_run["held"], source.may_delete_many) == (20, 0, False)
    assert Document.objects.live().count() == 20


def test_a_large_table_is_taken_in_by_turns(source, database, monkeypatch):
    monkeypatch.setattr(running, "MAX_CHANGES", 2)
    assert run_due_sources() == 2  # one turn of two rows, one of the third
    source.refresh_from_db()

    assert (source.last_run["new"], source.last_run["unchanged"], source.progress) == (3, 0, {})
    assert versions() == [("Products/1", 1), ("Products/2", 1), ("Products/3", 1)]


def test_a_run_that_was_killed_is_continued_without_doing_anything_twice(source, monkeypatch):
    def die(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(SqlRow.objects, "update_or_create", die)
    with pytest.raises(KeyboardInterrupt):
        run_due_sources()
    monkeypatch.undo()
    assert not run_due_sources()  # its lease is held
    SqlSource.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert run_due_sources() == 1
    assert versions() == [("Products/1", 1), ("Products/2", 1), ("Products/3", 1)]


def test_a_source_that_is_paused_while_it_runs_stops_and_writes_no_more(source, knowledge_admin, monkeypatch):
    monkeypatch.setattr(running, "RENEW_S", -1.0)
    take = running._Batch._take
    monkeypatch.setattr(
        running._Batch, "_take", lambda batch, sample: (take(batch, sample), pause_source(source, user=knowledge_admin))
    )
    run_due_sources()
    source.refresh_from_db()

    assert (source.is_paused, source.history, Document.objects.count()) == (True, [], 1)
    assert not run_due_sources()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT nothing FROM products", "query_failed"),
        ("SELECT name FROM products", "no_key_column"),
        ("SELECT 1 AS id, name, description, price FROM products", "double_key"),
        ("SELECT NULL AS id, name, description, price FROM products", "no_key"),
        ("SELECT id, name FROM products", "unknown_column"),
        ("SELECT id, name FROM products) AS a; DELETE FROM products; SELECT * FROM (SELECT 1", "query_failed"),
        (
            "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT count(*) AS id, 'x' AS name FROM n",
            "timeout",
        ),
    ],
)
def test_what_is_wrong_is_reported_and_changes_nothing(source, database, settings, query, code):
    run_again(source)
    settings.SOURCE_TIMEOUT_S = 1
    SqlSource.objects.update(query=query)
    run_again(source)

    assert source.error_code == source.last_run["code"] == code
    assert (source.wanted_at is not None) == (code == "timeout")  # may pass: again in a minute, else by the schedule
    assert versions() == [("Products/1", 1), ("Products/2", 1), ("Products/3", 1)]
    assert len(
        sample_source(
            SqlSource(
                query="SELECT id, name, description, price FROM products",
                dsn_variable="SHOP",
                key_column="id",
                title_template="{name}",
            )
        )
    ) == len(ROWS)


def test_a_database_that_is_unavailable_is_tried_again_and_more_rows_than_allowed_are_refused(source, settings, database):
    settings.SOURCE_MAX_ROWS = 2
    run_again(source)
    assert (source.error_code, source.error_detail) == ("too_many_rows", "2")
    database.unlink()
    run_again(source)
    assert (source.error_code, source.failures) == ("no_connection", 2)
    assert source.wanted_at > timezone.now() + timedelta(minutes=4)


@pytest.mark.parametrize(
    "query", ["DELETE FROM products", "  -- SELECT\nUPDATE products SET price = 0", "/* SELECT */ DROP TABLE products", ""]
)
def test_only_a_select_is_taken(database, collection, knowledge_admin, query):
    with pytest.raises(SourceFault, match="not_select"):
        add_source(collection, knowledge_admin, query=query)
    assert not SqlSource.objects.exists()


def test_a_query_cannot_write(database, collection, knowledge_admin):
    source = add_source(
        collection, knowledge_admin, query="WITH x AS (SELECT 1 AS id) INSERT INTO products SELECT 9, 'a', 'b', 1 FROM x"
    )
    run_again(source)
    assert source.error_code == "query_failed"
    assert len(sample_source(add_source(collection, knowledge_admin, name="Other"))) == 3


@pytest.mark.parametrize("template", ["{name.__class__}", "{name!r}", "{0}", "{nothing}"])
def test_a_template_names_columns_and_nothing_else(source, template):
    SqlSource.objects.update(title_template=template)
    run_again(source)
    assert source.error_code == "unknown_column"


def test_removing_takes_the_documents_along_or_leaves_them(database, collection, knowledge_admin):
    first = add_source(collection, knowledge_admin)
    second = add_source(collection, knowledge_admin, name="Kept")
    run_due_sources()
    remove_source(first, user=knowledge_admin, with_documents=True)
    remove_source(second, user=knowledge_admin, with_documents=False)
    run_due_sources()

    assert not SqlSource.objects.exists()
    assert set(Document.objects.live().values_list("name", flat=True)) == {"Kept/1", "Kept/2", "Kept/3"}


def test_passwords_reach_neither_audit_nor_database_nor_messages(collection, knowledge_admin, settings, caplog):
    settings.SOURCE_HOSTS = ["127.0.0.1"]
    dsn = "postgresql://reader:hunter2-secret@127.0.0.1:9/shop"
    source = add_source(collection, knowledge_admin, dsn=dsn, dsn_variable="")
    run_due_sources()
    source.refresh_from_db()

    assert (source.error_code, source.place) == ("no_connection", "postgresql://127.0.0.1:9/shop")
    stored = json.dumps([str(value) for value in SqlSource.objects.values_list().get()])
    audit = " ".join(str(value) for row in [*Event.objects.values_list(), *Payload.objects.values_list()] for value in row)
    for text in (stored, audit, caplog.text, source.error_detail):
        assert "hunter2" not in text
    assert "sql_source.failed" in audit
