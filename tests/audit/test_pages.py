"""The audit's pages: who sees them, what the filters find, what a receipt shows, and that reading is on record."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from audit.life.erasure import erase_payload
from audit.looking import search
from audit.models import Event, Reading
from audit.services import record, write_checkpoint
from audit.tasks import complete_readings
from tests.audit.receipts import TEXT, receipt_payload
from tests.confirmed import confirmed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]


@pytest.fixture
def reader(client: Client, auditor: User) -> Client:
    client.force_login(auditor)
    return client


@pytest.fixture
def question(employee: User) -> Event:
    payload = receipt_payload()
    return record(
        "question.answered",
        by=Actor(id=str(employee.pk), name="erin"),
        subject="turn:33333333-3333-4333-8333-333333333333",
        summary=payload["question"],
        payload=payload,
    )


def at(event: Event, moment: datetime) -> None:
    """Set the clock of an event, as only a test may."""
    models.QuerySet(Event).filter(pk=event.pk).update(at=moment)


def listed(reader: Client, query: str) -> list[str]:
    response = reader.get(f"/audit/?{query}")
    assert response.status_code == 200
    return [event.summary for event, _model in response.context["rows"]]


@pytest.mark.parametrize("path", ["", "export.csv", "integrity/", "checkpoints.jsonl", "signing_key.pub"])
def test_everyone_but_auditors_gets_404_and_anonymous_the_sign_in(
    client: Client, path: str, request: pytest.FixtureRequest
) -> None:
    record("a.b")
    write_checkpoint()
    assert client.get(f"/audit/{path}").status_code == 302
    for name in ("employee", "knowledge_admin"):
        client.force_login(request.getfixturevalue(name))
        assert client.get(f"/audit/{path}").status_code == 404
    client.force_login(request.getfixturevalue("auditor"))
    confirmed(client)
    assert client.get(f"/audit/{path}").status_code == 200


def test_a_receipt_is_for_auditors_alone_even_one_of_ones_own(client: Client, employee: User, question: Event) -> None:
    for path in (f"/audit/receipts/{question.uid}/", f"/audit/receipts/{question.uid}/payload.json"):
        client.logout()
        assert client.get(path).status_code == 302
        client.force_login(employee)
        assert client.get(path).status_code == 404
    assert Event.objects.count() == 1


def test_the_list_shows_questions_first_with_person_outcome_and_model(reader: Client, question: Event) -> None:
    record("document.uploaded", summary="leave.md")
    response = reader.get("/audit/")
    assert [(event.sequence, model) for event, model in response.context["rows"]] == [(1, "llama-test")]
    for text in (question.summary, "erin", ">Answered<", "llama-test", f"/audit/receipts/{question.uid}/"):
        assert text in response.content.decode()


def test_filters_find_by_words_person_outcome_document_and_kind(reader: Client, question: Event) -> None:
    record("question.refused", by=Actor(id="99", name="tao"), summary="Who is the king?", payload={"model": {"name": "m"}})
    record("document.uploaded", by=Actor(name="kim"), subject="document:44444444-4444-4444-8444-444444444444", summary="fleet.pdf")
    leave = question.summary
    assert listed(reader, "text=ANNUAL") == [leave]
    assert listed(reader, "text=100%25") == []
    assert listed(reader, "person=tao") == ["Who is the king?"]
    assert listed(reader, "person=99") == ["Who is the king?"]
    assert listed(reader, "outcome=refused") == ["Who is the king?"]
    assert listed(reader, "document=leave.md") == [leave]
    assert listed(reader, "document=11111111-1111-4111-8111-111111111111") == [leave]
    assert listed(reader, "document=none.md") == []
    assert listed(reader, "kind=documents") == ["fleet.pdf"]
    assert listed(reader, "kind=documents&document=FLEET") == ["fleet.pdf"]
    assert listed(reader, "kind=all&document=44444444-4444-4444-8444-444444444444") == ["fleet.pdf"]
    assert {"fleet.pdf", leave, "Who is the king?"} <= set(listed(reader, "kind=all"))


def test_dates_are_whole_days_in_the_installations_time_zone(reader: Client, question: Event, settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    at(question, datetime(2026, 5, 2, 17, 0, tzinfo=UTC))  # the 3rd, 01:00 in Shanghai
    assert listed(reader, "since=2026-05-03&until=2026-05-03") == [question.summary]
    assert listed(reader, "until=2026-05-02") == []
    assert listed(reader, "since=2026-05-04") == []


@pytest.mark.parametrize(
    "query", ["since=yesterday", "kind=nonsense", "outcome=nonsense", "before=x", "after=-1", "text=%00", "before=" + "9" * 30]
)
def test_a_filter_that_cannot_be_read_is_left_out(reader: Client, question: Event, query: str) -> None:
    assert listed(reader, query) == [question.summary]


def test_pages_follow_the_sequence_and_skip_nothing_while_the_chain_grows(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 3)
    for number in range(1, 9):
        record("question.answered", summary=f"q{number}")
    assert listed(reader, "") == ["q8", "q7", "q6"]
    record("question.answered", summary="q9")
    assert listed(reader, "before=6") == ["q5", "q4", "q3"]
    assert listed(reader, "before=3") == ["q2", "q1"]
    assert listed(reader, "after=3") == ["q6", "q5", "q4"]
    page = reader.get("/audit/?before=6").context["page"]
    assert (page.older, page.newer) == (3, 5)
    page = reader.get("/audit/?before=3").context["page"]
    assert (page.older, page.newer) == (None, 2)


def test_the_export_holds_the_filtered_rows_and_no_formula(reader: Client, question: Event) -> None:
    record("question.refused", by=Actor(name="=HYPERLINK(1)"), summary='=cmd|"/c calc"!A1')
    record("question.refused", summary="@SUM(1)")
    response = confirmed(reader).get("/audit/export.csv?outcome=refused")
    lines = response.content.decode().removeprefix("\ufeff").splitlines()
    assert response["Content-Disposition"].startswith('attachment; filename="attest-audit-')
    assert len(lines) == 3
    assert lines[1].split(",")[6] == "'@SUM(1)"
    assert "'=HYPERLINK(1)" in lines[2]
    assert "\"'=cmd|" in lines[2]
    event = Event.objects.first()
    assert (event.action, event.actor_name, event.payload.data) == (
        "audit.exported",
        "ada",
        {"filters": {"kind": "questions", "outcome": "refused"}, "rows": 2},
    )


def test_a_receipt_shows_all_that_the_answer_saw(reader: Client, question: Event) -> None:
    response = reader.get(f"/audit/receipts/{question.uid}/")
    page = response.content.decode()
    for text in (
        question.summary,
        "You earn 6 hours.[1]",
        "You earn 60 hours.",
        "Interpreted as",
        "paid time off",
        "A number is not in the evidence.",
        "Withheld",
        "travel-and-leave/leave.md",
        "version 2",
        "Annual leave › Accrual",
        "<mark>After three years they earn 6 hours.<sup>[1]</sup></mark>",
        "17.2543",
        "Keywords (BM25)",
        "cd" * 32,
        "Answer only from the evidence.",
        "&lt;b&gt;Evidence&lt;/b&gt; 1",
        "llama-test",
        "You earn 6 hours [1]. You earn 60 hours [1].",
        "0.91",
        "480.2",
        question.hash,
        question.payload_hash,
        "Verified just now",
    ):
        assert text in page, text
    assert "Verification failed" not in page
    assert "".join(span.text for span in response.context["receipt"].passages[0].spans) == TEXT


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE audit_payload SET body = replace(body, '60 hours', '80 hours')", "The content was altered"),
        ("UPDATE audit_event SET actor_id = '9' WHERE sequence = 1", "The event was altered"),
        ("UPDATE audit_event SET previous_hash = 'x' WHERE sequence = 2", "does not link"),
    ],
)
def test_a_receipt_that_was_tampered_with_says_so(reader: Client, question: Event, statement: str, word: str) -> None:
    record("a.b")
    with connection.cursor() as cursor:
        cursor.execute(statement)
    page = reader.get(f"/audit/receipts/{question.uid}/").content.decode()
    assert "Verification failed" in page
    assert word in page
    assert "Verified just now" not in page


def test_an_erased_receipt_shows_nothing_personal_and_still_verifies(reader: Client, question: Event) -> None:
    erase_payload(event=question, reason="Request")
    page = reader.get(f"/audit/receipts/{question.uid}/").content.decode()
    assert "annual leave" not in page
    assert "erin" not in page
    assert "Personal data erased" in page
    assert "Verified just now" in page
    assert reader.get(f"/audit/receipts/{question.uid}/payload.json").status_code == 404
    assert listed(reader, "document=leave.md") == []


def test_the_downloaded_content_has_the_hash_that_the_chain_holds(reader: Client, question: Event) -> None:
    response = reader.get(f"/audit/receipts/{question.uid}/payload.json")
    assert hashlib.sha256(response.content).hexdigest() == question.payload_hash


@pytest.mark.parametrize(
    "payload", [{}, {"evidence": [None, {}], "sentences": ["x"], "question": "Why?"}, {"question": "Why?", "search": []}]
)
def test_a_receipt_of_another_shape_is_shown_as_far_as_it_goes(reader: Client, payload: dict) -> None:
    event = record("question.failed", payload=payload)
    assert reader.get(f"/audit/receipts/{event.uid}/").status_code == 200


def test_any_other_event_is_shown_as_it_was_recorded(reader: Client) -> None:
    event = record(
        "account.changed", summary="erin", subject="user:7", payload={"changed": {"role": {"from": "employee", "to": "auditor"}}}
    )
    page = reader.get(f"/audit/receipts/{event.uid}/").content.decode()
    for text in ("Account changed", "changed.role.from", "employee", "user:7"):
        assert text in page


def test_reading_is_on_record_once_for_a_while(reader: Client, question: Event) -> None:
    for _ in range(2):
        reader.get(f"/audit/receipts/{question.uid}/")
        reader.get("/audit/?person=erin")
    reader.get("/audit/?person=tao")
    seen = [
        (event.action, event.actor_name, event.subject)
        for event in Event.objects.filter(action__startswith="audit.").order_by("sequence")
    ]
    assert seen == [
        ("audit.receipt_viewed", "ada", f"event:{question.uid}"),
        ("audit.viewed", "ada", ""),
    ]
    at(Event.objects.get(action="audit.receipt_viewed"), datetime(2026, 1, 1, tzinfo=UTC))
    reader.get(f"/audit/receipts/{question.uid}/")
    assert Event.objects.filter(action="audit.receipt_viewed").count() == 2


def test_the_integrity_page_verifies_on_demand_and_puts_it_on_record(reader: Client, question: Event) -> None:
    write_checkpoint()
    page = reader.get("/audit/integrity/").content.decode()
    assert "up to event 1" in page
    assert "The audit is intact." not in page
    assert "The audit is intact." in reader.post("/audit/integrity/").content.decode()
    assert Event.objects.first().action == "audit.verified"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET action = 'x' WHERE sequence = 1")
    page = reader.post("/audit/integrity/").content.decode()
    assert "The audit is not intact." in page
    assert "event_altered" in page
    assert Event.objects.first().payload.data["problems"] == ["event_altered"]


@pytest.mark.parametrize("name", ["../signing_key", "signing_key", "checkpoints.jsonl.tmp"])
def test_the_private_key_is_not_served(reader: Client, name: str) -> None:
    write_checkpoint()
    assert reader.get(f"/audit/{name}").status_code == 404


def test_a_receipt_number_finds_its_answer_and_what_was_said_of_it(reader: Client, question: Event) -> None:
    record("question.answered", summary="Another")
    rated = record(
        "answer.unhelpful",
        by=Actor(id="5"),
        subject=f"event:{question.uid}",
        summary="Rated",
        payload={"receipt": str(question.uid)},
    )
    number = str(question.uid)
    labelled = (f"Receipt {number[:8]}", f"回执 {number[:8]}", f"receipt: {number}")
    for written in (number, number[:8], number.upper(), f" {number[:13]}", number.replace("-", ""), *labelled):
        assert listed(reader, f"text={written}") == ["Rated", question.summary], written
        assert listed(reader, f"kind=people&text={written}") == ["Rated", question.summary]
    page = reader.get("/audit/?kind=feedback").content.decode()
    assert f'href="/audit/receipts/{question.uid}/"' in page
    page = reader.get(f"/audit/receipts/{rated.uid}/").content.decode()
    assert f'href="/audit/receipts/{question.uid}/"' in page


def test_words_of_question_answer_and_comment_find_the_event(reader: Client, question: Event) -> None:
    chinese = receipt_payload(
        question="年假有多少天？",
        rewritten="年假有多少天？",
        answer={"outcome": "answered", "answer": "满十年的员工每年有十天带薪年假。[1]"},
    )
    record("question.answered", summary=chinese["question"], payload=chinese)
    record(
        "answer.unhelpful", summary="Rated", payload={"receipt": "x", "rating": "unhelpful", "comment": "The figure is outdated."}
    )
    assert listed(reader, "text=earn+6+hours") == [question.summary]  # of the answer
    assert listed(reader, "text=HOURS+annual") == [question.summary]  # of answer and question, in any order
    assert listed(reader, "text=60+hours") == []  # withheld: nobody was shown it
    assert listed(reader, "text=带薪年假") == [chinese["question"]]
    assert listed(reader, "text=薪带") == []
    assert listed(reader, "kind=feedback&text=outdated") == ["Rated"]
    assert listed(reader, "text=annu") == [question.summary]  # a part of a word, of the summary alone


def test_a_full_name_and_a_documents_title_find_the_event(reader: Client, question: Event, employee: User) -> None:
    record("question.answered", by=Actor(id="99", name="tao"), summary="Another")
    employee.first_name, employee.last_name = "Erin", "O'Hara"
    employee.save()
    for name in ("Erin O'Hara", "o'hara erin", "O'HaraErin", "hara", "erin"):
        assert listed(reader, f"person={name}") == [question.summary], name
    assert listed(reader, "person=Erin+Smith") == []
    question_2 = record(
        "question.answered", summary="Third", payload=receipt_payload(evidence=[{"title": "Staff handbook", "document": "a.md"}])
    )
    assert listed(reader, "document=staff+HANDBOOK") == [question_2.summary]


def test_an_erased_event_is_found_by_none_of_its_words(reader: Client, question: Event) -> None:
    erase_payload(event=question, reason="Request")
    assert listed(reader, "text=hours") == []
    assert not question.facts.exists()


def test_a_visit_is_one_event_that_a_second_one_completes(reader: Client, auditor: User, question: Event) -> None:
    for query in ("", "text=leave", "text=leave", "person=erin&outcome=refused", "kind=all"):
        reader.get(f"/audit/?{query}")
    (begun,) = Event.objects.filter(action__startswith="audit.")
    assert begun.payload.data == {"filters": {"kind": "questions"}}
    assert reader.post("/accounts/logout/").status_code == 302
    completed = Event.objects.get(action="audit.viewing_completed")
    assert (completed.actor_name, completed.subject) == ("ada", f"event:{begun.uid}")
    assert completed.payload.data["lists"] == [
        {"kind": "questions"},
        {"kind": "questions", "text": "leave"},
        {"kind": "questions", "outcome": "refused", "person": "erin"},
        {"kind": "all"},
    ]
    assert not Reading.objects.exists()
    reader.force_login(auditor)
    page = reader.get("/audit/?kind=audit").content.decode()
    assert "4 lists viewed" in page


def test_a_visit_of_one_list_leaves_one_event_and_an_idle_one_is_completed_by_beat(reader: Client, auditor: User) -> None:
    reader.get("/audit/?text=leave")
    assert "Questions · Keywords or receipt number: leave" in reader.get("/audit/?kind=audit").content.decode()
    assert complete_readings() == 0
    Reading.objects.update(last_at=timezone.now() - timedelta(minutes=11))
    assert complete_readings() == 1
    assert Event.objects.filter(action="audit.viewing_completed").count() == 1
    reader.get("/audit/")
    Reading.objects.update(last_at=timezone.now() - timedelta(minutes=11))
    assert complete_readings() == 1
    assert Event.objects.filter(action="audit.viewing_completed").count() == 1  # nothing to add to its first event
    assert Event.objects.filter(action="audit.viewed").count() == 2


def test_a_visit_after_a_pause_completes_the_one_before(reader: Client) -> None:
    reader.get("/audit/?text=a")
    reader.get("/audit/?text=b")
    Reading.objects.update(last_at=timezone.now() - timedelta(minutes=11))
    reader.get("/audit/?text=c")
    assert list(Event.objects.order_by("sequence").values_list("action", flat=True)) == [
        "audit.viewed",
        "audit.viewing_completed",
        "audit.viewed",
    ]
