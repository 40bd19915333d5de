"""Checkpoints and events leave the installation: to files, by HTTP, to buckets, by syslog; in order, and none is lost."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.actor import Actor
from audit.chain.checkpoints import parse_checkpoints, verifying_key
from audit.life.erasure import erase_payload
from audit.models import Event, OutputState
from audit.outgoing import delivering
from audit.outgoing.delivering import deliver_due
from audit.outgoing.errors import OutputInvalid
from audit.outgoing.standing import read_standings
from audit.outgoing.values import read_outputs
from audit.services import record
from audit.tasks import deliver
from config.celery import app
from tests.audit.outputs.servers import http_server, is_signed_for_s3, messages_of, syslog_server

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=10)


@pytest.fixture
def outputs(settings, tmp_path: Path):
    """Sets the outputs by a file, as an operator does."""

    def set_outputs(*entries: dict) -> None:
        (tmp_path / "outputs.json").write_text(json.dumps(entries))
        settings.AUDIT_OUTPUTS = read_outputs(str(tmp_path / "outputs.json"))

    return set_outputs


def record_some(count: int) -> list[Event]:
    return [
        record("question.answered", by=Actor(id="7", name="erin"), summary=f"问题 {n}?", payload={"question": f"问题 {n}?"})
        for n in range(count)
    ]


# --- checkpoints ---


def test_checkpoints_go_to_a_file_by_time_and_by_number(outputs, tmp_path: Path, audit_root: Path) -> None:
    path = tmp_path / "worm" / "checkpoints.jsonl"
    outputs({"name": "vault", "sends": "checkpoints", "kind": "file", "path": str(path), "every_s": 300, "every_events": 5})
    assert deliver_due() == 0  # there is nothing yet
    record_some(3)
    assert deliver_due() == 1  # the first one at once
    record_some(2)
    assert deliver_due() == 0
    record_some(3)
    assert deliver_due() == 1  # five events
    record_some(1)
    assert deliver_due(now=timezone.now() + LATER) == 1  # ten minutes
    assert deliver_due(now=timezone.now() + 2 * LATER) == 0  # nothing new
    found, damaged = parse_checkpoints(path.read_bytes())
    assert ([entry.sequence for entry in found], damaged) == ([3, 8, 9], ())
    key = verifying_key(audit_root / "signing_key.pub")
    assert all(entry.is_signed_by(key) and len(entry.root) == 64 for entry in found)
    call_command("verify_audit", "--checkpoint", str(path))


def test_a_bucket_gets_each_checkpoint_as_a_locked_object(outputs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wJalrXUtnFEMI/K7MDENG\n")
    with http_server() as server:
        outputs(
            {"name": "bucket", "sends": "checkpoints", "kind": "s3", "endpoint": server.url, "bucket": "attest checks",
             "access_key": "AKID", "secret_key_file": str(tmp_path / "secret"), "retain_days": 30, "region": "eu-central-1"}
        )  # fmt: skip
        [event] = record_some(1)
        assert deliver() == 1
        [request] = server.requests
        path, headers, body = request
        assert path == f"/attest%20checks/attest/{1:012d}-{event.hash[:16]}.json"
        assert is_signed_for_s3(request, secret="wJalrXUtnFEMI/K7MDENG")
        assert not is_signed_for_s3(request, secret="another")
        assert headers["x-amz-object-lock-mode"] == "COMPLIANCE"
        until = headers["x-amz-object-lock-retain-until-date"]
        assert until[:10] == f"{timezone.now() + timedelta(days=30):%Y-%m-%d}"
        assert parse_checkpoints(body)[0][0].hash == event.hash


def test_verification_takes_checkpoints_from_an_address(outputs, unguarded_audit: None) -> None:
    with http_server() as server:
        outputs({"name": "hook", "sends": "checkpoints", "kind": "http", "url": f"{server.url}/c"})
        record_some(2)
        deliver_due()
        call_command("verify_audit", "--checkpoint", f"{server.url}/c")
        server.status = 500
        with pytest.raises(CommandError, match="cannot be fetched"):
            call_command("verify_audit", "--checkpoint", f"{server.url}/c")


# --- events ---


def test_events_go_by_http_in_order_with_their_schema(outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BATCH", 2)
    (tmp_path / "token").write_text("s3cret\n")
    with http_server() as server:
        outputs(
            {"name": "siem", "sends": "events", "kind": "http", "url": f"{server.url}/in", "token_file": str(tmp_path / "token")}
        )
        events = record_some(5)
        erase_payload(event=events[1], reason="asked for")
        assert deliver_due() == 1
        assert [len(body.splitlines()) for _path, _headers, body in server.requests] == [2, 2, 2]
        _path, headers, _body = server.requests[0]
        assert (headers["authorization"], headers["x-attest-kind"]) == ("Bearer s3cret", "events")
        lines = [json.loads(line) for _path, _headers, body in server.requests for line in body.splitlines()]
        assert [line["sequence"] for line in lines] == [1, 2, 3, 4, 5, 6]
        assert lines[0] == {
            "schema": "attest.audit.event/1",
            "sequence": 1,
            "uid": str(events[0].uid),
            "at": events[0].at.isoformat(timespec="microseconds"),
            "action": "question.answered",
            "actor": {"id": "7", "name": "erin"},
            "subject": "",
            "summary": "问题 0?",
            "payload_hash": events[0].payload_hash,
            "previous_hash": "0" * 64,
            "hash": events[0].hash,
        }
        assert (lines[1]["actor"]["name"], lines[1]["summary"]) == ("", "")  # erased
        assert deliver_due() == 0


def test_payloads_are_sent_where_that_was_asked_for(outputs, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    outputs({"name": "file", "sends": "events", "kind": "file", "path": str(path), "with_payload": True})
    events = record_some(2)
    erase_payload(event=events[0], reason="asked for")
    deliver_due()
    first, second, erasure = (json.loads(line) for line in path.read_bytes().splitlines())
    assert "payload" not in first
    assert second["payload"] == {"question": "问题 1?"}
    assert erasure["payload"]["reason"] == "asked for"


def test_a_place_that_refuses_gets_everything_later_and_once(outputs, caplog: pytest.LogCaptureFixture) -> None:
    with http_server() as server:
        outputs({"name": "siem", "sends": "events", "kind": "http", "url": server.url})
        server.status = 503
        record_some(3)
        assert deliver_due() == 0
        assert "answered 503" in caplog.text
        assert (OutputState.objects.get().sequence, OutputState.objects.get().failures) == (0, 1)
        server.status, server.requests = 200, []
        record_some(1)
        assert deliver_due() == 0  # it is left alone for a while
        assert server.requests == []
        assert deliver_due(now=timezone.now() + LATER) == 1
        [(_path, _headers, body)] = server.requests
        assert [json.loads(line)["sequence"] for line in body.splitlines()] == [1, 2, 3, 4]
        assert (OutputState.objects.get().error, OutputState.objects.get().failures) == ("", 0)


def test_what_another_worker_sends_is_left_to_it(outputs, tmp_path: Path) -> None:
    outputs({"name": "file", "sends": "events", "kind": "file", "path": str(tmp_path / "events.jsonl")})
    record_some(1)
    OutputState.objects.create(name="file", leased_until=timezone.now() + timedelta(minutes=1))
    assert deliver_due() == 0
    assert deliver_due(now=timezone.now() + LATER) == 1  # it was killed


def test_syslog_over_tls_gets_messages_as_the_rfc_has_them(outputs, tmp_path: Path) -> None:
    with syslog_server(tmp_path) as server:
        place = {"kind": "syslog", "host": "127.0.0.1", "port": server.port, "ca_file": str(tmp_path / "ca.pem")}
        outputs({"name": "siem", "sends": "events", **place})
        record_some(3)
        assert deliver_due() == 1
        [content] = server.received
    messages = messages_of(content)
    for number, message in enumerate(messages, start=1):
        head, _mark, line = message.partition(b"\xef\xbb\xbf")
        assert re.fullmatch(rb"<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ attest - events - ", head)
        assert json.loads(line)["sequence"] == number
    assert len(messages) == 3


def test_a_connection_that_breaks_has_taken_nothing(outputs, tmp_path: Path) -> None:
    with syslog_server(tmp_path) as server:
        place = {"kind": "syslog", "host": "127.0.0.1", "port": server.port, "ca_file": str(tmp_path / "ca.pem")}
        outputs({"name": "siem", "sends": "events", **place})
        record_some(40)
        server.breaks_after = 2000
        assert deliver_due() == 0
        assert OutputState.objects.get().sequence == 0
        server.breaks_after = None
        assert deliver_due(now=timezone.now() + LATER) == 1
        assert len(messages_of(server.received[0])) == 40


def test_a_server_whose_certificate_nobody_knows_gets_nothing(outputs, tmp_path: Path) -> None:
    with syslog_server(tmp_path) as server:
        outputs({"name": "siem", "sends": "events", "kind": "syslog", "host": "127.0.0.1", "port": server.port})
        record_some(1)
        assert deliver_due() == 0
        assert "CERTIFICATE_VERIFY_FAILED" in OutputState.objects.get().error
        assert server.received == []


# --- what is late, and the file ---


def test_a_place_that_waits_too_long_is_late(outputs, tmp_path: Path) -> None:
    path = str(tmp_path / "file" / "x")
    (tmp_path / "file").write_text("in the way")
    outputs({"name": "vault", "sends": "checkpoints", "kind": "file", "path": path, "late_after_s": 0.001})
    assert [(standing.waiting, standing.is_late) for standing in read_standings()] == [(0, False)]
    record_some(2)
    deliver_due()
    [standing] = read_standings()
    assert (standing.waiting, standing.is_late, standing.sent_at) == (2, True, None)
    assert "cannot be written" in standing.error


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ("{}", "must hold a list"),
        ('[{"name": "a", "sends": "events", "kind": "fax"}]', "kind must be one of"),
        ('[{"name": "a", "sends": "events", "kind": "file"}]', "path is missing"),
        ('[{"name": "A b", "sends": "events", "kind": "file", "path": "x"}]', "name must be"),
        ('[{"name": "a", "sends": "mail", "kind": "file", "path": "x"}]', "sends must be"),
        ('[{"name": "a", "sends": "events", "kind": "file", "path": 3}]', "path is 3"),
        ('[{"name": "a", "sends": "events", "kind": "file", "path": "x", "every_s": -1}]', "every_s is -1"),
        ('[{"name": "a", "sends": "events", "kind": "file", "path": "x", "port": 3}]', "port means nothing"),
        ('[{"name": "a", "sends": "events", "kind": "http", "url": "ftp://x"}]', "url must be an address"),
        (
            '[{"name": "a", "sends": "events", "kind": "s3", "endpoint": "https://x", "bucket": "b", "access_key": "k",'
            ' "secret_key_file": "f"}]',
            "a bucket takes checkpoints",
        ),
        (json.dumps([{"name": "a", "sends": "events", "kind": "file", "path": "x"}] * 2), "two places of one name"),
    ],
)
def test_a_bad_file_stops_the_start_with_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "outputs.json").write_text(content)
    with pytest.raises(OutputInvalid, match=sentence):
        read_outputs(str(tmp_path / "outputs.json"))


def test_beat_delivers() -> None:
    assert read_outputs("") == ()
    assert app.conf.beat_schedule["deliver"]["task"] == deliver.name
