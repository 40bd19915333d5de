"""Golden questions: written, read from files, asked by runs, compared; by whom."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.credentials import service_credential
from accounts.models import User
from audit.models import Event
from chat.flow.asked import Asked
from curation.errors import CurationRefused
from curation.golden.comparing import compare_runs, run_before
from curation.golden.expecting import Expected, Miss, compare
from curation.golden.files import read_file, write_lines
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.golden.questions import write_golden
from curation.golden.running import start_run, work_on_runs
from ingest.documents.deletion import delete_document
from kb.models import Collection, Document
from metrics.models import Tally
from reviews.desk.intake import take_in
from reviews.desk.judging import review_case
from reviews.models import Case
from tests.chat.library import QUESTION, dependencies_with
from tests.curation.conftest import SignIn

pytestmark = pytest.mark.django_db
SIX = (("6 hours", "six hours"),)
ASKED_BY_HAND = GoldenRun.Cause.ASKED


def golden(collection: Collection, question: str = QUESTION, **expected: object) -> GoldenQuestion:
    return write_golden(collection=collection, question=question, expected=Expected(**expected), user=None)


def run_all(collection: Collection) -> GoldenRun:
    run = start_run(collection=collection, cause=ASKED_BY_HAND)
    work_on_runs(slice_s=60, compose=dependencies_with)
    run.refresh_from_db()
    return run


# --- what is expected ---


@pytest.mark.parametrize(
    ("told", "misses"),
    [
        ("They earn six hours of leave.", ()),
        ("They earn 16 hours of leave.", (Miss(code="fact", value="6 hours | six hours"),)),
        ("They earn ６ hours of leave.", ()),
    ],
)
def test_a_fact_is_told_in_one_of_its_wordings_and_as_whole_words(told: str, misses: tuple[Miss, ...]) -> None:
    answer = {"outcome": "answered", "sentences": [{"text": told}], "citations": [{"document": "leave.md"}]}
    assert compare(Expected(facts=SIX, documents=("leave.md",)), answer) == misses
    assert compare(Expected(is_refusal=True), answer) == (Miss(code="answered"),)
    assert compare(Expected(documents=("other.md",)), answer) == (Miss(code="document", value="other.md"),)


# --- runs ---


def test_a_run_asks_through_the_real_flow_and_keeps_its_receipts_apart(collection: Collection, leave: Document) -> None:
    golden(collection, facts=SIX, documents=("leave.md",))
    golden(collection, "Who is the king of France?", is_refusal=True)
    golden(collection, "How many hours of annual leave are earned per pay period?", facts=(("99 hours",),))
    run = run_all(collection)
    assert (run.state, run.passed, run.failed, run.errors) == ("done", 2, 1, 0)
    first = run.results.get(question=QUESTION)
    event = Event.objects.get(uid=first.receipt)
    assert (event.action, event.actor_name, event.payload.data["via"]) == ("golden.answered", "attest", "golden")
    assert event.payload.data["scope"]["collections"] == [{"slug": "handbook", "name": "Handbook"}]
    take_in()
    assert not Case.objects.exists()  # nobody's question
    assert not Event.objects.filter(action__startswith="question.").exists()
    finished = Event.objects.get(action="golden_run.finished").payload.data
    assert (finished["passed"], finished["failed"], len(finished["results"])) == (2, 1, 3)
    assert run.conditions["documents"] == 1


def test_a_killed_run_goes_on_with_what_has_no_result(collection: Collection, leave: Document) -> None:
    golden(collection, facts=SIX)
    golden(collection, "Who is the king of France?", is_refusal=True)
    run = start_run(collection=collection, cause=ASKED_BY_HAND)
    assert work_on_runs(slice_s=0, compose=dependencies_with) == 1
    assert GoldenRun.objects.get().state == "running"
    assert start_run(collection=collection, cause=ASKED_BY_HAND).pk != run.pk  # one that runs asks no later question
    work_on_runs(slice_s=60, compose=dependencies_with)
    assert set(GoldenRun.objects.values_list("state", "passed")) == {("done", 2)}
    assert GoldenResult.objects.count() == 4


def test_a_run_is_compared_with_the_one_before_and_cut_to_what_may_be_read(
    collection: Collection, leave: Document, owner: User, knowledge_admin: User
) -> None:
    golden(collection, facts=SIX)
    before = run_all(collection)
    delete_document(leave, user=knowledge_admin, should_notify=False)
    run = run_all(collection)
    assert run_before(run) == before
    assert Tally.objects.get(name="attest_golden_worse").total == 1
    (row,) = compare_runs(run, before, user=owner)
    assert (row.change, row.answer["outcome"]) == ("worse", "refused")
    assert row.answer_before["answer"] == ""  # its source is gone
    assert row.answer_before["hidden"] == 2


def test_the_service_identity_asks_one_collection_or_nothing() -> None:
    with pytest.raises(ValueError, match="one collection"):
        Asked(question=QUESTION, credential=service_credential())


# --- files ---


def test_files_are_read_back_as_they_were_written_and_refused_by_their_line(collection: Collection, leave: Document) -> None:
    answered = f'{QUESTION},,6 hours | six hours; pay period,leave.md,"a, b"'
    table = f"question,expect,facts,documents,note\r\n{answered}\r\n\r\nKing?,refusal,,,\r\n"
    rows = read_file(table.encode("utf-8-sig"), collection=collection)
    assert rows[0] == {
        "question": QUESTION,
        "is_refusal": False,
        "facts": [["6 hours", "six hours"], ["pay period"]],
        "documents": ["leave.md"],
        "note": "a, b",
    }
    kept = [GoldenQuestion(**row) for row in rows]
    assert read_file(write_lines(kept).encode(), collection=collection) == rows
    for text, said in [
        ('{"question": "A?", "facts": ["b"]}\n{"question": "A?"}', "Line 2: Enter what the answer must state"),
        ('{"question": "A?", "fact": ["b"]}', "Line 1: Unknown field “fact”."),
        (
            '{"question": "A?", "facts": ["b"]}\n{"question": "a?", "facts": ["b"]}',
            "Line 2: The question appears twice in the file.",
        ),
        ('{"question": "A?", "documents": ["b.md"]}', "Line 1: There is no document “b.md”"),
        ('{"question": ', "Line 1: This is not JSON."),
        ("q,facts\nA?,b", "The first line must contain the column names"),
        ("", "The first line must contain the column names"),
    ]:
        with pytest.raises(CurationRefused, match=said):
            read_file(text.encode(), collection=collection)


# --- pages, REST, command ---


def test_an_owner_writes_imports_asks_and_reads_on_pages(
    sign_in: SignIn, owner: User, collection: Collection, leave: Document
) -> None:
    client = sign_in(owner)
    base = f"/curation/c/{collection.slug}/golden/"
    refused = client.post(f"{base}new/", {"question": QUESTION, "expect": "answer", "is_active": "on"})
    assert refused.status_code == 422
    assert "Enter what the answer must state" in refused.content.decode()
    filled = {"question": QUESTION, "expect": "answer", "facts": "6 hours | six hours", "documents": "leave.md", "is_active": "on"}
    assert client.post(f"{base}new/", filled).status_code == 302
    assert "already" in client.post(f"{base}new/", filled).content.decode()
    lines = '{"question": "Who is the king of France?", "expect": "refusal"}\n'
    preview = client.post(f"{base}file/", {"file": SimpleUploadedFile("g.jsonl", lines.encode())})
    assert "1 question in the file" in preview.content.decode()
    assert GoldenQuestion.objects.count() == 1  # nothing was kept yet
    assert client.post(f"{base}lines/", {"lines": lines, "confirmed": "1"}).status_code == 302
    assert GoldenQuestion.objects.count() == 2
    started = client.post(f"{base}run/")
    work_on_runs(slice_s=60, compose=dependencies_with)
    page = client.get(started["Location"]).content.decode()
    assert "2 of 2 passed" in page
    assert "6 hours of annual leave per pay period" in page
    assert "2 of 2 passed" in client.get("/curation/").content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(base)
    golden(collection, "And how many after fifteen years of service?", facts=(("8 hours",),))
    with CaptureQueriesContext(connection) as more:
        client.get(base)
    assert len(more) == len(few)
    assert Event.objects.filter(action__startswith="golden_question.").count() == 3


def test_programs_write_change_and_ask(sign_in: SignIn, owner: User, collection: Collection, leave: Document) -> None:
    client = sign_in(owner)

    def send(method: str, path: str, **data: object) -> tuple[int, dict]:
        response = getattr(client, method)(f"/api/v1/golden{path}", json.dumps(data), content_type="application/json")
        return response.status_code, response.json() if response.content else {}

    status, made = send("post", "", collection="handbook", question=QUESTION, facts=[["6 hours"]])
    assert (status, made["expect"], made["origin"]) == (201, "answer", "written")
    status, changed = send("patch", f"/{made['uid']}", facts=[["7 hours"]])
    assert (status, changed["facts"], changed["question"]) == (200, [["7 hours"]], QUESTION)
    assert send("post", "/file", collection="handbook", text='{"question": "King?", "expect": "refusal"}')[1]["new"] == 1
    status, run = send("post", "/runs", collection="handbook")
    assert (status, run["state"], run["questions"]) == (202, "waiting", 2)
    work_on_runs(slice_s=60, compose=dependencies_with)
    shown = client.get(f"/api/v1/golden/runs/{run['uid']}").json()
    assert (shown["passed"], shown["failed"]) == (1, 1)
    assert shown["results"][0]["misses"] == [{"code": "fact", "value": "7 hours"}]
    assert [row["uid"] for row in client.get("/api/v1/golden/runs?collection=handbook").json()] == [run["uid"]]
    assert send("delete", f"/{made['uid']}")[0] == 204
    assert [row["question"] for row in client.get("/api/v1/golden?collection=handbook").json()] == ["King?"]


def test_the_command_ends_with_an_error_where_one_does_not_pass(
    collection: Collection, leave: Document, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    file = tmp_path / "golden.jsonl"
    file.write_text(json.dumps({"question": QUESTION, "facts": ["99 hours"]}))
    call_command("golden", "import", str(file), collection="handbook", dry_run=True)
    assert not GoldenQuestion.objects.exists()
    with pytest.raises(CommandError, match="no golden question"):
        call_command("golden", "run", collection="handbook")
    call_command("golden", "import", str(file), collection="handbook")
    monkeypatch.setattr("curation.golden.running.configured_dependencies", dependencies_with)
    with pytest.raises(CommandError, match="Not every golden question passed"):
        call_command("golden", "run", collection="handbook")
    assert "FAIL" in capsys.readouterr().out
    call_command("golden", "export", collection="handbook")
    assert json.loads(capsys.readouterr().out)["facts"] == ["99 hours"]


def test_a_reviewer_suggests_and_whoever_runs_the_collection_takes_it_into_use(
    sign_in: SignIn, auditor: User, employee: User, owner: User, collection: Collection, leave: Document
) -> None:
    from chat.flow.running import ask

    answer = ask(QUESTION, user=employee, collection=collection, dependencies=dependencies_with())
    take_in()
    review_case(case=Case.objects.get(), by=auditor, verdict="wrong", correction="6 hours")
    address = f"/curation/golden/from-review/{answer.receipt}/"
    page = sign_in(auditor).get(address)
    assert page.context["form"].initial["facts"] == "6 hours"
    form = {"into": "handbook", "question": QUESTION, "expect": "answer", "facts": "6 hours"}
    assert sign_in(auditor).post(address, form).status_code == 302
    row = GoldenQuestion.objects.get()
    assert (row.is_active, row.origin, row.source) == (False, "review", answer.receipt)
    with pytest.raises(CurationRefused):
        start_run(collection=collection, cause=ASKED_BY_HAND)
    listed = sign_in(owner).get("/curation/c/handbook/golden/").content.decode()
    assert "Suggested by a reviewer" in listed
    assert employee.username not in listed
    assert sign_in(owner).post(address, form).status_code == 404


# --- who may ---


def test_only_whoever_runs_the_collection_sees_and_changes_it(
    sign_in: SignIn, owner: User, collection: Collection, leave: Document, request: pytest.FixtureRequest
) -> None:
    row = golden(collection, facts=SIX)
    run = run_all(collection)
    paths = [f"/curation/c/handbook/golden/{part}" for part in ("", "new/", "file/", "export.jsonl")]
    paths += [f"/curation/golden/{row.uid}/", f"/curation/runs/{run.uid}/"]
    for person in ("employee", "teammate", "outsider", "auditor"):
        client = sign_in(request.getfixturevalue(person))
        assert {client.get(path).status_code for path in paths} == {404}
        assert client.post(f"/curation/golden/{row.uid}/delete/").status_code == 404
        assert client.get(f"/api/v1/golden/runs/{run.uid}").status_code in (403, 404)
    client = sign_in(owner)
    assert {client.get(path).status_code for path in paths} == {200}
    collection.stewards.all().delete()  # revoked
    assert {client.get(path).status_code for path in paths} == {404}
    assert client.get("/api/v1/golden").status_code == 403
    assert GoldenQuestion.objects.exists()
