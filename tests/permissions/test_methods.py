"""What changes something answers to no GET, whoever asks."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.permissions.conftest import World
from tests.permissions.test_every_address import ADDRESSES, undone

pytestmark = pytest.mark.django_db
CHANGING = sorted(name for name, cases in ADDRESSES.items() if cases and all(case.method != "get" for case in cases))
# Addresses of several operations, of which one reads; its own rows are in the table under another name.
SHARED = ("api:", "scim:", "openai:", "outside:", "mcp")
LEAVES_ALL = ("account_logout", "set_language")  # by GET the one asks whether it is meant, the other leads back


def test_what_changes_something_is_no_get(world: World) -> None:
    browser = Client()
    browser.force_login(world.people["knowledge_admin"])
    answered = {}
    for name in CHANGING:
        if not name.startswith(SHARED) and name not in LEAVES_ALL:
            with undone():
                answered[name] = browser.get(reverse(name, args=ADDRESSES[name][0].arguments(world))).status_code
    assert len(answered) > 60
    assert {name: status for name, status in answered.items() if status not in (404, 405)} == {}
