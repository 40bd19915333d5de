"""What someone may not read leaves no trace in what they are shown: pages are the same bytes with it and without it."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from audit.models import Event
from chat.models import Conversation
from kb.models import Collection
from tests.permissions.conftest import SECRET, World, make_document

pytestmark = pytest.mark.django_db
PAGES = (
    "/",
    "/library/",
    "/library/?q=wombat",
    "/?collection=handbook",
    "/library/c/handbook/",
    "/library/c/hidden/",
    "/people/",
    "/audit/",
)


def shown(client: Client, address: str) -> tuple[int, str]:
    """A page without what differs from request to request."""
    response = client.get(address)
    text = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|X-CSRFToken&quot;: &quot;)\w+', "", response.content.decode())
    return response.status_code, text.replace(response["X-Request-ID"], "")


@pytest.mark.parametrize("who", ["outsider", "auditor"])
def test_a_collection_of_others_changes_no_byte_of_any_page(client: Client, world: World, who: str) -> None:
    client.force_login(world.people[who])
    before = {address: shown(client, address) for address in PAGES}
    hidden = Collection.objects.create(name="Hidden", slug="hidden", suggested_questions=["How long is burrow leave?"])
    hidden.groups.add(Group.objects.create(name="Board"))
    for number in range(3):
        make_document(hidden, name=f"wombats-{number}.pdf")
    Conversation.objects.create(user=world.people["owner"], title="Secret plans")
    after = {address: shown(client, address) for address in PAGES}
    if who == "auditor":  # whose reading of the audit is itself in the audit
        assert Event.objects.filter(action="audit.viewed").count() == 1
        del before["/audit/"], after["/audit/"]
    assert after == before
    for _status, text in after.values():
        for word in (SECRET, "wombats", "Handbook", "Secret plans", "Board"):
            assert word not in text


def test_whoever_leaves_the_group_loses_all_of_it_at_once(client: Client, world: World) -> None:
    reader = world.people["teammate"]
    client.force_login(reader)
    addresses = (
        f"/library/c/{world.collection.slug}/",
        f"/library/documents/{world.document.uid}/",
        f"/library/sources/{world.version.uid}/1/",
        f"/library/sources/{world.version.uid}/1/image.webp",
    )
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    tag = client.get(addresses[3])["ETag"]
    reader.groups.clear()
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    assert client.get(addresses[3], headers={"If-None-Match": tag}).status_code == 404


def test_a_deleted_document_is_gone_for_everyone_at_once(client: Client, world: World) -> None:
    client.force_login(world.people["knowledge_admin"])
    assert client.post(f"/library/documents/{world.document.uid}/delete/").status_code == 302
    for who in ("owner", "knowledge_admin"):
        client.force_login(world.people[who])
        for address in (
            f"/library/documents/{world.document.uid}/",
            f"/library/sources/{world.version.uid}/1/",
            f"/library/sources/{world.version.uid}/1/image.webp",
            f"/library/versions/{world.version.uid}/original/",
        ):
            assert client.get(address).status_code == 404
        assert SECRET not in client.get(f"/library/c/{world.collection.slug}/").content.decode()
