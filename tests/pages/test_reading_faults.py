"""Reading faults: any reader marks a page, whoever may change the collection sees it and says when it is done."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.keys import create_api_key
from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document, ReadingFault
from kb.reading_faults import report_fault
from tests.pages.conftest import add_version, signed_in

NOTE = "The footnote mark is read as a digit: 24¹ became 241."


def report(user: User | None, document: Document, note: str = NOTE, **headers: str) -> "tuple[int, str]":
    """Send the form of the document's first page. Returns: status and body."""
    address = reverse("kb:fault_report", args=[document.versions.first().uid, 1])
    answer = signed_in(user).post(address, {"note": note}, headers=headers)
    return answer.status_code, answer.content.decode()


def pages_of(user: User, document: Document) -> str:
    """Return the collection's list and the document's page, one after the other."""
    client = signed_in(user)
    addresses = (reverse("kb:collection", args=[document.collection.slug]), reverse("kb:document", args=[document.uid]))
    return "".join(client.get(address).content.decode() for address in addresses)


def test_a_readers_report_reaches_whoever_may_change_the_collection_and_nobody_else(
    pdf: Document, employee: User, teammate: User, knowledge_admin: User
) -> None:
    assert report(employee, pdf)[0] == 302
    fault = ReadingFault.objects.get()
    assert (fault.note, fault.state, fault.page.number, fault.reported_by) == (NOTE, "open", 1, employee)
    seen = pages_of(knowledge_admin, pdf)
    assert "1 reading fault" in seen
    assert NOTE in seen
    assert reverse("kb:fault_close", args=[fault.uid]) in seen
    for reader in (employee, teammate):
        assert "1 reading fault" not in pages_of(reader, pdf)
        assert NOTE not in pages_of(reader, pdf)
    event = Event.objects.get(action="document.fault_reported")
    assert event.actor_id == str(employee.pk)
    assert event.subject == f"document:{pdf.uid}"


def test_outsiders_the_anonymous_and_the_revoked_cannot_report(
    pdf: Document, employee: User, outsider: User, collection: Collection
) -> None:
    assert report(outsider, pdf)[0] == 404
    assert report(None, pdf)[0] == 302  # to the sign-in page
    collection.groups.clear()
    assert report(employee, pdf)[0] == 404
    assert not ReadingFault.objects.exists()


def test_who_loses_the_right_to_change_loses_the_reports(pdf: Document, employee: User, knowledge_admin: User) -> None:
    fault = report_fault(page=pdf.current_version.pages.get(), note=NOTE, user=employee)
    close = reverse("kb:fault_close", args=[fault.uid])
    assert signed_in(employee).post(close).status_code == 404
    client = signed_in(knowledge_admin)
    User.objects.filter(pk=knowledge_admin.pk).update(role=User.Role.EMPLOYEE)
    assert client.post(close).status_code == 404
    assert ReadingFault.objects.get().state == "open"


def test_it_is_done_once_and_stays_listed(pdf: Document, employee: User, knowledge_admin: User) -> None:
    fault = report_fault(page=pdf.current_version.pages.get(), note=NOTE, user=employee)
    for _ in range(2):
        assert signed_in(knowledge_admin).post(reverse("kb:fault_close", args=[fault.uid])).status_code == 302
    fault.refresh_from_db()
    assert (fault.state, fault.closed_by) == ("done", knowledge_admin)
    assert Event.objects.filter(action="document.fault_closed").count() == 1
    seen = pages_of(knowledge_admin, pdf)
    assert "1 reading fault" not in seen
    assert "1 done" in seen
    assert NOTE in seen


@pytest.mark.parametrize("note", ["", "   ", "x" * 1001])
def test_what_says_nothing_or_too_much_is_refused_with_a_sentence(pdf: Document, employee: User, note: str) -> None:
    status, body = report(employee, pdf, note, hx_request="true")
    assert status == 422
    assert ("Say in a few words" in body) or ("at most 1000 characters" in body)
    assert not ReadingFault.objects.exists()


def test_the_panel_gets_thanks_in_place_of_the_form(pdf: Document, employee: User) -> None:
    status, body = report(employee, pdf, hx_request="true")
    assert status == 200
    assert "Thank you." in body
    assert "<form" not in body


def test_a_second_report_of_a_person_replaces_the_open_one(pdf: Document, employee: User, knowledge_admin: User) -> None:
    report(employee, pdf)
    report(employee, pdf, "Also the table is cut.")
    report(knowledge_admin, pdf, "Seen too.")
    assert sorted(ReadingFault.objects.values_list("note", flat=True)) == ["Also the table is cut.", "Seen too."]


def test_rest_shows_them_to_whoever_may_change_the_collection(pdf: Document, employee: User, knowledge_admin: User) -> None:
    fault = report_fault(page=pdf.current_version.pages.get(), note=NOTE, user=employee)
    reported = {}
    for user in (employee, knowledge_admin):
        key = create_api_key(user=user, name="Import", scopes=["read"], days=30, actor=user).text
        program = Client(headers={"Authorization": f"Bearer {key}"})
        one = program.get(f"/api/v1/documents/{pdf.uid}").json()
        listed = program.get(f"/api/v1/collections/{pdf.collection.slug}/documents").json()["items"]
        assert [row["reading_faults"] for row in listed if row["uid"] == str(pdf.uid)] == [one["reading_faults"]]
        reported[user.username] = one["reading_faults"]
    assert reported[employee.username] == []
    (row,) = reported[knowledge_admin.username]
    assert (row["uid"], row["version"], row["page"], row["note"]) == (str(fault.uid), 1, 1, NOTE)
    assert row["reported_by"] == employee.username


def test_an_admin_sees_kinds_warnings_and_the_picture_beside_the_text(
    document: Document, pdf: Document, employee: User, knowledge_admin: User
) -> None:
    version = pdf.current_version
    version.warnings = [{"code": "ocr", "pages": [1], "values": {}}, {"code": "struck_text", "pages": [2], "values": {}}]
    version.save()
    seen = signed_in(knowledge_admin).get(reverse("kb:document", args=[pdf.uid])).content.decode()
    article = seen[seen.index('id="page-1"') : seen.index("</article>")]
    assert f'src="{reverse("kb:page_image", args=[version.uid, 1])}?size=thumbnail"' in article
    assert "Hello world" in article
    assert ">OCR<" in article
    assert "may contain errors" in article
    assert "Struck-out" not in article  # of another page
    seen = signed_in(knowledge_admin).get(reverse("kb:document", args=[document.uid])).content.decode()
    assert ">Heading 1<" in seen
    assert ">Paragraph<" in seen
    assert "kind__name" not in signed_in(employee).get(reverse("kb:document", args=[document.uid])).content.decode()


def test_a_report_goes_with_the_page(pdf: Document, employee: User) -> None:
    report_fault(page=pdf.current_version.pages.get(), note=NOTE, user=employee)
    add_version(pdf, number=2)
    assert ReadingFault.objects.count() == 1
    pdf.versions.get(number=1).pages.all().delete()
    assert not ReadingFault.objects.exists()
