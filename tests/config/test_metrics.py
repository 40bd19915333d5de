"""/metrics: what Prometheus reads is valid, is what happened, and costs the same however much has happened."""

import ipaddress
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from audit.actor import Actor
from audit.models import ChainHead, Event, Payload
from audit.services import record, write_checkpoint
from chat.errors import ChatError
from chat.flow.running import ask
from gateway.errors import ModelTimeout
from gateway.models import ModelCall, ServedModel
from ingest.measuring import count_library
from ingest.models import Job
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from metrics.buffer import get_buffer
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, dependencies_with

pytestmark = pytest.mark.django_db
KINDS = {"counter", "gauge", "histogram"}
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def audit_root(settings: Any, tmp_path: Any) -> None:
    settings.AUDIT_ROOT = tmp_path / "audit"


@pytest.fixture(autouse=True)
def own_buffer() -> Iterator[None]:
    """What other tests asked is not counted here."""
    get_buffer.cache_clear()
    yield
    get_buffer.cache_clear()


def read_families(client: Client) -> dict[str, Metric]:
    response = client.get("/metrics")
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return {family.name: family for family in text_string_to_metric_families(response.content.decode())}


def read_series(client: Client) -> Series:
    samples = [sample for family in read_families(client).values() for sample in family.samples]
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    assert len(found) == len(samples)  # no series twice
    return found


def value(series: Series, name: str, **labels: str) -> float:
    return series[name, tuple(sorted(labels.items()))]


def test_every_family_is_valid_and_has_its_kind_and_words(client: Client, collection: Collection, employee: User) -> None:
    add_document(collection, "leave.md", LEAVE)
    ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(f"{SIX_HOURS} [1]")))
    count_library()
    write_checkpoint()
    client.get("/nowhere/")
    families = read_families(client)
    for name, family in families.items():
        assert name.startswith("attest_")
        assert family.type in KINDS, name
        assert family.documentation, name
        if family.type == "counter":
            assert {sample.name for sample in family.samples} <= {f"{name}_total"}
        if family.type == "histogram":
            assert_is_histogram(family)
    assert {family.type for family in families.values()} == KINDS
    assert len({name for name, family in families.items() if family.samples}) > 10


def assert_is_histogram(family: Metric) -> None:
    """Buckets rise with their bounds, the last one is all."""
    by_labels: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    counts = {}
    for sample in family.samples:
        labels = dict(sample.labels)
        bound = labels.pop("le", "")
        key = tuple(sorted(labels.items()))
        if sample.name.endswith("_bucket"):
            by_labels.setdefault(key, []).append((float(bound), sample.value))
        elif sample.name.endswith("_count"):
            counts[key] = sample.value
    for key, buckets in by_labels.items():
        assert buckets == sorted(buckets)
        assert [count for _bound, count in buckets] == sorted(count for _bound, count in buckets)
        assert buckets[-1] == (float("inf"), counts[key])


def test_questions_are_counted_by_how_they_ended_and_how_long_each_step_took(
    client: Client, collection: Collection, employee: User
) -> None:
    add_document(collection, "leave.md", LEAVE)
    written = ScriptedModel(f"{SIX_HOURS} [1] {SIX_HOURS.replace('6', '9')} [1]")
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(written))
    refused = ask("What is the capital of Atlantis?", user=employee, dependencies=dependencies_with(None))
    assert (str(answer.outcome), answer.withheld, str(refused.outcome)) == ("answered", 1, "refused")
    series = read_series(client)
    assert value(series, "attest_questions_total", outcome="answered", via="command") == 1
    assert value(series, "attest_questions_total", outcome="refused", via="command") == 1
    assert value(series, "attest_refusals_total", reason=refused.reason) == 1
    assert value(series, "attest_sentences_total", verdict="withheld") == 1
    assert value(series, "attest_sentences_total", verdict="supported") == 1
    assert sum(count for (name, _labels), count in series.items() if name == "attest_sentences_withheld_total") == 1
    assert value(series, "attest_answer_seconds_count", outcome="answered") == 1
    assert value(series, "attest_answer_seconds_sum", outcome="answered") == pytest.approx(answer.timings_ms["total"] / 1000)
    assert value(series, "attest_first_sentence_seconds_count", outcome="answered") == 1
    first_s = value(series, "attest_first_sentence_seconds_sum", outcome="answered")
    assert first_s == pytest.approx(answer.timings_ms["first_sentence"] / 1000)
    for stage in ("scope", "search", "evidence", "sufficiency", "route", "verify", "model_first_token"):
        assert value(series, "attest_stage_seconds_count", stage=stage, outcome="answered") == 1, stage
    assert value(series, "attest_stage_seconds_count", stage="search", outcome="refused") == 1
    assert ("attest_first_sentence_seconds_count", (("outcome", "refused"),)) not in series


