"""The page of the system, REST and the command say the same, and nothing secret; what is left to set up is known from the rows."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import IdentityProvider, User
from audit.models import Event
from audit.services import record
from chat.models import Conversation, ServedModel, Turn
from ingest.models import Job
from kb.models import Collection, Document
from system.first_run import list_steps, show_setup
from system.heartbeats import note_heartbeat
from system.models import Heartbeat
from system.report import read_report
from system.values import State
from tests.permissions.conftest import make_document, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(knowledge_admin: User) -> Client:
    client = Client()
    client.force_login(knowledge_admin)
    return client


def problems() -> dict[str, str]:
    return {problem.code: problem.sentence for section in read_report().sections for problem in section.problems}


def test_page_rest_and_command_tell_the_same(admin: Client, knowledge_admin: User, settings) -> None:
    settings.PUBLIC_URL = "https://attest.example"
    page = admin.get(reverse("system:index")).content.decode()
    key = create_api_key(user=knowledge_admin, name="watch", scopes=["people"], days=1, actor=knowledge_admin).text
    told = Client().get("/api/v1/system", headers={"Authorization": f"Bearer {key}"}).json()
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("system", stdout=out)
    assert ended.value.code == 1  # no worker runs here
    sections = {section["code"]: section for section in told["sections"]}
    assert told["state"] == sections["workers"]["state"] == "bad"
    assert sections["software"]["facts"]["public_url"] == "https://attest.example"
    for section in told["sections"]:
        assert section["title"] in page
        assert section["title"] in out.getvalue()
        for problem in section["problems"]:
            assert problem["code"] != "unreadable"
            assert problem["sentence"] in out.getvalue()
    assert {step["code"] for step in told["setup"]} >= {"sign_in", "collection", "backup"}


def test_nothing_secret_is_told(admin: Client, settings) -> None:
    settings.CELERY_BROKER_URL = "redis://worker:s3cret-broker@127.0.0.1:1/0"
    settings.LLM_API_KEY = settings.METRICS_TOKEN = "s3cret-token"
    page = admin.get(reverse("system:index")).content.decode() + json.dumps(read_report().as_dict())
    assert "127.0.0.1:1" in page
    assert "s3cret" not in page
    assert settings.SECRET_KEY not in page
    assert str(settings.ATTEST_HOME) not in page


def test_a_worker_and_beat_that_are_silent_are_told_and_those_that_live_are_not() -> None:
    assert "no_worker" in problems()
    note_heartbeat("worker")
    assert "no_beat" in problems()
    note_heartbeat("beat")
    assert not {"no_worker", "no_beat"} & problems().keys()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=5))
    assert "no_worker" in problems()


def test_what_is_wrong_is_said_with_what_mends_it(world, settings) -> None:
    Job.objects.create(version=world.version, obstacle="disk_full")
    Job.objects.create(version=world.failed, state=Job.State.FAILED)
    settings.DEBUG = True
    found = problems()
    assert found["disk_full"].startswith("The server's disk is full")
    assert found["failed"].startswith("1 document")
    assert {"debug", "no_backup", "no_mail"} <= found.keys()
    record("backup.made", summary="x")
    assert "no_backup" not in problems()


def test_a_section_that_cannot_be_read_breaks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("gone")

    monkeypatch.setattr("system.report.READERS", (("disk", broken),))
    report = read_report()
    assert (report.state, report.sections[0].problems[0].code) == (State.BAD, "unreadable")


def test_the_page_costs_as_many_queries_for_many_rows(admin: Client, world) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(reverse("system:index")).status_code == 200
        return len(captured)

    ServedModel.objects.update(is_enabled=True)
    count()
    few = count()
    for number in range(5):
        ServedModel.objects.create(name=f"m{number}", base_url="http://127.0.0.1:9/v1", served_name="m")
        make_document(world.collection, name=f"d{number}.pdf")
    assert count() == few


def done(user: User) -> set[str]:
    return {step.code for step in list_steps(user) if step.is_done}


def test_the_steps_are_done_when_the_rows_say_so(knowledge_admin: User, employee: User, auditor: User) -> None:
    User.objects.exclude(pk=knowledge_admin.pk).update(is_active=False)
    Collection.objects.create(name="Handbook", slug="larkspur")  # the demo's, which is nobody's own
    assert done(knowledge_admin) == set()
    IdentityProvider.objects.create(slug="idp", name="Company", issuer="https://id.example", is_enabled=True)
    own = Collection.objects.create(name="Own", slug="own")
    assert done(knowledge_admin) == {"sign_in", "collection"}
    own.groups.create(name="Everyone")
    make_document(own, name="rules.pdf")
    conversation = Conversation.objects.create(user=knowledge_admin)
    Turn.objects.create(conversation=conversation, position=0, question="?", state=Turn.State.ANSWERED)
    User.objects.filter(pk=auditor.pk).update(is_active=True)
    ServedModel.objects.create(name="m", base_url="http://127.0.0.1:9/v1", served_name="m")
    record("backup.made")
    assert len(done(knowledge_admin)) == 8
    Document.objects.update(deleted_at=timezone.now())
    assert "upload" not in done(knowledge_admin)


def test_the_list_is_on_the_first_page_of_admins_until_it_is_put_away(
    admin: Client, employee: User, knowledge_admin: User, auditor: User
) -> None:
    other = Client()
    for user, sees in ((employee, False), (auditor, False), (knowledge_admin, True)):
        other.force_login(user)
        assert ("Set up Attest" in other.get("/").content.decode()) == sees
    other.force_login(employee)
    assert other.post(reverse("system:setup_put_away")).status_code == 404
    assert admin.post(reverse("system:setup_put_away")).status_code == 302
    assert "Set up Attest" not in admin.get("/").content.decode()
    show_setup(is_shown=False, user=knowledge_admin)
    assert Event.objects.filter(action="setup.put_away").count() == 1
    admin.post(reverse("system:setup_show"))
    assert "Set up Attest" in admin.get("/").content.decode()
