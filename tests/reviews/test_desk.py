"""The reviewers' desk through its pages: queues, verdicts, the second reviewer, assignments, rules, figures."""

import random
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from audit.models import Event
from audit.services import record
from config.celery import app
from kb.models import Collection, Document
from reviews.desk.agreement import cohens_kappa
from reviews.desk.intake import take_in
from reviews.desk.judging import review_case
from reviews.errors import ReviewRefused
from reviews.models import Case, DeskRules, Review, SampleRate
from reviews.tasks import take_in_events
from tests.audit.receipts import receipt_payload

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(db: None) -> User:
    """Another auditor."""
    return User.objects.create_user(username="bob", password="correct horse 7", role=User.Role.AUDITOR)


@pytest.fixture
def reader(client: Client, auditor: User) -> Client:
    client.force_login(auditor)
    return client


@pytest.fixture(autouse=True)
def everything_is_drawn() -> None:
    DeskRules.objects.create(pk=1, sample_percent=100, second_percent=0)


def ask(outcome: str = "answered", *, who: str = "9999", **changes: object) -> Event:
    payload = receipt_payload(outcome=outcome, **changes)
    return record(f"question.{outcome}", by=Actor(id=who, name="erin"), summary=payload["question"], payload=payload)


def case_of(event: Event) -> Case:
    take_in()
    return Case.objects.get(event=event)


def listed(client: Client, query: str) -> list[int]:
    response = client.get(f"/reviews/?{query}")
    assert response.status_code == 200
    return [case.sequence for case in response.context["page"].cases]


# --- who may ---


@pytest.mark.parametrize("path", ["", "statistics/", "rules/", "{uid}/", "{uid}/assign/"])
def test_everyone_but_auditors_gets_404_and_anonymous_the_sign_in(
    client: Client, path: str, answered: Event, request: pytest.FixtureRequest
) -> None:
    take_in()
    address = f"/reviews/{path.format(uid=answered.uid)}"
    method = client.post if path.endswith("assign/") else client.get
    assert method(address).status_code == 302
    for name in ("employee", "teammate", "outsider", "knowledge_admin"):
        client.force_login(request.getfixturevalue(name))
        assert method(address).status_code == 404
        assert client.post(address, {"verdict": "correct"}).status_code in (404, 405)
    assert not Review.objects.exists()
    client.force_login(request.getfixturevalue("auditor"))
    assert method(address).status_code in (200, 302)


def test_who_is_no_auditor_any_more_reviews_nothing(reader: Client, auditor: User, answered: Event) -> None:
    case_of(answered)
    User.objects.filter(pk=auditor.pk).update(role=User.Role.EMPLOYEE)
    assert reader.post(f"/reviews/{answered.uid}/", {"verdict": "correct"}).status_code == 404
    assert not Review.objects.exists()


# --- queues ---


def test_queues_hold_what_their_names_say(reader: Client, auditor: User) -> None:
    sure = ask()
    doubtful = ask(sufficiency={"probability": 0.55}, sentences=[])
    refused = ask("refused", sentences=[])
    rated = ask(sentences=[])
    record("question.failed", payload={})
    record("answer.unhelpful", subject=f"event:{rated.uid}", payload={"receipt": rated.uid})
    assert listed(reader, "queue=sample") == [rated.sequence, refused.sequence, doubtful.sequence, sure.sequence]
    assert listed(reader, "queue=uncertain") == [doubtful.sequence]
    assert listed(reader, "queue=withheld") == [sure.sequence]
    assert listed(reader, "queue=refused") == [refused.sequence]
    assert listed(reader, "queue=unhelpful") == [rated.sequence]
    assert listed(reader, "queue=mine") == []
    assert listed(reader, "queue=nonsense") == listed(reader, "queue=sample")
    record("answer.rating_withdrawn", subject=f"event:{rated.uid}", payload={"receipt": rated.uid})
    assert listed(reader, "queue=unhelpful") == []
    reader.post(f"/reviews/{sure.uid}/assign/", {"to": auditor.pk})
    assert listed(reader, "queue=mine") == [sure.sequence]
    counts = dict(reader.get("/reviews/").context["queues"])
    assert (counts["sample"], counts["uncertain"], counts["refused"], counts["mine"]) == (4, 1, 1, 1)