def test_failures_and_fall_backs_are_counted_by_their_codes(client: Client, collection: Collection, employee: User) -> None:
    def explode(_position: int) -> None:
        raise ZeroDivisionError

    def be_late(_position: int) -> None:
        raise ModelTimeout

    add_document(collection, "leave.md", LEAVE)
    with pytest.raises(ChatError):
        ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel("Nothing.", before=explode)))
    ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel("Nothing.", before=be_late)))
    series = read_series(client)
    assert value(series, "attest_questions_total", outcome="failed", via="command") == 1
    assert value(series, "attest_question_failures_total", code=ChatError.code) == 1
    assert value(series, "attest_fallbacks_total", code="model_timeout") == 1


def test_counts_are_those_of_the_audit_though_the_process_dies(client: Client, collection: Collection, employee: User) -> None:
    add_document(collection, "leave.md", LEAVE)
    for _ in range(2):
        ask(QUESTION, user=employee, dependencies=dependencies_with(None))
        get_buffer.cache_clear()  # as a process that was killed leaves it
    series = read_series(client)
    counted = sum(count for (name, _labels), count in series.items() if name == "attest_questions_total")
    assert counted == Event.objects.filter(action__startswith="question.").count() == 2
    assert value(series, "attest_audit_events_total") == ChainHead.objects.get().sequence


def test_requests_are_timed_by_the_name_of_their_address(client: Client, employee: User) -> None:
    client.force_login(employee)
    for address in ("/", "/", "/library/documents/00000000-0000-4000-8000-000000000000/", "/nowhere/erin/", "/api/v1/collections"):
        client.get(address)
    first = read_series(client)
    second = read_series(client)
    assert value(first, "attest_request_seconds_count", route="chat:home", status="2xx") == 2
    assert value(first, "attest_request_seconds_count", route="kb:document", status="4xx") == 1
    assert value(first, "attest_request_seconds_count", route="none", status="4xx") == 1
    assert value(first, "attest_request_seconds_count", route="api:list_collections", status="2xx") == 1
    assert value(second, "attest_request_seconds_count", route="metrics", status="2xx") == 1
    for (name, labels), before in first.items():
        if name.endswith(("_total", "_count", "_bucket", "_sum")):
            assert second[name, labels] >= before


def test_the_age_of_what_waits_is_measured(client: Client, collection: Collection) -> None:
    version = add_version(collection, 0)
    job = Job.objects.create(version=version)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=90))
    model = ServedModel.objects.create(name="small", base_url="http://127.0.0.1:9/v1")
    now = timezone.now()
    ModelCall.objects.create(
        model=model, state="waiting", created_at=now - timedelta(seconds=7), expires_at=now + timedelta(seconds=60)
    )
    series = read_series(client)
    assert value(series, "attest_jobs", kind="ingest", state="waiting") == 1
    assert value(series, "attest_oldest_job_seconds", kind="ingest", state="waiting") == pytest.approx(90, abs=30)
    assert value(series, "attest_model_waiting", model="small") == 1
    assert value(series, "attest_model_oldest_waiting_seconds", model="small") == pytest.approx(7, abs=5)


def test_the_head_of_the_audit_and_its_signature(client: Client) -> None:
    for _ in range(3):
        record("source.viewed")
    write_checkpoint()
    record("source.viewed")
    series = read_series(client)
    assert value(series, "attest_audit_events_total") == 4
    assert value(series, "attest_audit_checkpoint_sequence") == 3
    assert 0 <= value(series, "attest_audit_checkpoint_age_seconds") < 600


def test_nothing_about_people_is_exposed(client: Client, employee: User) -> None:
    record("question.answered", by=Actor(name="erin"), summary="My secret question?", payload={"question": "My secret question?"})
    client.force_login(employee)
    client.get("/library/?q=secret")
    text = client.get("/metrics").content.decode()
    assert "secret" not in text
    assert not re.search(r"\berin\b", text)


