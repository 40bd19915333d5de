"""The pages where models are connected and routes are laid."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from gateway.models import ENVIRONMENT, ModelCall, Route, ServedModel
from gateway.queue.breaker import BreakerState
from gateway.queue.calls import Outcome, enter_queue, finish_call, read_breaker
from kb.models import Collection
from tests.gateway.fake_server import FakeServer, running_fake_server
from tests.gateway.served_models import lay_route, serve

FIELDS = {
    "name": "llama",
    "base_url": "http://127.0.0.1:8100/v1/",
    "served_name": "meta-llama/Llama-3.1-8B-Instruct",
    "is_enabled": "on",
    "context_tokens": "8192",
    "max_answer_tokens": "700",
    "temperature": "0",
    "extra": "{}",
    "style": "markers",
    "price_in": "0",
    "price_out": "0",
    "weight": "100",
    "first_token_timeout_s": "30",
    "total_timeout_s": "180",
    "max_concurrent": "64",
}


@pytest.fixture
def admin(client: Client, knowledge_admin: User) -> Client:
    client.force_login(knowledge_admin)
    return client


@pytest.fixture
def fake_server() -> Any:
    with running_fake_server() as fake:
        yield fake


def errors(response: Any) -> str:
    assert response.status_code == 422
    return str(response.context["form"].errors)


def follow(client: Client, address: str, fields: dict[str, Any] | None = None) -> str:
    response = client.post(address, fields or {}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_without_a_model_the_page_says_what_answers_instead(admin: Client) -> None:
    page = admin.get("/models/").content.decode()
    assert "Answers quote the documents verbatim" in page
    assert "/models/routes/new/" not in page


def test_a_model_is_connected_and_its_key_is_nowhere_to_be_read(admin: Client) -> None:
    page = follow(admin, "/models/new/", FIELDS | {"key": "sk-very-secret", "extra": '{"top_p": 0.9}'})
    row = ServedModel.objects.get()
    assert (row.base_url, row.extra, row.read_key()) == ("http://127.0.0.1:8100/v1", {"top_p": 0.9}, "sk-very-secret")
    assert "llama" in page
    form = admin.get(f"/models/{row.pk}/").content.decode()
    event = Event.objects.get(action="model.created")
    for text in (page, form, event.payload.body, row.sealed_key):
        assert "sk-very-secret" not in text
    assert json.loads(event.payload.body)["payload"]["has_key"] is True
    assert row.sealed_key not in form


def test_a_key_that_is_left_empty_stays_and_a_new_one_replaces_it(admin: Client) -> None:
    follow(admin, "/models/new/", FIELDS | {"key": "first"})
    row = ServedModel.objects.get()
    follow(admin, f"/models/{row.pk}/", FIELDS | {"weight": "50"})
    row.refresh_from_db()
    assert (row.weight, row.read_key()) == (50, "first")
    follow(admin, f"/models/{row.pk}/", FIELDS | {"key": "second"})
    row.refresh_from_db()
    assert row.read_key() == "second"
    follow(admin, f"/models/{row.pk}/", FIELDS | {"forgets_key": "on"})
    row.refresh_from_db()
    assert row.read_key() == ""


def test_a_key_never_goes_to_another_server(admin: Client) -> None:
    follow(admin, "/models/new/", FIELDS | {"key": "of the first server"})
    row = ServedModel.objects.get()
    follow(admin, f"/models/{row.pk}/", FIELDS | {"base_url": "http://127.0.0.1:8100/v2"})
    row.refresh_from_db()
    assert row.read_key() == "of the first server"
    follow(admin, f"/models/{row.pk}/", FIELDS | {"base_url": "http://elsewhere.example/v1"})
    row.refresh_from_db()
    assert row.read_key() == ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"base_url": "ftp://x/v1"}, "such as http://"),
        ({"base_url": "http://user:secret@host/v1"}, "without a key"),
        ({"base_url": "http://"}, "such as http://"),
        ({"extra": "[1]"}, "JSON object"),
        ({"extra": "{"}, "valid JSON"),
        ({"extra": '{"stream": false}'}, "Attest sets these options itself: stream"),
        ({"name": ENVIRONMENT}, "the environment sets"),
        ({"temperature": "3"}, "less than or equal to 2"),
        ({"context_tokens": "10"}, "greater than or equal to 512"),
        ({"weight": "0"}, "greater than or equal to 1"),
        ({"key_variable": "LLM_NO_SUCH_KEY"}, "This environment variable is not set"),
        ({"key_variable": "PATH"}, "must begin with LLM_"),
        ({"key_variable": "ATTEST_SECRET_KEY"}, "must begin with LLM_"),
    ],
)
def test_bad_fields_are_said_at_the_form(admin: Client, fields: dict[str, str], message: str) -> None:
    assert message in errors(admin.post("/models/new/", FIELDS | fields))
    assert not ServedModel.objects.exists()


def test_the_model_of_the_environment_is_changed_where_it_is_set(admin: Client, settings: Any) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:8100/v1", "llama"
    assert ENVIRONMENT in admin.get("/models/").content.decode()
    row = ServedModel.objects.get()
    follow(admin, f"/models/{row.pk}/", FIELDS | {"name": "x", "base_url": "http://elsewhere/v1", "price_in": "2"})
    row.refresh_from_db()
    assert (row.name, row.base_url, str(row.price_in)) == (ENVIRONMENT, "http://127.0.0.1:8100/v1", "2.0000")


def test_the_test_button_says_whether_it_answers_and_closes_the_breaker(admin: Client, fake_server: FakeServer) -> None:
    row = serve(fake_server)
    for _ in range(3):
        finish_call(enter_queue(row, user=""), Outcome(error_code="model_faulty", total_ms=1.0))
    assert "Suspended" in admin.get("/models/").content.decode()
    page = follow(admin, f"/models/{row.pk}/test/")
    assert "plain works: first token after" in page
    row.refresh_from_db()
    assert read_breaker(row).state == BreakerState.CLOSED
    assert "Suspended" not in page


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        ("unauthorized", "The server rejected the key"),
        ("unknown-model", "The server rejected the request"),
        ("empty", "The model returned no text"),
    ],
)
def test_the_test_button_says_what_is_wrong(admin: Client, fake_server: FakeServer, dialect: str, words: str) -> None:
    page = follow(admin, f"/models/{serve(fake_server, dialect).pk}/test/")
    assert "does not work" in page
    assert words in page


@pytest.mark.parametrize("dialect", ["telltale", "unknown-model", "unauthorized", "fault"])
def test_the_test_button_shows_no_word_of_the_server(
    admin: Client, fake_server: FakeServer, dialect: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="gateway.services")
    row = serve(fake_server, dialect)
    row.set_key("sk-very-secret")
    row.save()
    page = follow(admin, f"/models/{row.pk}/test/")
    assert "does not work" in page
    for words in ("Incorrect key", "sk-very-secret", "The model does not exist", "Unauthorized", "Internal Server Error"):
        assert words not in page
    (line,) = [record.getMessage() for record in caplog.records if record.name == "gateway.services"]
    assert "sk-very-secret" not in line
    if dialect == "unknown-model":
        assert "The model does not exist" in line


def test_the_page_shows_what_runs_what_waits_and_how_fast(admin: Client, fake_server: FakeServer) -> None:
    row = serve(fake_server, max_concurrent=1, is_external=True)
    finish_call(enter_queue(row, user=""), Outcome(error_code="", first_token_ms=120.0, total_ms=900.0))
    finish_call(enter_queue(row, user=""), Outcome(error_code="model_timeout", total_ms=900.0))
    enter_queue(row, user="a"), enter_queue(row, user="b")
    page = " ".join(admin.get("/models/").content.decode().split())
    for words in ("1 / 1", "1 waiting", "120 ms", "complete: 900 ms", "1 failed", "The request timed out.", "External"):
        assert words in page


def test_a_model_is_taken_out_of_use_and_back(admin: Client, fake_server: FakeServer) -> None:
    row = serve(fake_server)
    assert "Disabled" in follow(admin, f"/models/{row.pk}/switch/")
    row.refresh_from_db()
    assert not row.is_enabled
    follow(admin, f"/models/{row.pk}/switch/")
    row.refresh_from_db()
    assert row.is_enabled


def test_a_route_is_laid_changed_and_deleted(admin: Client, fake_server: FakeServer, collection: Collection) -> None:
    small, large, spare = (serve(fake_server, name) for name in ("small", "large", "spare"))
    fields = {
        "name": "Chinese policies",
        "position": "5",
        "is_enabled": "on",
        "collections": [collection.pk],
        "question_classes": ["duration"],
        "complexity": "complex",
        "language": "zh",
        "primaries": [large.pk],
        "canary": spare.pk,
        "canary_percent": "5",
        "fallback_1": small.pk,
        "fallback_2": small.pk,
        "fallback_3": spare.pk,
    }
    page = " ".join(follow(admin, "/models/routes/new/", fields).split())
    for words in ("Chinese policies", "Handbook", "Duration", "Complex", "5 % to spare"):
        assert words in page
    route = Route.objects.get()
    assert [step.model for step in route.steps.all()] == [small, spare]
    payload = json.loads(Event.objects.get(action="route.created").payload.body)["payload"]
    assert (payload["primaries"], payload["canary"], payload["fallbacks"]) == (["large"], "spare", ["small", "spare"])
    follow(admin, f"/models/routes/{route.pk}/", fields | {"fallback_1": "", "fallback_2": "", "fallback_3": ""})
    assert not route.steps.exists()
    follow(admin, f"/models/routes/{route.pk}/delete/")
    assert not Route.objects.exists()
    assert ServedModel.objects.count() == 3


def test_a_deleted_collection_is_no_condition_to_choose_and_its_route_says_so(
    admin: Client, fake_server: FakeServer, collection: Collection
) -> None:
    Collection.objects.create(name="Kept", slug="kept")
    gone = Collection.objects.create(name="Gone", slug="gone-1", deleted_at=timezone.now())
    route = Route.objects.create(name="r", position=1)
    route.collections.set([collection, gone])
    assert "Gone" not in admin.get("/models/routes/new/").content.decode()
    page = admin.get(f"/models/routes/{route.pk}/").content.decode()
    assert f'value="{gone.pk}"' not in page.partition('name="question_classes"')[0]
    assert "Deleted since: Gone." in page
    fields = {"name": "r", "position": "1", "primaries": [serve(fake_server).pk], "canary_percent": "0"}
    refused = admin.post(f"/models/routes/{route.pk}/", fields | {"collections": [gone.pk]})
    assert refused.status_code == 422
    follow(admin, f"/models/routes/{route.pk}/", fields | {"collections": [collection.pk]})
    assert list(route.collections.all()) == [collection]


def test_a_share_needs_a_canary(admin: Client, fake_server: FakeServer) -> None:
    fields = {"name": "r", "position": "1", "primaries": [serve(fake_server).pk], "canary_percent": "5"}
    assert "Choose the canary model" in errors(admin.post("/models/routes/new/", fields))
    assert not Route.objects.exists()


def test_calls_are_kept_for_a_week(admin: Client, fake_server: FakeServer) -> None:
    row = serve(fake_server)
    for _ in range(99):
        finish_call(enter_queue(row, user=""), Outcome(error_code="", total_ms=1.0))
    ModelCall.objects.update(finished_at=timezone.now() - timedelta(days=8))
    too_old = ModelCall.objects.filter(finished_at__lt=timezone.now() - timedelta(days=7))
    while too_old.exists():
        finish_call(enter_queue(row, user=""), Outcome(error_code="", total_ms=1.0))
        assert ServedModel.objects.get().calls_total < 250
    assert ModelCall.objects.exists()


def test_the_metrics_have_every_model(client: Client, db: None, fake_server: FakeServer) -> None:
    row = serve(fake_server, "small")
    lay_route(row)
    finish_call(enter_queue(row, user=""), Outcome(error_code="", first_token_ms=250.0, total_ms=900.0))
    enter_queue(row, user="")
    text = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    for line in (
        'attest_model_running{model="small"} 1.0',
        'attest_model_waiting{model="small"} 0.0',
        'attest_model_suspended{model="small"} 0.0',
        'attest_model_first_token_seconds{model="small"} 0.25',
        'attest_model_calls_total{model="small"} 1.0',
        'attest_model_failures_total{model="small"} 0.0',
    ):
        assert line in text


def test_a_route_without_any_model_says_so_and_speaks_of_no_groups(knowledge_admin: User) -> None:
    client = Client()
    client.force_login(knowledge_admin)
    page = client.get("/models/routes/new/").content.decode()
    assert "No model is connected yet." in page
    assert "There are no groups yet." not in page
