"""Separated duties: a system admin rules people, sign-in and models and reads nothing by it, a knowledge admin collections."""

import json
from contextlib import ExitStack
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from accounts.services import change_account
from audit.models import Event
from chat.models import Conversation
from kb.models import Collection, Document
from tests.pages.conftest import signed_in
from tests.permissions.conftest import PEOPLE, World
from tests.permissions.test_every_address import ADDRESSES, Case, answer, undone

pytestmark = pytest.mark.django_db
RULES_PEOPLE = ("accounts:", "models:")  # what system admins are for
OWN = {"accounts:keys", "accounts:key_revoke", "accounts:security", "accounts:session_end", "accounts:sessions_end"}
OWN |= {"accounts:factor_needed"}
SAMPLE = {  # of each kind of address: all of them, for two more people, would take minutes
    *("accounts:index", "accounts:change", "accounts:rules", "accounts:providers", "accounts:group_create", "accounts:password"),
    *("models:index", "models:model_test", "models:route_delete", "kb:collection", "kb:document", "kb:source", "kb:page_image"),
    *("kb:original", "kb:collection_edit", "kb:document_readers", "kb:stewards", "kb:folder", "ingest:upload", "ingest:queue"),
    *("ingest:editions", "sources:index", "audit:index", "audit:receipt", "chat:conversation", "kb:collection_new"),
    *("api:get_collection", "api:get_document", "api:create_collection", "api:narrow_document", "api:change_index"),
}


@pytest.fixture
def system_admin() -> User:
    return User.objects.create_user(username="sam", password="correct horse 7", role=User.Role.SYSTEM_ADMIN)


@pytest.mark.parametrize("name", sorted(SAMPLE))
def test_a_system_admin_rules_people_and_reads_like_anyone(world: World, system_admin: User, name: str) -> None:
    """Of each address of the table: what the admin gets of people, sign-in and models, what an outsider gets of all else."""
    world.people["system_admin"] = system_admin
    as_admin = name.startswith(RULES_PEOPLE) and name not in OWN
    with ExitStack() as opened:
        for case in ADDRESSES[name]:
            expected = dict(zip(PEOPLE, map(int, case.expected.split()), strict=True))
            got = answer_undone(world, name, case, "system_admin", opened=opened)
            assert got == expected["knowledge_admin" if as_admin else "outsider"], name


@pytest.mark.parametrize("name", sorted(one for one in SAMPLE if one.startswith(RULES_PEOPLE)))
def test_a_knowledge_admin_rules_no_people_once_duties_are_separated(world: World, system_admin: User, name: str) -> None:
    SignInRules.objects.create(pk=SignInRules.ONLY, are_duties_separated=True)
    world.people["system_admin"] = system_admin
    with ExitStack() as opened:
        for case in ADDRESSES[name]:
            expected = dict(zip(PEOPLE, map(int, case.expected.split()), strict=True))
            assert answer_undone(world, name, case, "knowledge_admin", opened=opened) == expected["outsider"], name
            assert answer_undone(world, name, case, "system_admin", opened=opened) == expected["knowledge_admin"], name


def answer_undone(world: World, name: str, case: Case, who: str, *, opened: ExitStack) -> int:
    with undone():
        return answer(world, name, case, who, opened=opened)


