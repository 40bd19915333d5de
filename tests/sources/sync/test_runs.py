"""When a source runs: schedule, hours, waiting, back-off, pause; what people do with items and sources."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from ingest.documents.deletion import delete_document
from kb.models import Document
from sources.connectors import registry
from sources.connectors.errors import SignInRefused, SourceAway, Throttled
from sources.connectors.port import Changes, Item, Manifest, Setting
from sources.models import Source
from sources.sync import holding, taking
from sources.sync.preview import dry_run
from sources.sync.running import FIRST_WAIT_S, LONGEST_WAIT_S, back_off_s, run_due
from sources.sync.services import change_source, create_source, pause_source, remove_source, retry_item, start_source
from sources.sync.taking import Pace
from tests.sources.sync.share import item, names, sync

pytestmark = pytest.mark.django_db


class Wiki:
    """Two pages in memory. `trouble`: raised by the next listings, in their order."""

    def __init__(self):
        self.pages = {"a": b"Aardvarks dig.", "b": b"Bats fly."}
        self.trouble = []
        self.secrets = {}

    def check(self):
        """It always serves."""

    def list_changes(self, cursor):
        if self.trouble:
            raise self.trouble.pop(0)
        found = tuple(Item(id=id_, name=f"{id_}.md", version=str(text)) for id_, text in sorted(self.pages.items()))
        yield Changes(items=found, cursor="", complete=True, ended=True)

    def fetch(self, item, into):
        into.write(self.pages[item.id])

    def rights_of(self, item):
        return None

    def close(self):
        """Nothing is open."""


@pytest.fixture
def wiki(monkeypatch, tmp_path, settings):
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    settings.SOURCE_SECRETS = {"WIKI": "hunter2"}
    wiki = Wiki()

    def open_wiki(options, secrets):
        wiki.secrets = dict(secrets)
        return wiki

    manifest = Manifest(
        kind="wiki",
        label="Wiki",
        description="Two pages.",
        settings=(Setting(name="address", label="Address"), Setting(name="token", label="Token", secret=True)),
        open=open_wiki,
        has_rights=False,
    )
    kinds = ({"wiki": manifest}, ())
    monkeypatch.setattr(registry, "read_kinds", lambda: kinds)
    return wiki


@pytest.fixture
def source(wiki, collection, knowledge_admin):
    made = create_source(
        collection=collection,
        user=knowledge_admin,
        name="Wiki",
        kind="wiki",
        options={"address": "https://reader:pw@wiki.example/x?key=1"},
        secrets={"token": "s3cret"},
    )
    start_source(made, user=knowledge_admin)
    return made


def test_secrets_are_sealed_or_of_the_environment_and_the_place_holds_none(source, wiki, knowledge_admin):
    source.refresh_from_db()
    assert source.place == "https://wiki.example/x"
    assert "s3cret" not in source.sealed_secrets
    sync(source)
    assert wiki.secrets == {"token": "s3cret"}
    changed = change_source(source=source, user=knowledge_admin, secret_variables={"token": "WIKI"})
    assert (changed.is_paused, changed.sealed_secrets) == (True, "")
    sync(source)
    assert wiki.secrets == {"token": "hunter2"}


def test_a_source_that_asks_to_wait_is_obeyed_within_the_same_run(source, wiki):
    wiki.trouble = [Throttled("later", retry_after=90)]
    assert run_due() == 1
    source.refresh_from_db()
    assert 80 < (source.wanted_at - timezone.now()).total_seconds() < 91
    assert (source.failures, source.run_id is not None) == (0, True)
    assert run_due() == 0
    assert sync(source) == {"listed": 2, "new": 2}
    assert source.runs.count() == 1


def test_what_passes_is_tried_again_and_a_rejected_sign_in_waits_for_a_person(source, wiki):
    wiki.trouble = [SourceAway("no route")]
    run_due()
    source.refresh_from_db()
    assert (source.error_code, source.failures) == ("source_away", 1)
    assert FIRST_WAIT_S / 2 - 5 < (source.wanted_at - timezone.now()).total_seconds() < FIRST_WAIT_S * 1.5
    assert len({back_off_s(3) for _ in range(5)}) > 1
    assert max(back_off_s(failures) for failures in range(20)) <= LONGEST_WAIT_S * 1.5
    wiki.trouble = [SignInRefused("no")]
    assert sync(source) == {"code": "sign_in_refused"}
    source.refresh_from_db()
    assert (source.wanted_at, source.next_run_at) == (None, None)


@pytest.mark.parametrize(
    ("hours", "hour", "runs"), [((20, 6), 23, 1), ((20, 6), 3, 1), ((20, 6), 12, 0), ((8, 12), 8, 1), ((8, 12), 12, 0)]
)
def test_a_run_begins_in_its_hours_alone(source, monkeypatch, hours, hour, runs):
    Source.objects.update(hours_from=hours[0], hours_to=hours[1])
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    monkeypatch.setattr(holding.timezone, "localtime", lambda timezone=None: datetime(now.year, 1, 1, hour, tzinfo=now.tzinfo))
    assert run_due() == runs


def test_bytes_come_no_faster_than_they_may():
    slept, clock = [], iter([0.0, 0.0, 1.0, 2.0])
    pace = Pace(1000, clock=lambda: next(clock), sleep=slept.append)
    pace.passed(2000, between=lambda: None)
    assert slept == [1.0, 1.0]
    Pace(None).passed(10**9, between=lambda: None)


def test_a_source_that_is_paused_in_the_middle_stops_and_goes_on_where_it_was(source, wiki, knowledge_admin, monkeypatch):
    take = taking.take_item

    def take_and_pause(hold, connector, row, *, pace):
        take(hold, connector, row, pace=pace)
        pause_source(source, user=knowledge_admin)

    monkeypatch.setattr(taking, "take_item", take_and_pause)
    run_due()
    assert names() == ["Wiki/a.md"]
    assert run_due() == 0
    monkeypatch.setattr(taking, "take_item", take)
    start_source(source, user=knowledge_admin)
    run_due()
    assert (names(), source.runs.count()) == (["Wiki/a.md", "Wiki/b.md"], 1)


def test_a_document_that_a_person_deletes_stays_deleted_until_it_changes_or_is_fetched_again(source, wiki, knowledge_admin):
    sync(source)
    delete_document(Document.objects.get(name="Wiki/a.md"), user=knowledge_admin)
    assert sync(source) == {"listed": 2}
    assert names() == ["Wiki/b.md"]
    retry_item(item("a.md"), user=knowledge_admin)
    assert sync(source) == {"listed": 2, "new": 1}
    assert names() == ["Wiki/a.md", "Wiki/b.md"]


def test_a_dry_run_writes_nothing(source, wiki):
    sync(source)
    wiki.pages = {"a": b"Aardvarks sleep.", "c": b"Cats."}
    plan = dry_run(source)
    assert (plan.listed, plan.new, plan.changed, plan.unchanged, plan.deleted, plan.is_whole) == (2, 1, 1, 0, 1, True)
    assert names() == ["Wiki/a.md", "Wiki/b.md"]


@pytest.mark.parametrize(("with_documents", "left"), [(True, []), (False, ["Wiki/a.md", "Wiki/b.md"])])
def test_a_source_that_is_removed_takes_its_documents_along_or_leaves_them(source, knowledge_admin, with_documents, left):
    sync(source)
    remove_source(source, user=knowledge_admin, with_documents=with_documents)
    assert not Source.objects.manageable_by(knowledge_admin).exists()
    run_due()
    assert (names(), Source.objects.count()) == (left, 0)


def test_a_lease_that_ran_out_is_taken_over(source):
    held = holding.claim()
    assert holding.claim() is None
    Source.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert holding.claim() is not None
    with pytest.raises(holding.SourceTaken):
        held.keep(failures=7)