def test_filters_find_by_person_collection_model_outcome_words_and_day(
    reader: Client, collection: Collection, employee: User
) -> None:
    document = Document.objects.create(collection=collection, name="leave.md", title="Leave")
    citation = receipt_payload()["citations"][0] | {"document_uid": str(document.uid)}
    one = ask(who=str(employee.pk), citations=[citation], scope={"collections": [{"slug": "other", "name": "O"}]})
    other = ask("refused", question="Who is the king?", citations=[], scope={"collections": [{"slug": "other", "name": "O"}]})
    assert listed(reader, "queue=all&collection=handbook") == [one.sequence]
    assert listed(reader, "queue=all&collection=other") == [other.sequence]
    assert listed(reader, "queue=all&person=erin") == [other.sequence, one.sequence]
    assert listed(reader, f"queue=all&person={employee.pk}") == [one.sequence]
    assert listed(reader, "queue=all&outcome=refused") == [other.sequence]
    assert listed(reader, "queue=all&model=llama-test") == [other.sequence, one.sequence]
    assert listed(reader, "queue=all&text=king") == [other.sequence]
    assert listed(reader, f"queue=all&since={timezone.localdate():%Y-%m-%d}") == [other.sequence, one.sequence]
    assert listed(reader, "queue=all&until=2020-01-01") == []
    assert listed(reader, "queue=all&outcome=nonsense&since=yesterday") == [other.sequence, one.sequence]


def test_a_long_queue_costs_as_many_queries_as_a_short_one(reader: Client) -> None:
    def queries() -> int:
        reader.get("/reviews/?queue=all")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            reader.get("/reviews/?queue=all")
        return len(captured)

    for _ in range(3):
        ask()
    few = queries()
    for _ in range(120):
        ask()
    assert queries() == few
    page = reader.get("/reviews/?queue=all").context["page"]
    assert (len(page.cases), page.newer) == (50, None)
    older = reader.get(f"/reviews/?queue=all&before={page.older}").context["page"]
    assert older.cases[0].sequence == page.cases[-1].sequence - 1
    assert [case.sequence for case in reader.get(f"/reviews/?queue=all&after={older.newer}").context["page"].cases] == [
        case.sequence for case in page.cases
    ]


def test_the_sample_has_the_rate_of_its_collection() -> None:
    SampleRate.objects.create(slug="handbook", percent=100)
    DeskRules.objects.update(sample_percent=20)
    for number in range(200):
        ask(citations=[], scope={"collections": [{"slug": "handbook" if number % 2 else "other", "name": "x"}]})
    while take_in(at_most=50, chance=random.Random(1)):
        pass
    drawn = Case.objects.filter(is_sampled=True)
    assert drawn.filter(collections__slug="handbook").count() == 100
    assert 10 <= drawn.filter(collections__slug="other").count() <= 32
    assert Case.objects.count() == 200
    assert drawn.filter(due_at=None).count() == 0


def test_a_damaged_event_holds_nothing_up(reader: Client, unguarded_audit: None) -> None:
    damaged, sound = ask(), ask()
    record("answer.helpful", subject="event:nonsense")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_payload SET body = 'no json' WHERE event_id = %s", [damaged.pk])
    assert take_in() == 3
    assert listed(reader, "queue=all") == [sound.sequence, damaged.sequence]


def test_each_event_is_taken_in_once_by_beat() -> None:
    ask()
    assert (take_in_events(), take_in_events()) == (1, 0)
    ask()
    record("a.b")
    assert take_in_events() == 1
    assert Case.objects.count() == 2
    assert app.conf.beat_schedule["cases"]["task"] == take_in_events.name


# --- a verdict ---


def test_a_verdict_is_recorded_and_the_next_answer_opens(reader: Client, auditor: User) -> None:
    first, second = ask(), ask()
    take_in()
    page = reader.get(f"/reviews/{second.uid}/?queue=sample").content.decode()
    for text in (
        "How many hours of annual leave",
        "You earn 6 hours.",
        "You earn 60 hours.",
        "After three years they earn 6 hours.",
    ):
        assert text in page
    given = {
        "verdict": "wrong",
        "reason": "It is 8 hours.",
        "comment": "See page 3.",
        "correction": "You earn 8 hours.",
        "sentence-0": "wrong",
        "sentence-1": "",
    }
    response = reader.post(f"/reviews/{second.uid}/?queue=sample", given)
    assert (response.status_code, response["Location"]) == (302, f"/reviews/{first.uid}/?queue=sample")
    review = Review.objects.get()
    assert (review.by, review.number, review.verdict, review.sentences) == (auditor, 1, "wrong", {"0": "wrong"})
    event = Event.objects.get(action="review.recorded")
    assert (event.subject, event.actor_name, event.summary) == (f"event:{second.uid}", "ada", "wrong")
    assert event.payload.data["correction"] == "You earn 8 hours."
    assert Case.objects.get(event=second).state == "second"  # what is wrong, a second person sees
    reader.post(f"/reviews/{first.uid}/?queue=sample", {"verdict": "correct"})
    assert Case.objects.get(event=first).state == "done"
    assert listed(reader, "queue=sample") == []
    assert listed(reader, "queue=all&verdict=wrong") == [second.sequence]
    assert Event.objects.filter(action="audit.receipt_viewed").count() == 1


