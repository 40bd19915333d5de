"""What machines ask: alive, ready, metrics; and who may."""

import pytest
from django.db import connection
from django.test import Client

from audit.services import record
from ingest.chunking import CUTTING
from kb.engine import find_encoder
from kb.models import Edition

pytestmark = pytest.mark.django_db


def test_alive_answers_without_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_ready_when_all_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)


def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit' AND name = '0003_facts'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "checks": {"database": False, "files": True, "space": True}, "complaints": []}


def test_not_ready_without_its_folder(client: Client, settings, tmp_path) -> None:
    settings.ATTEST_HOME = tmp_path / "gone"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "files": False, "space": False}


def test_metrics_count_and_tell_nothing_else(client: Client) -> None:
    record("question.answered", actor_name="erin", summary="My secret question?", payload={"question": "My secret question?"})
    record("question.refused", summary="x")
    text = client.get("/metrics").content.decode()
    assert 'attest_questions{outcome="answered"} 1.0' in text
    assert 'attest_questions{outcome="refused"} 1.0' in text
    assert "attest_audit_events 2.0" in text
    assert "secret" not in text
    assert "erin" not in text


def test_metrics_are_for_this_machine_or_for_the_bearer_of_the_token(client: Client, settings) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 404
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer s3cret"}, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_an_encoder_that_is_gone_is_complained_about(client: Client, settings, tmp_path) -> None:
    edition = {"number": 1, "state": "serving", "embedder": "bundled", "cutting": CUTTING, "folder": "gone"}
    Edition.objects.create(encoder="gone-1234", **edition)
    (gone, other) = client.get("/readyz").json()["complaints"]
    assert "The encoder gone-1234 that the index was made with is gone" in gone
    assert "manage.py reindex" in other
    Edition.objects.update(encoder=find_encoder("bundled").fingerprint)
    assert client.get("/readyz").json()["complaints"] == []
    settings.EMBEDDER = str(tmp_path / "nothing")
    (complaint,) = client.get("/readyz").json()["complaints"]
    assert complaint.startswith("ATTEST_EMBEDDER: ")
