"""Who may read there reads here: matched by name, mail, directory or rule; deny wins; changes count."""

import os
import struct

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from accounts.errors import ValuesRefused
from accounts.models import Provisioned, User
from audit.models import Event
from kb.index.search import scope_for
from kb.models import Document
from kb.rights.folders import narrow_document
from kb.rights.readers import Readers
from kb.rights.reasons import gates_of, readers_of, reasons_for
from sources.connectors.folder.posix import OPEN, READ, both, entries_of, rights_from
from sources.connectors.port import EVERYONE, Principal, Rights
from sources.sync.matching import match_principals, resolve, write_rights
from sources.sync.rights import rematch_due, set_rules
from tests.sources.sync.share import EVERYBODY_ELSE, FINANCE, IS_ROOT, OWNER, add_share, sync, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(employee):
    group = Group.objects.create(name="Finance")
    employee.groups.add(group)
    return group


@pytest.fixture
def source(root, collection, knowledge_admin):
    """One file for a group of the share, one for all."""
    write(root, "budget.md", "# Budget\n\nThe budget is 40 euros.", mode=0o640)
    write(root, "leave.md", "# Leave\n\nNine days.")
    return add_share(collection, knowledge_admin, root)


def document(name):
    return Document.objects.live().get(name=f"Share/{name}")


def reads(user, name) -> bool:
    """Whether the database, the scope of the index and the page of readers agree that somebody reads a document."""
    row = document(name)
    by_rows = Document.objects.visible_to(user).filter(pk=row.pk).exists()
    hidden = scope_for(user).hidden
    by_scope = row.collection_id in scope_for(user).collection_ids and row.pk not in {
        int.from_bytes(hidden[at : at + 8], "little") for at in range(0, len(hidden), 8)
    }
    assert by_rows == by_scope
    if isinstance(user, User) and not user.is_knowledge_admin:
        assert (user in readers_of(gates_of(row))) == by_rows
        assert bool(reasons_for(user, gates_of(row))) == by_rows
    return by_rows


def who_reads(name, *users) -> str:
    return " ".join(user.username for user in users if reads(user, name))


def test_who_matches_nobody_reads_nothing_until_a_rule_says_who_that_is(
    source, finance, employee, teammate, outsider, knowledge_admin, auditor
):
    sync(source)
    people = (employee, teammate, outsider, auditor, knowledge_admin)
    assert who_reads("leave.md", *people) == "erin tao kim"
    assert who_reads("budget.md", *people) == "kim"  # who manages the collection
    assert not reads(AnonymousUser(), "budget.md")

    assert set_rules(source, kind="group", id_=str(FINANCE), groups=["Finance"], people=[], user=knowledge_admin) == 1
    assert who_reads("budget.md", *people) == "erin kim"
    outsider.groups.add(finance)
    assert not reads(outsider, "budget.md")  # not a reader of the collection
    employee.groups.remove(finance)
    assert not reads(employee, "budget.md")

    set_rules(source, kind="group", id_=str(FINANCE), groups=[], people=["tao"], user=knowledge_admin)
    assert who_reads("budget.md", *people) == "tao kim"
    set_rules(source, kind="group", id_=str(FINANCE), groups=[], people=[], user=knowledge_admin)
    assert who_reads("budget.md", *people) == "kim"
    assert Event.objects.filter(action="document_source.rule_changed").count() == 3


def test_a_changed_mode_counts_at_the_next_sync(source, root, finance, employee, teammate, knowledge_admin):
    set_rules(source, kind="group", id_=str(FINANCE), groups=["Finance"], people=[], user=knowledge_admin)
    sync(source)
    assert who_reads("budget.md", employee, teammate) == "erin"
    (root / "budget.md").chmod(0o600)
    assert sync(source) == {"listed": 2, "rights": 1}
    assert who_reads("budget.md", employee, teammate) == ""
    (root / "budget.md").chmod(0o644)
    sync(source)
    assert who_reads("budget.md", employee, teammate) == "erin tao"
    assert document("budget.md").versions.count() == 1


def test_deny_wins_for_a_member_of_an_allowed_group(source, root, finance, employee, teammate, knowledge_admin):
    """Everybody but the group: the mode 604."""
    (root / "budget.md").chmod(0o604)
    sync(source)
    assert who_reads("budget.md", employee, teammate) == ""  # who is denied is not known here: nobody reads
    set_rules(source, kind="person", id_=str(OWNER), groups=[], people=[], is_nobody=True, user=knowledge_admin)
    set_rules(source, kind="group", id_=str(FINANCE), groups=["Finance"], people=[], user=knowledge_admin)
    assert who_reads("budget.md", employee, teammate) == "tao"
    finance.delete()
    assert rematch_due() == 1
    assert who_reads("budget.md", employee, teammate) == ""


