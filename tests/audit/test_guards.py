"""The database itself refuses to change what was recorded, whatever comes past the models."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from audit.chain.marks.guards import install_guards, missing_guards, remove_guards
from audit.life.erasure import erase_payload
from audit.models import ChainHead, Event, Fact, Payload
from audit.services import record
from ingest.first_start.installation import protect_audit

pytestmark = pytest.mark.django_db

REFUSED = (
    "UPDATE audit_event SET action = 'x'",
    "UPDATE audit_event SET summary = 'x'",
    "UPDATE audit_event SET summary = '', actor_name = ''",  # not erased
    "UPDATE audit_event SET hash = 'x'",
    "UPDATE audit_event SET mark = ''",
    "UPDATE audit_event SET key_id = 'x'",
    "UPDATE audit_event SET sequence = sequence + 1",
    "DELETE FROM audit_event",
    "UPDATE audit_payload SET body = 'x'",
    "UPDATE audit_payload SET body = ''",
    "UPDATE audit_payload SET erased_at = NULL, body = '{}'",
    "DELETE FROM audit_payload",
    "UPDATE audit_fact SET value = 'x'",
    "DELETE FROM audit_fact",
    "DELETE FROM audit_chainhead",
)


def refuses(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return "what the audit recorded is not changed" in str(error)
    return False


@pytest.mark.parametrize("statement", REFUSED)
def test_sql_changes_nothing_that_was_recorded(statement: str) -> None:
    event = record("a.b", summary="leave", payload={"question": "How much?"})
    before = [list(model.objects.values_list()) for model in (Event, Payload, Fact, ChainHead)]
    assert refuses(statement)
    assert [list(model.objects.values_list()) for model in (Event, Payload, Fact, ChainHead)] == before
    assert Fact.objects.filter(event=event).exists()


def test_an_erasure_goes_through_once_and_what_was_erased_stays_so() -> None:
    event = record("a.b", summary="leave", payload={"question": "How much?"})
    erase_payload(event=event, reason="asked for")
    assert not Fact.objects.filter(event=event).exists()
    for statement in (
        "UPDATE audit_payload SET body = '{}'",
        "UPDATE audit_payload SET erased_at = NULL",
        "UPDATE audit_event SET summary = 'x'",
    ):
        assert refuses(f"{statement} WHERE {'event_id' if 'payload' in statement else 'id'} = {event.pk}"), statement


def test_a_missing_trigger_is_noticed_and_put_back(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    record("a.b")
    assert missing_guards() == ()
    remove_guards()
    assert "audit_guard_event_delete" in missing_guards()
    call_command("verify_audit")
    assert "The database lacks the triggers" in capsys.readouterr().out
    protect_audit()
    assert missing_guards() == ()
    assert "the database lacked triggers" in caplog.text
    install_guards()
    assert refuses("DELETE FROM audit_event")


def test_a_trigger_that_was_hollowed_out_is_noticed() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER audit_guard_event_delete")
            cursor.execute("CREATE TRIGGER audit_guard_event_delete BEFORE DELETE ON audit_event BEGIN SELECT 1; END")
        else:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION audit_guard_event_delete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
            )
    assert missing_guards() == ("audit_guard_event_delete",)


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_audit_too_and_the_guards_stand_again() -> None:
    record("a.b")
    call_command("flush", interactive=False, verbosity=0)
    assert not Event.objects.exists()
    assert missing_guards() == ()


def test_what_goes_past_the_models_is_refused_too() -> None:
    event = record("a.b")
    with pytest.raises(DatabaseError), transaction.atomic():
        models.QuerySet(Event).filter(pk=event.pk).update(action="x")