def test_a_system_admin_sees_what_somebody_would_find_as_a_number_alone(
    system_admin: User, employee: User, collection: Collection, settings: object, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kb.index.engine import Engine
    from tests.kb.indexing import index_document

    engine = Engine(embedder="bundled-english", root=tmp_path)
    index_document(engine, collection, "leave.md", ["Burrow leave lasts nine days."])
    Collection.objects.filter(pk=collection.pk).update(vocabulary="burrow = quokka")
    monkeypatch.setattr("kb.index.explain_views.get_engine", lambda: engine)
    monkeypatch.setattr("kb.index.search.get_engine", lambda: engine)
    page = signed_in(system_admin).get("/library/explain/", {"q": "burrow leave", "person": "erin"}).content.decode()
    assert "erin also gets 1 passage from a document that you cannot read." in page
    assert not any(word in page for word in ("nine days", "leave.md", "Handbook", "quokka"))
    assert Event.objects.filter(action="search.explained", actor_name="sam").exists()


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("separate_duties", *arguments, stdout=out)
    return out.getvalue()


def test_an_installation_is_told_first_then_separated_and_nobody_is_locked_out(
    knowledge_admin: User, collection: Collection
) -> None:
    document = Document.objects.create(collection=collection, name="a.md", title="A")
    User.objects.create_user(username="ben", role=User.Role.KNOWLEDGE_ADMIN)
    assert "Manage people, sign-in and models, and read nothing by that: kim" in told("--system-admin", "kim")
    assert User.objects.get(username="kim").role == User.Role.KNOWLEDGE_ADMIN
    told("--system-admin", "kim", "--own", "--apply")
    kim, ben = User.objects.get(username="kim"), User.objects.get(username="ben")
    assert (kim.is_system_admin, kim.is_knowledge_admin, ben.is_system_admin, ben.is_knowledge_admin) == (True, False, False, True)
    assert Document.objects.visible_to(kim).get() == document  # by owning, which can be taken away
    later = Collection.objects.create(name="Later", slug="later")
    assert not Collection.objects.visible_to(kim).filter(pk=later.pk).exists()
    payload = json.loads(Event.objects.get(action="account.duties_separated").payload.body)["payload"]
    assert payload == {
        "system_admins": ["kim"],
        "owners": ["kim"],
        "knowledge_admins": ["ben"],
        "watching": [],
        "unowned": [],
        "collections": 1,
    }
    assert signed_in(ben).get("/people/").status_code == 404
    assert signed_in(kim).get("/people/").status_code == 200
    assert "too" in told("--join")
    assert User.objects.get(username="ben").is_system_admin


def test_whoever_audits_loses_what_they_rule_and_the_report_says_so(
    knowledge_admin: User, auditor: User, collection: Collection
) -> None:
    collection.stewards.create(user=auditor, role="owner")
    User.objects.filter(pk=auditor.pk).update(is_superuser=True)
    User.objects.create_user(username="ben", role=User.Role.KNOWLEDGE_ADMIN)
    report = told("--system-admin", "kim")
    assert "lose the collections that they own or edit, and is_superuser: ada" in report
    assert "Without an owner who can sign in, kept by the knowledge admins: Handbook" in report
    assert collection.stewards.exists()
    told("--system-admin", "kim", "--apply")
    assert not collection.stewards.exists()
    assert not User.objects.get(pk=auditor.pk).is_superuser


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Nobody would manage people"),
        (["--system-admin", "nobody"], "nobody is no active knowledge admin"),
        (["--system-admin", "kim"], "Nobody would manage 1 collections"),
    ],
)
def test_what_would_leave_nobody_in_charge_is_refused(
    knowledge_admin: User, collection: Collection, arguments: list[str], problem: str
) -> None:
    for more in ([], ["--apply"]):
        out = StringIO()
        with pytest.raises(CommandError) as refused:
            call_command("separate_duties", *arguments, *more, stdout=out)
        assert problem in out.getvalue() + str(refused.value)
    assert User.objects.get(username="kim").role == User.Role.KNOWLEDGE_ADMIN
    assert not Event.objects.filter(action="account.duties_separated").exists()


def test_the_last_system_admin_stays_and_gives_themselves_no_groups(
    system_admin: User, knowledge_admin: User, group: Group
) -> None:
    SignInRules.objects.create(pk=SignInRules.ONLY, are_duties_separated=True)
    with pytest.raises(AccountRefused) as refused:
        change_account(user=system_admin, actor=None, role="employee")
    assert refused.value.code == "last_admin"
    with pytest.raises(AccountRefused) as refused:
        change_account(user=system_admin, actor=system_admin, groups=[group])
    assert refused.value.code == "own_account"
    change_account(user=system_admin, actor=system_admin, groups=[], first_name="Sam")
    change_account(user=knowledge_admin, actor=system_admin, role="employee")


def test_neither_reads_conversations_of_others(world: World, system_admin: User, client: Client) -> None:
    client.force_login(system_admin)
    assert client.get(f"/c/{Conversation.objects.get().uid}/").status_code == 404
