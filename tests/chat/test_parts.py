"""Questions that are taken apart, and questions about documents as wholes."""

import pytest

from accounts.models import User
from audit.models import Event
from chat.flow.running import ask
from chat.flow.shapes.documents.asked import read_question
from chat.flow.shapes.parts.splitting import take_apart
from kb.models import Collection
from tests.chat.library import add_document, dependencies_with


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How long is probation, and who decides on its extension?",
            ["How long is probation?", "Who decides on probation's extension?"],
        ),
        ("Who signs the lease and when does it end?", ["Who signs the lease?", "When does the lease end?"]),
        (
            "What is the hotel limit in London? And who pays for breakfast?",
            ["What is the hotel limit in London?", "Who pays for breakfast?"],
        ),
        (
            "Which dries faster, the HT-4 or the HT-9, and by how much?",
            ["Which dries faster, the HT-4?", "Which dries faster, the HT-9?"],
        ),
        ("年假有几天？病假呢？", ["年假有几天？", "病假有几天？"]),
        ("一级证书和三级证书的补贴各是多少？", ["一级证书的补贴是多少？", "三级证书的补贴是多少？"]),
        ("采购合同和租赁合同有什么区别？", ["采购合同？", "租赁合同？"]),
    ],
)
def test_a_question_in_parts_is_taken_apart(question: str, parts: list[str]) -> None:
    assert [part.question for part in take_apart(question)] == parts


@pytest.mark.parametrize(
    "question",
    [
        "Is the minibar reimbursed?",
        "Who approves absences of more than 30 hours?",
        "Do they repair the lamp or is it thrown away?",
        "What are the terms and conditions?",
        "How long and how often are samples taken?",
        "What is the notice period for employees and contractors?",
        "公司的信息分哪几级？",
        "文件服务器多久备份一次，保留多少天？",
    ],
)
def test_one_question_stays_whole(question: str) -> None:
    assert take_apart(question) == ()


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Summarise the relocation guide.", ("relocation guide",)),
        ("What is fire-drill.md about?", ("fire-drill.md",)),
        ("请总结一下《安全手册》", ("安全手册",)),
        ("What changed between the fee list 2024 and 2025?", ("fee list 2024", "fee list 2025")),
        ("How long is the notice period?", None),
    ],
)
def test_a_question_about_whole_documents_is_read(question: str, names: tuple[str, ...] | None) -> None:
    read = read_question(question)
    assert (read.names if read else None) == names


@pytest.mark.django_db
def test_each_part_is_searched_and_kept_in_the_receipt(employee: User, collection: Collection) -> None:
    add_document(collection, "lease.md", "The lease is signed by the head of facilities.")
    add_document(collection, "probation.md", "Probation takes six months in the first job.")
    question = "Who signs the lease? How many months does probation take in the first job?"
    answer = ask(question, user=employee, dependencies=dependencies_with())
    assert "head of facilities" in answer.text and "six months" in answer.text
    receipt = Event.objects.get(uid=answer.receipt).payload.data
    assert [(one["purpose"], one["kept"]) for one in receipt["searches"]] == [("part", True), ("part", True)]
    assert {one.place.document for one in answer.citations} == {"lease.md", "probation.md"}


@pytest.mark.django_db
def test_what_differs_between_two_documents_is_told_by_their_names(employee: User, collection: Collection) -> None:
    add_document(collection, "fees-2024.md", "A locker costs 10 euros a year.\nLockers are in the cellar with fees.")
    add_document(collection, "fees-2025.md", "A locker costs 12 euros a year.\nLockers are in the cellar with fees.")
    answer = ask("Compare fees-2024 with fees-2025", user=employee, dependencies=dependencies_with())
    assert answer.text == (
        "“Fees-2024”:[1]\n- A locker costs 10 euros a year.[1]\n\n“Fees-2025”:[2]\n- A locker costs 12 euros a year.[2]"
    )


@pytest.mark.django_db
def test_an_overview_names_only_what_the_reader_may_read(employee: User, collection: Collection) -> None:
    hidden = Collection.objects.create(name="Hidden", slug="hidden")
    add_document(hidden, "relocation.md", "The secret mover is paid in cash by the porter.")
    answer = ask("Summarise the relocation guide.", user=employee, dependencies=dependencies_with())
    assert "mover" not in str(answer.as_dict())
