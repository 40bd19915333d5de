"""Approved answers: checked by sentence, given first to who may read their sources, withdrawn when a source says otherwise."""

import dataclasses
import hashlib
import struct
from functools import partial
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from audit.models import Event
from chat.flow.running import ask, finish_question
from curation.answers.finding import find_approved
from curation.answers.keeping import keep_findable, keep_true
from curation.answers.models import ApprovedAnswer
from curation.answers.writing import approve_answer, save_answer
from curation.errors import CurationRefused
from curation.gaps.models import Gap
from curation.matching import are_compatible
from kb.index.identity import chunk_id
from kb.index.within import Within
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from kb.rights.readers import Readers
from tests.chat.library import QUESTION, SIX_HOURS, add_document, asked_by, dependencies_with
from tests.curation.conftest import SignIn

pytestmark = pytest.mark.django_db
ASKED = "How much leave after five years?"


class SameForLeave:
    """An encoder to which all questions about leave are one."""

    fingerprint = "leave"

    def embed_query(self, text: str) -> SimpleNamespace:
        return SimpleNamespace(dense=struct.pack("<2f", *((1.0, 0.0) if "leave" in text else (0.0, 1.0))))


FIND = partial(find_approved, embedder=SameForLeave(), judge=None)


def dependencies(**changes: object) -> object:
    return dataclasses.replace(dependencies_with(), find_approved=FIND, **changes)


def write(collection: Collection, owner: User, text: str = SIX_HOURS, **given: object) -> ApprovedAnswer:
    return save_answer(
        row=None,
        collection=collection,
        questions=[ASKED],
        text=text,
        review_on=None,
        user=owner,
        compose=dependencies_with,
        **given,
    )


@pytest.fixture
def approved(collection: Collection, leave: Document, owner: User) -> ApprovedAnswer:
    row = approve_answer(row=write(collection, owner), user=owner)
    keep_findable(embedder=SameForLeave())
    return row