@pytest.mark.skipif(not IS_ROOT, reason="only root gives a folder to another group")
def test_a_folder_that_nobody_gets_through_shuts_what_is_in_it(source, root, finance, employee, teammate, knowledge_admin):
    write(root, "closed/open.md", "Open to all.", mode=0o644)
    os.chown(root / "closed", OWNER, FINANCE)
    (root / "closed").chmod(0o750)
    set_rules(source, kind="group", id_=str(FINANCE), groups=["Finance"], people=[], user=knowledge_admin)
    sync(source)
    assert who_reads("closed/open.md", employee, teammate) == "erin"
    os.chown(root / "closed", OWNER, EVERYBODY_ELSE)
    sync(source)
    assert who_reads("closed/open.md", employee, teammate) == ""


def test_without_rights_of_the_source_those_of_the_collection_count(root, collection, knowledge_admin, employee, outsider):
    write(root, "budget.md", "The budget.", mode=0o600)
    sync(add_share(collection, knowledge_admin, root, options={"path": str(root), "rights": "no"}))
    assert who_reads("budget.md", employee, outsider) == "erin"


def test_the_source_alone_says_who_reads(source, employee):
    sync(source)
    with pytest.raises(ValuesRefused, match="source of this document"):
        narrow_document(document=document("leave.md"), readers=Readers(people=("tao",)), user=None)


def matches(source, *principals):
    rights = write_rights(Rights(allow=frozenset(principals)))
    return resolve(rights, match_principals(source, {(one.kind, one.id) for one in principals}))


def test_principals_are_found_by_what_nobody_gives_themselves(source, finance, employee, teammate):
    User.objects.filter(pk=employee.pk).update(email="Erin@Example.com")
    Provisioned.objects.create(user=teammate, external_id="7f-tao")
    Provisioned.objects.create(group=finance, external_id="S-1-5-21-7")
    for id_, expected in (("erin@example.com", employee), ("ERIN", employee), ("7f-tao", teammate)):
        assert matches(source, Principal(kind="person", id=id_)).people == (expected.pk,)
    for id_ in ("finance", "S-1-5-21-7"):
        assert matches(source, Principal(kind="group", id=id_)).groups == (finance.pk,)
    found = matches(source, Principal(kind="person", id="1000", name="erin"), Principal(kind="group", id="9", name="Finance"))
    assert (found.people, found.groups, found.is_open) == ((), (), False)
    User.objects.filter(pk=teammate.pk).update(email="erin@example.com")  # two could be meant
    assert matches(source, Principal(kind="person", id="erin@example.com")).people == ()


def person(id_):
    return Principal(kind="person", id=str(id_))


def team(id_):
    return Principal(kind="group", id=str(id_))


ALL = Principal(kind=EVERYONE)


@pytest.mark.parametrize(
    ("mode", "allow", "deny"),
    [
        (0o644, {ALL}, set()),
        (0o640, {person(1), team(2)}, set()),
        (0o600, {person(1)}, set()),
        (0o000, set(), set()),
        (0o040, {team(2)}, {person(1)}),
        (0o004, {ALL}, {person(1), team(2)}),
        (0o604, {ALL}, {team(2)}),
    ],
)
def test_mode_bits_say_who_reads(mode, allow, deny):
    status = os.stat_result((0o100000 | mode, 0, 0, 1, 1, 2, 0, 0, 0, 0))
    rights = rights_from(entries_of(status, acl=b""), READ, name=lambda kind, id_: Principal(kind=kind, id=str(id_)))
    assert (rights.allow, rights.deny) == (frozenset(allow), frozenset(deny))


def test_an_access_list_says_it_within_its_mask():
    status = os.stat_result((0o100640, 0, 0, 1, 1, 2, 0, 0, 0, 0))
    lines = [(1, 6, 0), (2, 4, 7), (2, 0, 8), (4, 4, 0), (8, 4, 9), (8, 2, 10), (0x10, 4, 0), (0x20, 0, 0)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *line) for line in lines)
    rights = rights_from(entries_of(status, acl=acl), READ, name=lambda kind, id_: Principal(kind=kind, id=str(id_)))
    assert rights.allow == {person(1), person(7), team(2), team(9)}
    assert rights.deny == {person(8)}


def test_a_way_is_as_narrow_as_its_narrowest_part():
    some, others = Rights(allow=frozenset({team(2)})), Rights(allow=frozenset({team(3)}), deny=frozenset({person(1)}))
    assert both(OPEN, some) == both(some, OPEN) == some
    assert both(some, others) == Rights(deny=frozenset({person(1)}))
