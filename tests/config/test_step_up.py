"""Before a dangerous act whoever is signed in confirms that it is they; who may not do it anyway is not asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import ApiKey, IdentityProvider, PendingAct, User
from accounts.programs.service_accounts import create_service
from accounts.second_person import request_act
from audit.models import Event, Hold
from audit.services import record
from config.requests.step_up import DANGEROUS
from integrations.chat_apps.editing import create_chat_app
from integrations.chat_apps.models import ChatApp
from integrations.widgets.editing import create_widget
from integrations.widgets.models import Widget
from kb.models import Collection
from retention.holding.services import place_hold
from retention.models import Erasure, RetentionRule
from retention.rules.changing import set_rule
from tests.accounts.saml_idp import METADATA, SSO
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"
CONFIRM = "/accounts/confirm/"


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


@dataclass(frozen=True)
class Act:
    """`who` does it by `method`; `has_happened` tells from the database, `others` are of roles that may not."""

    who: str
    has_happened: Callable[[], bool]
    others: tuple[str, ...]
    method: str = "post"
    data: dict[str, Any] = field(default_factory=dict)
    needs_person: bool = False
    needs_provider: bool = False


WIDGET = {
    "name": "New",
    "title": "Ask",
    "origins": "https://intranet.example",
    "accent": "#225588",
    "signing": "HS256",
    "match_by": "username",
    "is_enabled": "on",
}
CHAT = {"name": "New", "kind": "slack", "secret": "s", "token": "t", "is_enabled": "on"}
PROVIDER = {"name": "Corp", "client_id": "attest", "groups_claim": "groups"}


def receipt_exported() -> bool:
    return Event.objects.filter(action="audit.receipts_exported").exists()


def person_exported() -> bool:
    return Event.objects.filter(action="person.exported").exists()


def exported() -> bool:
    return Event.objects.filter(action="audit.exported").exists()


SAML_METADATA = METADATA.format(entity="https://idp.example/entity", sso=SSO, certificate="TUlJ")
ACTS = {
    "reviews:export": Act("auditor", receipt_exported, ("employee", "knowledge_admin"), method="get"),
    "audit:export": Act("auditor", exported, ("employee", "knowledge_admin"), method="get"),
    "retention:person_export": Act("auditor", person_exported, ("employee", "knowledge_admin"), method="get", needs_person=True),
    "retention:person": Act(
        "auditor",
        Erasure.objects.exists,
        ("employee", "knowledge_admin"),
        data={"reason": "Request", "confirmation": "erin"},
        needs_person=True,
    ),
    "retention:rule": Act(
        "auditor",
        lambda: RetentionRule.objects.filter(is_on=True).exists(),
        ("employee", "knowledge_admin"),
        data={"action": "on", "days": "30"},
    ),
    "retention:hold": Act(
        "auditor",
        lambda: Hold.objects.exclude(released_at=None).exists(),
        ("employee", "knowledge_admin"),
        data={"reason": "Settled"},
    ),
    "integrations:widget_new": Act(
        "knowledge_admin", lambda: Widget.objects.filter(name="New").exists(), ("employee", "auditor"), data=WIDGET
    ),
    "integrations:widget_change": Act(
        "knowledge_admin", lambda: Widget.objects.filter(name="New").exists(), ("employee", "auditor"), data=WIDGET
    ),
    "integrations:widget_renew": Act(
        "knowledge_admin", lambda: Event.objects.filter(action="widget.secret_renewed").exists(), ("employee", "auditor")
    ),
    "integrations:chat_new": Act(
        "knowledge_admin", lambda: ChatApp.objects.filter(name="New").exists(), ("employee", "auditor"), data=CHAT
    ),
    "integrations:chat": Act(
        "knowledge_admin", lambda: ChatApp.objects.filter(name="New").exists(), ("employee", "auditor"), data=CHAT
    ),
    "accounts:create": Act(
        "knowledge_admin",
        lambda: PendingAct.objects.filter(user__username="nora").exists(),  # a second person is needed besides
        ("employee", "auditor"),
        data={"username": "nora", "role": "auditor"},
    ),
    "accounts:change": Act(
        "knowledge_admin",
        lambda: PendingAct.objects.filter(user__username="erin").exists(),
        ("employee", "auditor"),
        data={"role": "auditor", "is_active": "on"},
        needs_person=True,
    ),
    "accounts:password": Act(
        "knowledge_admin",
        lambda: not User.objects.get(username="erin").has_usable_password(),
        ("employee", "auditor"),
        needs_person=True,
    ),
    "accounts:factors_remove": Act(
        "knowledge_admin", lambda: Event.objects.filter(action="account.factors_removed").exists(), ("auditor",), needs_person=True
    ),
    "accounts:act_confirm": Act(
        "knowledge_admin", lambda: User.objects.filter(username="erin", role="auditor").exists(), ("employee", "auditor")
    ),
    "accounts:rules": Act(
        "knowledge_admin",
        lambda: Event.objects.filter(action="account.rules_changed").exists(),
        ("employee", "auditor"),
        data={"second_factor_roles": ["employee"]},
    ),
    "accounts:provider_new": Act(
        "knowledge_admin",
        lambda: IdentityProvider.objects.filter(slug="corp").exists(),
        ("employee", "auditor"),
        data=PROVIDER | {"slug": "corp", "issuer": "https://id.example"},
    ),
    "accounts:provider_new_saml": Act(
        "knowledge_admin",
        lambda: IdentityProvider.objects.filter(slug="corp", kind="saml").exists(),
        ("employee", "auditor"),
        data={
            "name": "Corp",
            "slug": "corp",
            "groups_claim": "groups",
            "metadata": METADATA.format(entity="e", sso=SSO, certificate="TUlJ"),
        },
    ),
    "accounts:provider": Act(
        "knowledge_admin",
        lambda: IdentityProvider.objects.filter(name="Corp").exists(),
        ("employee", "auditor"),
        data=PROVIDER,
        needs_provider=True,
    ),
    "accounts:provider_delete": Act(
        "knowledge_admin", lambda: not IdentityProvider.objects.exists(), ("employee", "auditor"), needs_provider=True
    ),
    "accounts:keys": Act(
        "knowledge_admin",
        lambda: ApiKey.objects.filter(scopes=["manage"]).exists(),
        (),
        data={"name": "script", "scopes": ["manage"], "days": "30"},
    ),
    "accounts:key_rotate": Act(
        "knowledge_admin",
        lambda: ApiKey.objects.filter(scopes=["manage"]).count() == 2,
        ("employee", "auditor"),
        data={"days": "30", "overlap_hours": "24"},
    ),
    "accounts:service": Act(
        "knowledge_admin",
        lambda: ApiKey.objects.filter(scopes=["people"]).exists(),
        ("employee", "auditor"),
        data={"name": "Entra", "scopes": ["people"], "days": "30"},
    ),
    "ingest:collection_delete": Act(
        "knowledge_admin",
        lambda: not Collection.objects.live().exists(),
        ("employee", "auditor"),
        data={"name": "Handbook"},
    ),
}


def arguments(name: str, request: pytest.FixtureRequest) -> list[Any]:
    if name == "ingest:collection_delete":
        return [request.getfixturevalue("collection").slug]
    if name == "retention:rule":
        return [set_rule(kind="questions", collection=None, days=30, by=None).pk]
    if name == "retention:hold":
        return [place_hold(name="Smith", reason="", since=timezone.now(), by=None).uid]
    if name in ("integrations:widget_change", "integrations:widget_renew"):
        return [create_widget(user=None, name="Old", title="Ask", origins=["https://intranet.example"])[0].pk]
    if name == "integrations:chat":
        return [create_chat_app(user=None, name="Old", kind="slack", secret="s", token="t")[0].pk]
    if name == "reviews:export":
        return [record("question.answered", payload={"question": "?"}).uid]
    if name == "accounts:key_rotate":
        kim = request.getfixturevalue("knowledge_admin")
        return [create_api_key(user=kim, name="script", scopes=["manage"], days=30, actor=None).key.pk]
    if name == "accounts:service":
        kim = request.getfixturevalue("knowledge_admin")
        return [create_service(username="scim", purpose="SCIM", owner=kim, role="system_admin", actor=None).pk]
    if name == "accounts:act_confirm":
        other = User.objects.create_user(username="nils", role=User.Role.KNOWLEDGE_ADMIN)
        return [request_act(kind="auditor", user=request.getfixturevalue("employee"), actor=other).pk]
    if ACTS[name].needs_provider:
        return [IdentityProvider.objects.create(slug="there", name="There", issuer="https://id.example", client_id="x").slug]
    return [request.getfixturevalue("employee").pk] if ACTS[name].needs_person else []


def give_factor(user: User) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=user, type="totp", data={"secret": ""})


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_dangerous_act_is_tested() -> None:
    factors = {name for name in DANGEROUS if name.startswith("mfa_")}  # tests/accounts/test_second_factors.py
    assert set(DANGEROUS) == {*ACTS, "api:get_collection", *(name for name, *_rest in BY_REST), *factors}
    assert len(factors) == 5


@pytest.mark.parametrize("name", ACTS)
def test_it_is_asked_for_before_and_the_act_follows(name: str, request: pytest.FixtureRequest) -> None:
    act = ACTS[name]
    address = reverse(name, args=arguments(name, request))
    if name == "accounts:factors_remove":
        give_factor(request.getfixturevalue("employee"))
    client = confirmed(signed_in(request.getfixturevalue(act.who)), ago_s=601)
    asked = getattr(client, act.method)(address, act.data)
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (302, CONFIRM)
    assert not act.has_happened()
    assert client.post(asked["Location"], {"password": "wrong"}).status_code == 200
    assert not act.has_happened()
    done = client.post(asked["Location"], {"password": PASSWORD})
    if act.method == "get":
        assert done["Location"] == address
        client.get(address)
    assert act.has_happened()


@pytest.mark.parametrize("name", ACTS)
def test_who_signed_in_a_moment_ago_is_not_asked(name: str, request: pytest.FixtureRequest) -> None:
    act = ACTS[name]
    if name == "accounts:factors_remove":
        give_factor(request.getfixturevalue("employee"))
    client = Client()
    client.post("/accounts/login/", {"login": request.getfixturevalue(act.who).username, "password": PASSWORD})
    getattr(client, act.method)(reverse(name, args=arguments(name, request)), act.data)
    assert act.has_happened()


@pytest.mark.parametrize(("name", "who"), [(name, who) for name, act in ACTS.items() for who in act.others])
def test_who_may_not_is_not_asked_and_learns_nothing(name: str, who: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(who))
    response = getattr(client, ACTS[name].method)(reverse(name, args=arguments(name, request)), ACTS[name].data)
    assert response.status_code == 404


HARMLESS = [
    ("accounts:create", {"username": "nora", "role": "employee"}, 201),
    ("accounts:keys", {"name": "script", "scopes": ["ask", "read"], "days": "30"}, 201),
]


@pytest.mark.parametrize(("name", "data", "status"), HARMLESS)
def test_what_is_not_dangerous_needs_nothing(knowledge_admin: User, name: str, data: dict[str, Any], status: int) -> None:
    assert signed_in(knowledge_admin).post(reverse(name), data).status_code == status


def test_an_auditor_who_is_one_already_is_changed_like_anybody(knowledge_admin: User, auditor: User) -> None:
    client = signed_in(knowledge_admin)
    address = reverse("accounts:change", args=[auditor.pk])
    assert client.post(address, {"role": "auditor", "first_name": "Ada", "is_active": "on"})["Location"] == "/people/"


def test_who_has_a_second_factor_confirms_by_it_and_not_by_the_password(knowledge_admin: User) -> None:
    give_factor(knowledge_admin)
    client = confirmed(signed_in(knowledge_admin), by="password")
    asked = client.post(reverse("accounts:rules"), {"second_factor_roles": ["employee"]})
    assert asked["Location"].startswith("/accounts/second-factor/confirm/")
    by_password = client.post(f"{CONFIRM}?next=/people/", {"password": PASSWORD})
    assert by_password["Location"].startswith("/accounts/second-factor/confirm/")
    assert client.post(reverse("accounts:rules"), {"second_factor_roles": ["employee"]}).status_code == 302
    assert not Event.objects.filter(action="account.rules_changed").exists()
    confirmed(client, by="mfa")
    client.post(reverse("accounts:rules"), {"second_factor_roles": ["employee"]})
    assert Event.objects.filter(action="account.rules_changed").exists()


def test_a_page_that_shows_an_error_after_the_question_sends_its_form_to_itself(
    knowledge_admin: User, collection: Collection
) -> None:
    client = signed_in(knowledge_admin)
    address = reverse("ingest:collection_delete", args=[collection.slug])
    asked = client.post(address, {"name": "wrong"})
    shown = client.post(asked["Location"], {"password": PASSWORD})
    assert shown.status_code == 422
    assert f'action="{address}"' in shown.content.decode()
    assert Collection.objects.live().exists()


# The first operation on its path, which the address is named by; method, address, body, status where it may.
ORIGINS = ["https://a.example"]
BY_REST = [
    ("api:list_widgets", "post", "widgets", {"name": "New", "title": "Ask", "origins": ORIGINS}, 201),
    ("api:get_widget", "patch", "widgets/{widget}", {"name": "New"}, 200),
    ("api:renew_widget_secret", "post", "widgets/{widget}/secret", {}, 200),
    ("api:list_chat_apps", "post", "chat-apps", {"name": "New", "kind": "slack", "secret": "s", "token": "t"}, 201),
    ("api:get_chat_app", "patch", "chat-apps/{app}", {"name": "New"}, 200),
]


@pytest.mark.parametrize(("name", "method", "path", "data", "status"), BY_REST)
def test_rest_asks_a_browser_that_says_who_may_ask_as_whom(
    knowledge_admin: User, employee: User, name: str, method: str, path: str, data: dict[str, Any], status: int
) -> None:
    widget = create_widget(user=None, name="Old", title="Ask", origins=ORIGINS)[0]
    app = create_chat_app(user=None, name="Old", kind="slack", secret="s", token="t")[0]
    address = "/api/v1/" + path.format(widget=widget.uid, app=app.uid)
    assert resolve(address).view_name == name

    def send(client: Client, **headers: str) -> Any:
        return getattr(client, method)(address, data, content_type="application/json", headers=headers)

    events = Event.objects.count()
    refused = send(signed_in(knowledge_admin))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "confirmation_required")
    assert send(signed_in(employee)).json()["error"]["code"] == "session_scope"
    assert Event.objects.count() == events
    key = create_api_key(user=knowledge_admin, name="x", scopes=["people"], days=9, actor=None).text
    with transaction.atomic():
        assert send(Client(), Authorization=f"Bearer {key}").status_code == status
        transaction.set_rollback(True)
    assert send(confirmed(signed_in(knowledge_admin))).status_code == status


def test_rest_asks_a_browser_and_not_a_key(knowledge_admin: User, collection: Collection) -> None:
    address = f"/api/v1/collections/{collection.slug}?confirm=Handbook"
    client = signed_in(knowledge_admin)
    refused = client.delete(address)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "confirmation_required")
    key = create_api_key(user=knowledge_admin, name="x", scopes=["manage"], days=9, actor=None).text
    assert Client().delete(address, headers={"Authorization": f"Bearer {key}"}).status_code == 204
    assert not Collection.objects.live().exists()


def test_rest_does_not_ask_who_confirmed(knowledge_admin: User, collection: Collection) -> None:
    client = confirmed(signed_in(knowledge_admin))
    assert client.delete(f"/api/v1/collections/{collection.slug}?confirm=Handbook").status_code == 204


def test_guessing_at_the_question_is_slowed_down_and_on_record(knowledge_admin: User) -> None:
    client = signed_in(knowledge_admin)
    statuses = [client.post(CONFIRM, {"password": "wrong"}).status_code for _ in range(11)]
    assert statuses[-1] == 429
    assert Event.objects.filter(action="session.refused").count() == 5  # then the password is not looked at any more