def put_version(document: Document, text: str) -> None:
    """What a newer version of the document says, as ingestion leaves it."""
    version = DocumentVersion.objects.create(
        document=document, number=2, sha256="1" * 64, size=1, media_type="text/plain", storage_path="y", status="indexed"
    )
    page = Page.objects.create(version=version, number=1, text=text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    given = {"ordinal": 0, "page": page, "start": 0, "end": len(text), "text": text, "text_hash": digest}
    Chunk.objects.create(id=chunk_id(version.uid, 0), version=version, **given)
    Document.objects.filter(pk=document.pk).update(current_version=version)


def test_it_is_given_first_and_says_who_approved_it(approved: ApprovedAnswer, employee: User, collection: Collection) -> None:
    answer = ask("After five years, how much leave do I get?", user=employee, collection=collection, dependencies=dependencies())
    shown = answer.as_dict()
    assert (shown["origin"], shown["answer"]) == ("approved", f"{SIX_HOURS}[1]")
    assert shown["approved"] == {"by": "owen", "at": approved.approved_at.isoformat(), "question": ASKED}
    assert shown["citations"][0]["document"] == "leave.md"
    receipt = Event.objects.get(uid=answer.receipt).payload.data
    assert receipt["approved"]["question"] == ASKED
    assert receipt["search"]["config"]  # of what would have been searched
    other = ask("Who is the king of France?", user=employee, dependencies=dependencies())
    assert other.as_dict()["approved"] is None


def test_who_may_not_read_a_source_never_gets_it(
    approved: ApprovedAnswer, collection: Collection, leave: Document, employee: User, outsider: User
) -> None:
    assert ask(ASKED, user=outsider, dependencies=dependencies()).as_dict()["approved"] is None
    from kb.rights.folders import narrow_document

    narrow_document(document=leave, readers=Readers(people=("erin",)), user=None)
    tao = User.objects.create_user(username="tao2")
    tao.groups.set(employee.groups.all())
    refused = ask(ASKED, user=tao, dependencies=dependencies()).as_dict()
    assert (refused["outcome"], refused["approved"]) == ("refused", None)
    assert ask(ASKED, user=employee, dependencies=dependencies()).as_dict()["approved"]


def test_a_question_of_other_documents_alone_does_not_get_it(
    approved: ApprovedAnswer, collection: Collection, leave: Document, employee: User
) -> None:
    other = add_document(collection, "parking.md", "Parking is free.")
    for document, is_given in ((leave, True), (other, False)):
        asked = asked_by(employee, ASKED, collection=collection, within=Within(document=str(document.uid)))
        answer = async_to_sync(finish_question)(asked, compose=dependencies)
        assert bool(answer.approved) is is_given


def test_a_changed_source_is_checked_at_once_and_a_false_answer_withdrawn(
    approved: ApprovedAnswer, leave: Document, employee: User, collection: Collection
) -> None:
    put_version(leave, f"From 2027 on, all is new. {SIX_HOURS}")
    unchecked = ask(ASKED, user=employee, collection=collection, dependencies=dependencies())
    assert unchecked.as_dict()["approved"] is None  # not before it was checked
    assert keep_true(compose=dependencies_with) == 1
    approved.refresh_from_db()
    assert approved.state == "approved"
    assert ask(ASKED, user=employee, collection=collection, dependencies=dependencies()).as_dict()["approved"]
    DocumentVersion.objects.filter(document=leave, number=2).update(number=3)
    put_version(leave, SIX_HOURS.replace("6 hours", "7 hours"))
    keep_true(compose=dependencies_with)
    approved.refresh_from_db()
    assert (approved.state, approved.holds) == ("withdrawn", False)
    actions = Event.objects.filter(action__startswith="approved_answer.").order_by("sequence").values_list("action", flat=True)
    assert list(actions) == [f"approved_answer.{name}" for name in ("written", "approved", "verified", "withdrawn")]
    assert keep_true(compose=dependencies_with) == 0


def test_a_sentence_without_a_source_cannot_be_approved(collection: Collection, leave: Document, owner: User) -> None:
    for text in (f"{SIX_HOURS} They also get a car.", "Employees earn 9 hours per pay period.", "No, never."):
        row = write(collection, owner, text)
        assert not row.holds, text
        with pytest.raises(CurationRefused, match="Every sentence needs a source"):
            approve_answer(row=row, user=owner)
    assert write(collection, owner, f"The rule is this:\n{SIX_HOURS}").holds


def test_approving_answers_the_gap(collection: Collection, leave: Document, owner: User) -> None:
    gap = Gap.objects.create(collection=collection, last_at="2026-01-01T00:00:00Z")
    approve_answer(row=write(collection, owner, gap=gap), user=owner)
    gap.refresh_from_db()
    assert gap.state == "answered"


def test_the_pages_write_check_approve_and_retire(
    collection: Collection, leave: Document, owner: User, employee: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.checking.running.configured_dependencies", dependencies_with)
    client = sign_in(owner)
    form = {"question": ASKED, "wordings": QUESTION, "text": SIX_HOURS}
    made = client.post("/curation/c/handbook/answers/new/", form)
    assert made.status_code == 302
    page = client.get(made["Location"])
    assert "Supported" in page.content.decode()
    row = ApprovedAnswer.objects.get()
    assert client.post(f"{made['Location']}approve/").status_code == 302
    editor = User.objects.create_user(username="eddy")
    collection.stewards.create(user=editor, role="editor")
    assert sign_in(editor).get(made["Location"]).status_code == 200
    assert sign_in(editor).post(f"{made['Location']}approve/").status_code == 404
    for path in (made["Location"], "/curation/c/handbook/answers/"):
        assert sign_in(employee).get(path).status_code == 404
    assert client.post(f"{made['Location']}golden/").status_code == 302
    golden = collection.golden_questions.get()
    assert (golden.facts, golden.documents, golden.origin) == ([[SIX_HOURS]], ["leave.md"], "answer")
    listed = client.get("/api/v1/answers?collection=handbook").json()
    assert (listed[0]["state"], listed[0]["approved_by"], listed[0]["documents"]) == ("approved", "owen", ["leave.md"])
    client.post(made["Location"], form | {"text": f"{SIX_HOURS} "})
    row.refresh_from_db()
    assert (row.state, row.approver) == ("draft", "")  # changed, it is approved anew
    client.post(f"{made['Location']}retire/")
    row.refresh_from_db()
    assert row.state == "retired"


@pytest.mark.parametrize(
    ("left", "right", "agree"),
    [
        ("How many days of leave after five years?", "after 5 yrs, how much leave?", True),
        ("How many days of leave after five years?", "How many days of leave after fifteen years?", False),
        ("What is the maximum load?", "What is the minimum load?", False),
        ("Is smoking allowed?", "Is smoking not allowed?", False),
        ("Meal allowance in Germany?", "Meal allowance in France?", False),
        ("可以在家办公吗？", "能不能居家工作？", True),
        ("谁负责审批国外出差？", "何时审批国外出差？", False),
    ],
)
def test_rules_see_what_vectors_blur(left: str, right: str, agree: bool) -> None:
    assert are_compatible(left, right) is agree
