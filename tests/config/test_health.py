"""What machines ask: alive, ready."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from ingest.stages.chunking import CUTTING
from kb.index.completeness import compare
from kb.index.engine import find_encoder, get_engine
from kb.models import Collection, Edition, IndexState
from system import readiness
from tests.kb.indexing import index_document

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
        [last] = MigrationLoader(connection).graph.leaf_nodes("audit")
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", last)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "checks": {"database": False, "files": True, "space": True}, "complaints": []}


def test_not_ready_without_its_folder(client: Client, settings, tmp_path) -> None:
    settings.ATTEST_HOME = tmp_path / "gone"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": True,
        "files": False,
        "space": False,
        "index": True,
        "encoder": True,
        "warm": True,
    }


def test_an_encoder_that_is_gone_is_complained_about(client: Client, settings, tmp_path) -> None:
    edition = {"number": 1, "state": "serving", "embedder": settings.EMBEDDER, "cutting": CUTTING, "folder": "gone"}
    Edition.objects.create(encoder="gone-1234", **edition)
    (gone, other) = client.get("/readyz").json()["complaints"]
    assert "The encoder gone-1234 that the index was made with is gone" in gone
    assert "manage.py reindex" in other
    Edition.objects.update(encoder=find_encoder(settings.EMBEDDER).fingerprint)
    assert client.get("/readyz").json()["complaints"] == []
    settings.EMBEDDER = str(tmp_path / "nothing")
    (complaint,) = client.get("/readyz").json()["complaints"]
    assert complaint.startswith("ATTEST_EMBEDDER: ")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_answered_under_any_host_while_pages_are_not(client: Client, settings, path: str) -> None:
    """A container's health check asks 127.0.0.1, whatever ATTEST_ALLOWED_HOSTS says."""
    settings.ALLOWED_HOSTS = ["attest.example"]
    for host in ("127.0.0.1:8000", "10.0.0.7", "nonsense host"):
        response = client.get(path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        assert response.status_code == 200, host
        assert host not in response.content.decode()
    for other in (f"{path}/", f"{path}x", f"/library{path}", "/accounts/login/", "/api/v1/collections", "/"):
        assert client.get(other, headers={"Host": "127.0.0.1:8000"}).status_code == 400, other
    assert client.get("/accounts/login/", headers={"Host": "attest.example"}).status_code == 200


def test_probes_are_answered_behind_tls_without_a_redirect(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["attest.example"], True
    assert client.get("/readyz", headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert client.post("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 405


# --- retrieval ---


def checks(client: Client) -> tuple[int, dict[str, bool]]:
    response = client.get("/readyz")
    return response.status_code, {name: value for name, value in response.json()["checks"].items() if not value}


def test_not_ready_while_the_index_is_empty_beside_a_full_database(
    client: Client, settings, tmp_path: Path, collection: Collection
) -> None:
    settings.INDEX_ROOT = tmp_path / "index"
    assert checks(client) == (200, {})  # nothing was uploaded yet
    engine = get_engine()
    document = index_document(engine, collection, "rules.md", ["Rule 1.", "Rule 2."])
    assert checks(client) == (200, {})
    other = index_document(engine, collection, "more.md", ["Rule 3.", "Rule 4."])
    engine.writer.publish([], remove_versions=[other.current_version_id])
    compare(engine=engine)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)  # most of it answers
    (complaint,) = response.json()["complaints"]
    assert complaint.startswith("The index lacks passages (50% are there) and is being rebuilt")
    IndexState.objects.update(wanted=1000, present=999)
    (complaint,) = client.get("/readyz").json()["complaints"]
    assert complaint.startswith("The index lacks passages (99% are there)")  # never all of them
    engine.writer.publish([], remove_versions=[document.current_version_id])
    assert checks(client) == (503, {"index": False})


def test_not_ready_while_the_search_server_is_unavailable(client: Client, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LIMIT_S", 0.5)
    settings.RETRIEVAL_URL = "milvus://127.0.0.1:1"
    assert checks(client) == (503, {"index": False})
    settings.RETRIEVAL_URL = "local"
    assert checks(client) == (200, {})


class Encoder(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"data": [{"index": 0, "embedding": [0.6, 0.8]}], "model": "m"}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        """Nothing: the test's output is pytest's."""


@pytest.fixture
def encoder_server() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Encoder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_not_ready_while_the_encoders_server_refuses(
    client: Client, settings, encoder_server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBEDDER = f"http://127.0.0.1:{encoder_server.server_port}/v1#m"
    assert checks(client) == (200, {})
    monkeypatch.setattr(Encoder, "status", 500)
    assert checks(client) == (503, {"encoder": False})


def test_not_ready_until_the_first_question_would_not_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    warmth = readiness.Warmth()
    monkeypatch.setattr(readiness, "WARMTH", warmth)
    assert checks(client) == (200, {})  # a process that does not warm up, as in this test
    warmth.begin()
    assert checks(client) == (503, {"warm": False})
    warmth.finish()
    assert checks(client) == (200, {})
