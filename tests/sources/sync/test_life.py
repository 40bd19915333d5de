"""A source's life: first items, changes, moves, what is gone, and what goes wrong."""

import pytest

from audit.models import Event
from kb.models import Document
from sources.models import Source, SourceItem
from sources.sync.services import request_run
from tests.sources.sync.share import add_share, item, names, sync, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(root, collection, knowledge_admin):
    write(root, "Finance/2026/budget.md", "# Budget\n\nThe budget is 40 euros.")
    write(root, "leave.md", "# Leave\n\nNine days.")
    return add_share(collection, knowledge_admin, root)


def test_each_file_becomes_a_document_that_says_where_it_is_from(source):
    assert sync(source, index=True) == {"listed": 2, "new": 2}
    assert names() == ["Share/Finance/2026/budget.md", "Share/leave.md"]
    document = Document.objects.get(name__endswith="budget.md")
    assert document.origin == {"source": "Share", "folders": ["Finance", "2026"], "url": "", "keeps_rights": True}
    assert sync(source) == {"listed": 2}
    source.refresh_from_db()
    assert (source.error_code, source.step, source.cursor) == ("", Source.Step.LIST, "")


def test_a_changed_file_is_a_new_version_and_a_moved_one_keeps_its_document(source, root):
    sync(source, index=True)
    budget = Document.objects.get(name__endswith="budget.md")
    write(root, "Finance/2026/budget.md", "# Budget\n\nThe budget is 41 euros.")
    assert sync(source, index=True) == {"listed": 2, "changed": 1}
    (root / "Finance/2026/budget.md").rename(root / "plan.md")
    assert sync(source, index=True) == {"listed": 2, "moved": 1}
    budget.refresh_from_db()
    assert (budget.name, budget.versions.count(), budget.origin["folders"]) == ("Share/plan.md", 2, [])
    assert Event.objects.filter(action="document.renamed").count() == 1


def test_a_file_that_is_saved_by_replacing_it_keeps_its_document(source, root):
    sync(source)
    leave = Document.objects.get(name="Share/leave.md")
    write(root, "new.tmp.md", "# Leave\n\nTen days.").replace(root / "leave.md")
    assert sync(source) == {"listed": 2, "changed": 1}
    assert Document.objects.live().get(name="Share/leave.md") == leave
    assert leave.versions.count() == 2
    assert SourceItem.objects.count() == 2


def test_a_deleted_file_takes_its_document_along(source, root):
    sync(source)
    (root / "leave.md").unlink()
    assert sync(source) == {"listed": 1, "deleted": 1}
    assert names() == ["Share/Finance/2026/budget.md"]


def test_the_same_bytes_at_two_places_are_two_documents(source, root):
    write(root, "copy.md", "# Leave\n\nNine days.", mode=0o600)
    assert sync(source) == {"listed": 3, "new": 3}
    assert not Document.objects.get(name="Share/leave.md").is_narrowed
    assert Document.objects.get(name="Share/copy.md").is_narrowed


def test_when_much_vanishes_at_once_a_person_is_asked(source, root, knowledge_admin):
    for number in range(30):
        write(root, f"many/{number}.md", f"Part {number}.")
    sync(source)
    for number in range(20):
        (root / f"many/{number}.md").unlink()
    assert sync(source) == {"listed": 12, "held": 20}
    assert Document.objects.live().count() == 32
    request_run(source, user=knowledge_admin, may_delete_many=True)
    assert sync(source) == {"listed": 12, "deleted": 20}


def test_a_share_that_is_not_mounted_deletes_nothing(source, root):
    sync(source)
    root.rename(root.with_name("elsewhere"))
    assert sync(source) == {"code": "source_away"}
    root.mkdir()
    assert sync(source) == {"held": 2}
    assert len(names()) == 2
    root.rmdir()
    root.with_name("elsewhere").rename(root)
    assert sync(source) == {"listed": 2}


def test_what_is_no_document_is_left_out_with_its_reason(source, root):
    write(root, "program.exe", "MZ\x00\x01")
    assert sync(source)["left_out"] == 1
    assert (item("program.exe").state, item("program.exe").error_code) == ("left_out", "unknown_type")
    assert sync(source) == {"listed": 3, "left_out": 1}
