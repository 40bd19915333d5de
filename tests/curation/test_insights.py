"""Insights: counted once out of the audit, by collection, for who runs it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.services import record
from curation.insights.counting import count_questions
from curation.insights.figures import read_insights
from curation.insights.models import DayCount, DocumentUse
from kb.models import Collection, Document
from tests.chat.library import add_document
from tests.curation.conftest import SignIn
from tests.curation.test_gaps import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(collection: Collection, leave: Document, employee: User) -> Collection:
    add_document(collection, "unused.md", "Nobody asks this.")
    cited = [{"document_uid": str(leave.uid), "marker": 1}]
    answered = ask(
        employee, "How much leave?", "answered", citations=cited, sentences=[], timings_ms={"search": 40.0, "total": 900.0}
    )
    ask(employee, "And why?", "answered", citations=cited, sentences=[{"verdict": "withheld"}], timings_ms={"search": 300.0})
    ask(employee, "谁是国王？", "refused", language="zh", sentences=[], timings_ms={})
    record("answer.unhelpful", subject=f"event:{answered.uid}", payload={"receipt": answered.uid})
    record("golden.answered", payload={"question": "none of people's"})
    ask(employee, "Where?", "refused", slug="elsewhere", sentences=[], timings_ms={})
    while count_questions():
        pass
    return collection


def test_they_count_each_question_once_for_the_collection_that_it_was_about(asked: Collection) -> None:
    found = read_insights(asked, days=7)
    today = found.days[-1]
    assert (today.answered, today.refused, today.withheld, today.unhelpful) == (2, 1, 1, 1)
    stages = {row.name: (row.count, row.p50, row.p95) for row in found.stages}
    assert stages["search"] == (2, 50, 500)
    assert read_insights(None, days=7).total("asked") == 4
    assert count_questions() == 0
    assert DocumentUse.objects.get().count == 2
    DayCount.objects.update(day=timezone.localdate() - timedelta(days=8))
    assert read_insights(asked, days=7).total("asked") == 0
    assert read_insights(asked, days=30).total("asked") == 3


def test_whoever_runs_the_collection_reads_its_page_and_tables(
    asked: Collection, sign_in: SignIn, owner: User, knowledge_admin: User, employee: User, auditor: User
) -> None:
    client = sign_in(owner)
    with CaptureQueriesContext(connection) as few:
        page = client.get("/curation/c/handbook/insights/?days=7").content.decode()
    assert "unused" in page.lower()
    assert employee.username not in page.replace("Owen", "")
    table = client.get("/curation/c/handbook/insights/days.csv?days=7").content.decode("utf-8-sig").splitlines()
    assert table[-1].split(",")[1:] == ["3", "2", "1", "0", "1", "0", "1"]
    assert "search,2,50,500" in client.get("/curation/c/handbook/insights/stages.csv").content.decode()
    assert client.get("/curation/c/handbook/insights/nothing.csv").status_code == 404
    assert client.get("/curation/insights/").status_code == 404
    assert sign_in(knowledge_admin).get("/curation/insights/").status_code == 200
    for person in (employee, auditor):
        assert sign_in(person).get("/curation/c/handbook/insights/").status_code == 404
    add_document(asked, "more.md", "More.")
    with CaptureQueriesContext(connection) as more:
        client.get("/curation/c/handbook/insights/?days=7")
    assert len(more) == len(few)