def test_metrics_are_for_this_machine_or_for_the_bearer_of_the_token(client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 404
    settings.TRUSTED_PROXIES = (ipaddress.ip_network("10.0.0.9"),)
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, REMOTE_ADDR="10.0.0.9").status_code == 404
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer s3cret"}, REMOTE_ADDR="10.0.0.9").status_code == 200


# --- what it costs ----------------------------------------------------------------------------------------------------------


def add_version(collection: Collection, number: int) -> DocumentVersion:
    document = Document.objects.create(collection=collection, name=f"{number}.md", title=str(number))
    return DocumentVersion.objects.create(
        document=document, number=1, sha256=f"{number:064d}", size=1, media_type="text/markdown", storage_path="none"
    )


def fill(collection: Collection, count: int) -> None:
    """Add `count` events, ended jobs, passages and ended calls of each of three models, as a busy installation has them."""
    first, now = Event.objects.count() + 1, timezone.now()
    sequences = range(first, first + count)
    events = Event.objects.bulk_create(
        Event(sequence=n, at=now, action="question.answered", payload_hash="0" * 64, previous_hash="0" * 64, hash=f"{n:064d}")
        for n in sequences
    )
    Payload.objects.bulk_create(Payload(event=event, body="{}") for event in events)
    ChainHead.objects.update_or_create(pk=1, defaults={"sequence": first + count - 1})
    version = add_version(collection, first)
    page = Page.objects.create(version=version, number=1)
    Chunk.objects.bulk_create(
        Chunk(id=n, version=version, ordinal=n, page=page, start=0, end=1, text="x", text_hash="0" * 64) for n in sequences
    )
    Job.objects.bulk_create(Job(version=version, state=Job.State.DONE, finished_at=now) for _ in sequences)
    for name in ("a", "b", "c"):
        model, _is_new = ServedModel.objects.get_or_create(name=name, defaults={"base_url": "http://127.0.0.1:9/v1"})
        ModelCall.objects.bulk_create(
            ModelCall(
                model=model,
                state="failed" if n % 5 == 0 else "done",
                created_at=now,
                expires_at=now,
                finished_at=now + timedelta(milliseconds=n),
            )
            for n in sequences
        )


def capture(client: Client) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read_series(client)
    return [query["sql"] for query in captured.captured_queries]


def scanned_tables(statements: list[str]) -> set[str]:
    """The tables of which a statement reads every row, as SQLite plans it."""
    found = set()
    with connection.cursor() as cursor:
        for statement in statements:
            if statement.startswith(("SELECT", "INSERT")):
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                found |= {match[1] for row in cursor.fetchall() if (match := re.match(r'SCAN "?(\w+)', row[-1].strip()))}
    return found


def test_it_asks_and_reads_as_much_after_ten_thousand_events_as_after_ten(client: Client, collection: Collection) -> None:
    fill(collection, 10)
    read_series(client)  # the request before it is counted at each
    few = capture(client)
    fill(collection, 10_000)
    many = capture(client)
    assert len(few) == len(many) <= 12
    joined = " ".join(many)
    for table in ("audit_event", "audit_payload", "kb_chunk", "kb_documentversion", "chat_turn"):
        assert f'"{table}"' not in joined
    if connection.vendor == "sqlite":
        assert scanned_tables(many) <= {
            "metrics_tally",
            "gateway_servedmodel",
            "audit_chainhead",
            "sources_source",
            "sources_sqlsource",
            "U0",
        }


def test_models_are_judged_by_their_last_calls_however_many_there_are(client: Client, collection: Collection) -> None:
    fill(collection, 1_000)
    last = timezone.now() + timedelta(hours=1)
    ModelCall.objects.filter(model__name="a", state="done").update(first_token_ms=9_000)
    for number in range(50):
        row = ServedModel.objects.get(name="a")
        ModelCall.objects.create(
            model=row,
            state="done",
            created_at=last,
            expires_at=last,
            finished_at=last + timedelta(seconds=number),
            first_token_ms=250,
        )
    assert value(read_series(client), "attest_model_first_token_seconds", model="a") == 0.25


def test_the_library_is_counted_in_the_background(client: Client, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE)
    DocumentVersion.objects.update(chunk_count=7)
    assert value(read_series(client), "attest_chunks") == 0
    count_library()
    series = read_series(client)
    assert value(series, "attest_chunks") == 7
    assert value(series, "attest_document_versions", status="indexed") == 1
