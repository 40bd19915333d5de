"""Nonsense in addresses and forms is answered, never with an error of ours, and changes nothing."""

import pytest
from django.test import Client

from audit.models import Event
from tests.permissions.conftest import World

pytestmark = pytest.mark.django_db
HUGE = "9" * 20
NONSENSE = [
    ("post", "/ask/", {"question": "x", "conversation": "garbage"}),
    ("post", "/ask/", {"question": "x", "conversation": "00000000-0000-4000-8000-000000000000"}),
    ("post", "/ask/", {"question": "x", "collection": "\x00"}),
    ("post", "/ask/", {}),
    ("post", "/check/", {"text": "\x00", "collection": "\x00", "passages": "\x00"}),
    ("post", "/check/", {}),
    ("get", "/", {"collection": "\x00"}),
    ("get", "/library/c/handbook/", {"q": "\x00", "page": HUGE, "state": "none"}),
    ("get", "/library/documents/{document}/", {"version": "²"}),
    ("get", "/library/documents/{document}/", {"version": HUGE}),
    ("get", "/library/sources/{version}/1/", {"start": "²", "end": HUGE}),
    ("get", f"/library/sources/{{version}}/{HUGE}/", {}),
    ("get", f"/library/sources/{{version}}/{HUGE}/image.webp", {}),
    ("get", "/people/", {"page": "x", "q": "\x00"}),
    ("get", f"/people/{HUGE}/", {}),
    ("post", "/people/new/", {"username": "a\x00", "role": "employee"}),
    ("post", "/people/new/", {"username": "ok", "role": "employee", "groups": [HUGE, "x"]}),
    ("post", f"/people/groups/{HUGE}/delete/", {}),
    ("get", "/audit/", {"before": HUGE, "since": "0000-00-00", "person": "\x00", "document": "\x00"}),
    ("get", "/audit/receipts/{document}/", {}),
    ("post", "/i18n/setlang/", {"language": "xx", "next": "https://evil.example/"}),
]


@pytest.mark.parametrize("who", ["owner", "knowledge_admin", "auditor"])
@pytest.mark.parametrize(("method", "address", "data"), NONSENSE)
def test_nonsense_is_answered_and_changes_nothing(
    client: Client, world: World, who: str, method: str, address: str, data: dict[str, object]
) -> None:
    client.force_login(world.people[who])
    response = getattr(client, method)(address.format(document=world.document.uid, version=world.version.uid), data)
    assert response.status_code < 500
    assert "evil.example" not in response.headers.get("Location", "")
    changing = Event.objects.exclude(action__in=("audit.viewed", "source.viewed", "key.created")).exclude(pk=world.event.pk)
    assert not changing.exists()