@pytest.mark.parametrize(
    "given",
    [{}, {"verdict": "splendid"}, {"verdict": "wrong", "reason": "x" * 301}, {"verdict": "wrong", "sentence-0": "splendid"},
     {"verdict": "wrong", "comment": "x" * 4001}],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_loses_nothing(reader: Client, answered: Event, given: dict) -> None:
    case_of(answered)
    response = reader.post(f"/reviews/{answered.uid}/", {"correction": "Kept words.", **given})
    assert response.status_code == 422
    assert "Kept words." in response.content.decode()
    assert 'class="errorlist' in response.content.decode()
    assert not Review.objects.exists()
    assert Case.objects.get().state == "open"


def test_an_erased_answer_can_still_be_opened(reader: Client, answered: Event) -> None:
    from audit.life.erasure import erase_payload

    case_of(answered)
    erase_payload(event=answered, reason="asked for")
    page = reader.get(f"/reviews/{answered.uid}/").content.decode()
    assert "Personal data erased" in page
    assert "annual leave" not in page
    assert "annual leave" not in reader.get("/reviews/?queue=all").content.decode()


def test_nobody_reviews_their_own_question(reader: Client, auditor: User) -> None:
    own = ask(who=str(auditor.pk))
    case = case_of(own)
    assert "data-review" not in reader.get(f"/reviews/{own.uid}/").content.decode()
    assert reader.post(f"/reviews/{own.uid}/", {"verdict": "correct"}).status_code == 422
    with pytest.raises(ReviewRefused, match="own question"):
        review_case(case=case, by=auditor, verdict="correct")


# --- two reviewers ---


def test_the_second_review_is_another_persons_and_blind(reader: Client, auditor: User, bob: User, answered: Event) -> None:
    case_of(answered)
    address = f"/reviews/{answered.uid}/"
    reader.post(address, {"verdict": "wrong", "reason": "It is 8 hours."})
    assert "It is 8 hours." in reader.get(address).content.decode()  # one's own
    assert reader.post(address, {"verdict": "correct"}).status_code == 422
    assert listed(reader, "queue=second") == []
    second = Client()
    second.force_login(bob)
    assert listed(second, "queue=second") == [answered.sequence]
    page = second.get(address).content.decode()
    assert "It is 8 hours." not in page
    assert "You will see their review after yours" in page
    second.post(address, {"verdict": "correct"})
    case = Case.objects.get()
    assert (case.state, case.verdict, case.is_disputed) == ("done", "correct", True)
    assert [(review.number, review.by.username, review.was_blind) for review in case.reviews.order_by("number")] == [
        (1, "ada", False),
        (2, "bob", True),
    ]
    assert "It is 8 hours." in second.get(address).content.decode()
    assert listed(reader, "queue=disputed") == [answered.sequence]
    late = second.post(address, {"verdict": "wrong"})
    assert (late.status_code, "This answer has been reviewed." in late.content.decode()) == (422, True)


def test_a_second_review_that_is_not_blind_shows_the_first(auditor: User, bob: User, answered: Event) -> None:
    DeskRules.objects.update(is_blind=False)
    review_case(case=case_of(answered), by=auditor, verdict="leak", reason="Salaries.")
    second = Client()
    second.force_login(bob)
    assert "Salaries." in second.get(f"/reviews/{answered.uid}/").content.decode()


def test_a_share_of_what_was_found_correct_is_seen_twice(auditor: User) -> None:
    DeskRules.objects.update(second_percent=30)
    chance, asked_for = random.Random(2), 0
    for _ in range(60):
        case = case_of(ask())
        review_case(case=case, by=auditor, verdict="correct", chance=chance)
        asked_for += Case.objects.get(pk=case.pk).state == "second"
    assert 9 <= asked_for <= 28


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([], None),
        ([("a", "a")] * 5, None),
        ([("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15, 0.4),  # Wikipedia's example
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "a"), ("b", "b")], 1.0),
    ],
)
def test_cohens_kappa(pairs: list, kappa: float | None) -> None:
    assert cohens_kappa(pairs) == (None if kappa is None else pytest.approx(kappa))


