"""What a citation opens: the right words marked, for those who may read them, and each view recorded."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import User
from audit.models import Event
from kb.models import Document
from kb.viewing import views as source_views
from tests.pages.conftest import QUOTE, TEXT, add_version, signed_in


def source_of(document: Document, query: str = "") -> str:
    return reverse("kb:source", args=[document.current_version.uid, 1]) + query


def test_the_quote_is_marked_in_the_text(employee: User, document: Document) -> None:
    start = TEXT.index(QUOTE)
    page = signed_in(employee).get(source_of(document, f"?start={start}&end={start + len(QUOTE)}")).content.decode()
    assert f"<mark>{QUOTE}</mark>" in page
    assert page.count("<mark>") == 1


def test_the_quote_is_marked_over_the_picture(employee: User, pdf: Document) -> None:
    page = signed_in(employee).get(source_of(pdf, "?start=6&end=11")).content.decode()
    assert 'viewBox="0 0 595.30 841.90"' in page
    assert '<rect x="112.8" y="98.8" width="38.4" height="14.4"' in page
    assert "Page iv of 1" in page


def test_marks_are_numbers_for_machines_in_every_language(employee: User, pdf: Document) -> None:
    page = signed_in(employee).get(source_of(pdf, "?start=6&end=11"), headers={"Accept-Language": "zh-hans"}).content.decode()
    assert 'viewBox="0 0 595.30 841.90"' in page
    assert "第 iv 页，共 1 页" in page


@pytest.mark.parametrize(
    "query", ["", "?start=x&end=y", "?start=5", "?start=9&end=3", "?start=99999&end=999999", "?start=-1&end=2"]
)
def test_nonsense_marks_nothing(employee: User, document: Document, query: str) -> None:
    response = signed_in(employee).get(source_of(document, query))
    assert response.status_code == 200
    assert "<mark>" not in response.content.decode()


def test_the_panel_gets_the_fragment(employee: User, document: Document) -> None:
    page = signed_in(employee).get(source_of(document), headers={"HX-Request": "true"}).content.decode()
    assert page.startswith('<div class="panel__head">')
    assert "<html" not in page


def test_who_may_open_a_source(
    employee: User, teammate: User, knowledge_admin: User, outsider: User, auditor: User, pdf: Document
) -> None:
    picture = reverse("kb:page_image", args=[pdf.current_version.uid, 1])
    for user in (employee, teammate, knowledge_admin):
        assert signed_in(user).get(source_of(pdf)).status_code == 200
    for user in (outsider, auditor):
        assert signed_in(user).get(source_of(pdf)).status_code == 404
        assert signed_in(user).get(picture).status_code == 404
    assert signed_in(None).get(source_of(pdf)).status_code == 302
    assert signed_in(None).get(picture).status_code == 302


def test_a_view_is_recorded_and_a_refused_one_is_not(employee: User, outsider: User, document: Document) -> None:
    signed_in(outsider).get(source_of(document))
    assert not Event.objects.filter(action="source.viewed").exists()
    signed_in(employee).get(source_of(document, "?start=0&end=6"))
    event = Event.objects.get(action="source.viewed")
    assert event.actor_id == str(employee.pk)
    payload = json.loads(event.payload.body)
    assert "leave.md" in json.dumps(payload)


def test_a_deleted_document_opens_no_more(employee: User, knowledge_admin: User, document: Document) -> None:
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    for user in (employee, knowledge_admin):
        assert signed_in(user).get(source_of(document)).status_code == 404


def test_an_old_version_says_by_which_it_was_replaced(employee: User, document: Document) -> None:
    old = source_of(document)
    add_version(document, number=2)
    assert "replaced by version 2" in signed_in(employee).get(old).content.decode()


def test_a_version_that_never_answered_is_for_admins(employee: User, knowledge_admin: User, document: Document) -> None:
    version = add_version(document, number=2, status="failed")
    version.pages.create(number=1, text="unseen")
    address = reverse("kb:source", args=[version.uid, 1])
    assert signed_in(employee).get(address).status_code == 404
    assert signed_in(knowledge_admin).get(address).status_code == 200


def test_a_page_that_is_not_there(employee: User, document: Document) -> None:
    assert signed_in(employee).get(reverse("kb:source", args=[document.current_version.uid, 2])).status_code == 404
    assert signed_in(employee).get(reverse("kb:page_image", args=[document.current_version.uid, 1])).status_code == 404


def test_a_picture_is_kept_by_the_browser_but_asked_for_each_time(
    employee: User, pdf: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.webp"
    Image.new("RGB", (4, 4), "white").save(path)
    monkeypatch.setattr(source_views, "page_picture", lambda **_arguments: path.read_bytes())  # rendering has its own tests
    client, address = signed_in(employee), reverse("kb:page_image", args=[pdf.current_version.uid, 1])
    response = client.get(address)
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "private, no-cache"
    assert response.content == path.read_bytes()
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    pdf.collection.groups.clear()
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 404
