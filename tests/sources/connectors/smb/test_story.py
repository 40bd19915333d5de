"""A Windows share kept in step: two people, access lists that change and deny, a move, a deletion; a share that is away."""

import shutil

import pytest

from kb.models import Document
from sources.sync.rights import set_rules
from sources.sync.services import create_source, start_source
from tests.sources.connectors.smb.samba import ADMIN, ALLOW, DENY, PASSWORD, READ, READER, running_samba
from tests.sources.connectors.smb.test_smb import needs_samba
from tests.sources.sync.share import names, sync

pytestmark = [pytest.mark.django_db, needs_samba]


@pytest.fixture(scope="module")
def running():
    with running_samba() as server:
        yield server


@pytest.fixture
def source(running, collection, knowledge_admin, employee, teammate, settings, tmp_path):
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    for path in running.share.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    source = create_source(
        collection=collection,
        user=knowledge_admin,
        name="Share",
        kind="smb",
        options={"host": "127.0.0.1", "port": str(running.port), "share": "docs", "username": READER},
        secrets={"password": PASSWORD},
    )
    # Whom the server's accounts are here: the account that reads is Erin's, the administrator's is Tao's.
    for sid, person in ((running.sid_of(READER), employee), (running.sid_of(ADMIN), teammate)):
        set_rules(source, kind="person", id_=sid, groups=[], people=[person.username], user=knowledge_admin)
    start_source(source, user=knowledge_admin)
    return source


def readers(name, *users):
    return [user.username for user in users if Document.objects.visible_to(user).filter(name=name).exists()]


def test_rights_moves_and_deletions_follow(source, running, employee, teammate):
    erin, tao = running.sid_of(READER), running.sid_of(ADMIN)
    running.write("Finance/plan.txt", "The plan.", (ALLOW, READ, erin))
    running.write("Finance/both.txt", "For both.", (ALLOW, READ, erin), (ALLOW, READ, tao))
    running.write("Finance/denied.txt", "Not for all.", (DENY, READ & 0x1, tao), (ALLOW, READ, "S-1-1-0"))
    assert sync(source) == {"listed": 3, "new": 3}
    kept = {name.rpartition("/")[2].rpartition(" ")[2]: name for name in names()}
    plan, both, denied = (kept[name] for name in ("plan.txt", "both.txt", "denied.txt"))
    assert readers(plan, employee, teammate) == [employee.username]
    assert readers(both, employee, teammate) == [employee.username, teammate.username]
    assert readers(denied, employee, teammate) == [employee.username]

    running.set_list("Finance/both.txt", (ALLOW, READ, tao), (ALLOW, 0x20000, erin))
    assert sync(source) == {"listed": 3, "rights": 1}
    assert readers(both, employee, teammate) == [teammate.username]

    document = Document.objects.live().get(name=plan)
    (running.share / "Finance" / "plan.txt").rename(running.share / "moved.txt")
    assert sync(source) == {"listed": 3, "moved": 1}
    assert Document.objects.live().filter(pk=document.pk).exists()

    (running.share / "moved.txt").unlink()
    assert sync(source)["deleted"] == 1
    assert not Document.objects.live().filter(pk=document.pk).exists()


def test_a_share_that_is_away_deletes_nothing(source, running):
    running.write("plan.txt", "The plan.", (ALLOW, READ, running.sid_of(READER)))
    sync(source)
    source.options = source.options | {"share": "none"}
    source.save(update_fields=["options"])
    assert sync(source)["code"] == "source_away"
    assert len(names()) == 1