def test_the_figures_stand_on_their_page(reader: Client, auditor: User, bob: User) -> None:
    for first, second in (("wrong", "wrong"), ("wrong", "correct"), ("leak", "leak")):
        case = case_of(ask())
        review_case(case=case, by=auditor, verdict=first)
        review_case(case=case, by=bob, verdict=second)
    review_case(case=case_of(ask()), by=auditor, verdict="correct")
    response = reader.get("/reviews/statistics/")
    agreement = response.context["agreement"]
    assert (agreement.pairs, agreement.agreed) == (3, 2)
    assert agreement.kappa == pytest.approx(0.5)
    assert response.context["weeks"][-1].share == 25
    assert response.context["verdicts"]["Wrong"] == 2
    assert "0.50" in response.content.decode()


# --- assigning, rules ---


def test_cases_are_given_to_auditors_alone(reader: Client, auditor: User, bob: User, employee: User, answered: Event) -> None:
    case_of(answered)
    address = f"/reviews/{answered.uid}/assign/"
    reader.post(address, {"to": employee.pk})
    assert Case.objects.get().assigned_to is None
    reader.post(address, {"to": bob.pk})
    reader.post(address, {"to": bob.pk})
    assert Case.objects.get().assigned_to == bob
    assert Event.objects.filter(action="review.assigned").count() == 1
    reader.post(address, {"to": ""})
    assert Case.objects.get().assigned_to is None


def test_what_is_overdue_is_marked(reader: Client, answered: Event) -> None:
    case_of(answered)
    Case.objects.update(due_at=timezone.now() - timedelta(days=1))
    assert "Overdue" in reader.get(f"/reviews/{answered.uid}/").content.decode()


def test_rules_are_set_checked_and_on_record(reader: Client, collection: Collection) -> None:
    given = {
        "sample_percent": "7",
        "second_percent": "20",
        "due_days": "3",
        "escalate_days": "0",
        "collection": "handbook",
        "percent": "50",
    }
    assert reader.post("/reviews/rules/", given).status_code == 302
    rules = DeskRules.objects.get()
    assert (rules.sample_percent, rules.second_percent, rules.due_days, rules.is_blind) == (7, 20, 3, False)
    assert SampleRate.objects.get().percent == 50
    changed = Event.objects.get(action="review.rules_changed").payload.data
    assert (changed["from"]["sample_percent"], changed["to"]["rates"]) == (100, {"handbook": 50})
    for bad in (
        {"sample_percent": "101"},
        {"rate-handbook": "many", "collection": "", "percent": ""},
        {"rate-handbook": "101", "collection": "", "percent": ""},
        {"due_days": "0"},
        {"collection": "nowhere"},
        {"percent": ""},
    ):
        response = reader.post("/reviews/rules/", given | bad)
        assert response.status_code == 422, bad
    reader.post("/reviews/rules/", given)
    assert Event.objects.filter(action="review.rules_changed").count() == 1
    reader.post("/reviews/rules/", given | {"rate-handbook": "", "collection": "", "percent": ""})
    assert not SampleRate.objects.exists()


def test_rules_are_saved_however_many_collections_there_are(reader: Client, collection: Collection) -> None:
    Collection.objects.bulk_create(Collection(name=f"c{number}", slug=f"c{number}") for number in range(1_200))
    SampleRate.objects.bulk_create(SampleRate(slug=f"c{number}", percent=10) for number in range(1_200))
    page = reader.get("/reviews/rules/?page=2").content.decode()
    rates = dict.fromkeys(re.findall(r'name="(rate-c\d[^"]*)"', page), "20")
    given = rates | {"sample_percent": "7", "second_percent": "20", "due_days": "3", "escalate_days": "0"}
    assert reader.post("/reviews/rules/?page=2", given).status_code == 302
    assert SampleRate.objects.filter(percent=20).count() == 100 == len(rates)
