"""Dates of pages: one style, the reader's time zone, ISO beneath; what programs read stays UTC."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.keys import create_api_key
from accounts.models import User
from audit.actor import Actor
from audit.models import Event
from audit.services import record
from kb.models import Document
from kb.templatetags.moments import day_of, format_moment, moment, moment_ago
from tests.confirmed import confirmed
from tests.pages.conftest import signed_in

MOMENT = datetime(2026, 5, 2, 17, 5, 9, tzinfo=UTC)  # in Shanghai the 3rd
FORMATS_BY_ITSELF = re.compile(r"\|\s*(date|time|timesince|timeuntil|naturaltime|naturalday)\b|{%\s*now\b")


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        (
            "en",
            "UTC",
            {
                "day": "2 May 2026",
                "minute": "2 May 2026, 17:05",
                "second": "2 May 2026, 17:05:09",
                "exact": "2 May 2026, 17:05:09 GMT",
                "clock": "17:05",
            },
        ),
        (
            "zh-hans",
            "Asia/Shanghai",
            {
                "day": "2026年5月3日",
                "minute": "2026年5月3日 01:05",
                "second": "2026年5月3日 01:05:09",
                "exact": "2026年5月3日 01:05:09 GMT+08:00",
                "clock": "01:05",
            },
        ),
        ("en", "America/St_Johns", {"exact": "2 May 2026, 14:35:09 GMT-02:30"}),
        ("en", "Europe/London", {"exact": "2 May 2026, 18:05:09 GMT+01:00"}),
    ],
)
def test_each_form_of_a_moment(language: str, zone: str, expected: dict[str, str]) -> None:
    with translation.override(language), timezone.override(zone):
        assert {form: format_moment(MOMENT, form) for form in expected} == expected


def test_the_element_holds_utc_whatever_it_shows() -> None:
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert moment(MOMENT, "day") == (
            '<time datetime="2026-05-02T17:05:09+00:00" data-moment="day" '
            'title="2026年5月3日 01:05:09 GMT+08:00">2026年5月3日</time>'
        )
        assert '<time datetime="2026-05-02T17:05:09+00:00" data-moment="ago"' in moment_ago(MOMENT)
        assert moment("2026-05-02T17:05:09+00:00", "day") == moment(MOMENT, "day")  # as a signed checkpoint holds it
        assert [moment(text) for text in ("soon", "2026-13-02T17:05:09Z")] == ["soon", "2026-13-02T17:05:09Z"]
        assert moment(None) == moment_ago(None) == day_of(None) == ""
        assert day_of(date(2026, 5, 2)) == "2026年5月2日"  # a bare date is the same day everywhere


def test_no_template_formats_a_date_by_itself() -> None:
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    assert [path.name for path in templates if FORMATS_BY_ITSELF.search(path.read_text())] == []


def key_page(user: User, *, cookie: str = "", language: str = "en") -> str:
    """Return the page of keys; one of them was used at MOMENT."""
    key = create_api_key(user=user, name="Import", scopes=["ask"], days=30, actor=user).key
    type(key).objects.filter(pk=key.pk).update(last_used_at=MOMENT)
    client = signed_in(user)
    if cookie:
        client.cookies["time_zone"] = cookie
    return client.get(reverse("accounts:keys"), headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize(
    ("cookie", "language", "expected"),
    [
        ("", "en", "2 May 2026, 17:05"),
        ("Asia%2FShanghai", "en", "3 May 2026, 01:05"),
        ("Asia%2FShanghai", "zh-hans", "2026年5月3日 01:05"),
        ("Asia/Calcutta", "zh-hans", "2026年5月2日 22:35"),
        ("Nowhere/Land", "en", "2 May 2026, 17:05"),
        ("../../../etc/passwd", "en", "2 May 2026, 17:05"),
        ("%2Fetc%2Flocaltime", "en", "2 May 2026, 17:05"),
    ],
)
def test_a_page_shows_moments_in_the_zone_that_the_browser_named(employee: User, cookie: str, language: str, expected: str) -> None:
    page = key_page(employee, cookie=cookie, language=language)
    assert f">{expected}</time>" in page
    assert 'datetime="2026-05-02T17:05:09+00:00"' in page
    assert timezone.get_current_timezone_name() == "UTC"  # the next request begins without it


@pytest.mark.usefixtures("unguarded_audit")
def test_a_day_of_the_audit_begins_at_the_readers_midnight(auditor: User) -> None:
    event = record("source.viewed", by=Actor(id="7", name="tao"), summary="leave.md")
    models.QuerySet(Event).filter(pk=event.pk).update(at=MOMENT)
    client = signed_in(auditor)
    address = reverse("audit:index") + "?kind=sources&since=2026-05-03&until=2026-05-03"
    assert str(event.uid) not in client.get(address).content.decode()
    client.cookies["time_zone"] = "Asia%2FShanghai"
    assert str(event.uid) in client.get(address).content.decode()


@pytest.mark.usefixtures("unguarded_audit")
def test_exports_and_programs_read_utc(auditor: User, knowledge_admin: User, document: Document) -> None:
    event = record("source.viewed", by=Actor(id="7", name="tao"), summary="leave.md")
    models.QuerySet(Event).filter(pk=event.pk).update(at=MOMENT)
    reviewer = confirmed(signed_in(auditor))
    reviewer.cookies["time_zone"] = "Asia%2FShanghai"
    table = reviewer.get(reverse("audit:export") + "?kind=sources").content.decode("utf-8-sig")
    assert [row["at"] for row in csv.DictReader(io.StringIO(table))] == ["2026-05-02T17:05:09.000+00:00"]

    Document.objects.filter(pk=document.pk).update(created_at=MOMENT)
    token = create_api_key(user=knowledge_admin, name="Import", scopes=["read"], days=30, actor=knowledge_admin).text
    program = Client()
    program.cookies["time_zone"] = "Asia%2FShanghai"
    expected = program.get(f"/api/v1/documents/{document.uid}", headers={"Authorization": f"Bearer {token}"}).json()
    assert expected["created_at"] == "2026-05-02T17:05:09Z"
