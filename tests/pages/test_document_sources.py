"""A folder is added in three steps, its rights stand side by side, and one item is fetched again."""

import re

import pytest
from django.test import Client

from kb.models import Document
from sources.models import Source
from tests.sources.sync.conftest import root
from tests.sources.sync.share import FINANCE, item, sync, write

__all__ = ["root"]
pytestmark = pytest.mark.django_db


def test_a_folder_is_added_looked_at_and_kept_in_step(root, collection, group, knowledge_admin, employee):
    write(root, "Finance/budget.md", "# Budget\n\nForty euros.", mode=0o640)
    browser = Client()
    browser.force_login(knowledge_admin)
    kinds = browser.get(f"/library/c/{collection.slug}/document-sources/new/").content.decode()
    assert 'href="?kind=folder"' in kinds
    address = f"/library/c/{collection.slug}/document-sources/new/?kind=folder"
    given = {"name": "Share", "option_path": "/etc", "option_rights": "on", "interval_minutes": "60"}
    refused = browser.post(address, given)
    assert (refused.status_code, Source.objects.count()) == (422, 0)
    assert "ATTEST_SOURCE_FOLDERS" in refused.content.decode()
    made = browser.post(address, given | {"option_path": str(root)})
    people = browser.get(made["Location"]).content.decode()
    assert "Not known here" in people
    source = Source.objects.get()
    rule = f"/library/document-sources/{source.uid}/people/rule/?kind=group&id={FINANCE}"
    wrong = browser.post(rule, {"who": "somebody", "groups": "Nobody knows"})
    assert (wrong.status_code, source.rules.count()) == (422, 0)
    browser.post(rule, {"who": "somebody", "groups": group.name})
    samples = browser.get(f"/library/document-sources/{source.uid}/preview/").content.decode()
    assert group.name in samples
    assert not Document.objects.exists()
    browser.post(f"/library/document-sources/{source.uid}/start/")
    assert sync(source) == {"listed": 1, "new": 1}
    assert "1 document in sync" in browser.get(f"/library/document-sources/{source.uid}/").content.decode()
    shown = browser.get(f"/library/document-sources/{source.uid}/items/{item('budget.md').pk}/").content.decode()
    assert re.search(rf"{FINANCE}|{group.name}", shown)
    assert "erin" in shown
    browser.post(f"/library/document-sources/{source.uid}/items/{item('budget.md').pk}/retry/")
    assert item("budget.md").state == "waiting"
    asked = browser.post(f"/library/document-sources/{source.uid}/remove/")
    assert (asked.status_code, Source.objects.count()) == (422, 1)
