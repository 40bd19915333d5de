"""Signing in by OpenID Connect: accounts are made and found, groups come and go, and no way around it is left."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from accounts.credentials import find_reader
from accounts.errors import AccountRefused
from accounts.models import IdentityProvider, SignInRules, User
from accounts.services import change_account
from accounts.sign_in.links import Purpose, make_link
from accounts.sign_in.oidc.arriving import read_arrival
from accounts.sign_in.oidc.providers import delete_provider, find_provider, save_provider
from accounts.sign_in.oidc.values import Provider, ProviderInvalid, Rules, read_file, read_rules
from accounts.sign_in.rules import change_rules
from audit.models import Event, Payload
from kb.models import Collection
from tests.accounts.provider import RunningProvider, running_provider
from tests.accounts.test_sessions import credential_of
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"
SECRET = "s3cret-of-the-client"


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


@pytest.fixture(scope="module")
def idp() -> Iterator[RunningProvider]:
    with running_provider() as provider:
        yield provider


def add(idp: RunningProvider, settings, slug: str = "corp", rules: Rules = (), **values) -> IdentityProvider:
    settings.OIDC_HOSTS = [idp.host]
    given = {
        "name": slug.title(),
        "client_id": "attest",
        "client_secret": SECRET,
        "groups_claim": "groups",
        "asks_userinfo": True,
        "matches_names": False,
        "makes_people": True,
        "links_by_email": False,
        "is_enabled": True,
    }
    return save_provider(
        row=IdentityProvider(), actor=None, slug=slug, issuer=values.pop("issuer", idp.issuer), group_rules=rules, **given | values
    )


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def groups_of(username: str) -> set[str]:
    return set(User.objects.get(username=username).groups.values_list("name", flat=True))


def recorded(*actions: str) -> list[str]:
    found = Event.objects.order_by("sequence")
    return list((found.filter(action__in=actions) if actions else found).values_list("action", flat=True))


# --- people ---


def test_at_the_first_sign_in_an_account_is_made_and_found_again_later(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    idp.says("u1", preferred_username="nora.k", given_name="Nora", family_name="Kim", email="nora@example.com")
    client = Client()
    assert "Sign in with Corp" in client.get("/accounts/login/").content.decode()
    assert idp.sign_in(client, "corp", "u1")["Location"] == "/"
    assert is_in(client)
    nora = User.objects.get(username="nora.k")
    assert (nora.first_name, nora.last_name, nora.email, nora.role) == ("Nora", "Kim", "nora@example.com", "employee")
    assert not nora.has_usable_password()
    assert recorded()[1:] == ["account.created", "account.linked", "session.started"]
    assert Event.objects.first().payload.data["by"] == ["socialaccount"]
    idp.says("u1", preferred_username="renamed", email="nora@example.com")
    assert idp.sign_in(Client(), "corp", "u1")["Location"] == "/"
    assert User.objects.count() == 1


def test_one_comes_back_to_the_page_that_was_asked_for_and_to_no_other_site(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    assert idp.sign_in(Client(), "corp", "u2", query="?next=/library/")["Location"] == "/library/"
    assert idp.sign_in(Client(), "corp", "u2", query="?next=https://evil.example/")["Location"] == "/"


def test_nothing_of_what_the_provider_said_is_kept_but_the_account(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    idp.says("u3", preferred_username="tao", groups=["payroll"], employee_number="4711")
    for _ in range(2):
        idp.sign_in(Client(), "corp", "u3")
    assert SocialAccount.objects.get().extra_data == {}
    assert not SocialToken.objects.exists()
    assert not SocialApp.objects.exists()
    assert "4711" not in "".join(row.body for row in Payload.objects.all())


def test_a_name_that_is_taken_gets_a_number_and_never_anothers_account(idp: RunningProvider, settings, employee: User) -> None:
    add(idp, settings)
    idp.says("u4", preferred_username="ERIN")
    idp.sign_in(Client(), "corp", "u4")
    assert set(User.objects.values_list("username", flat=True)) == {"erin", "ERIN-2"}


def refusal(response) -> str:
    assert response.status_code == 403
    return response.content.decode()


def test_an_address_that_is_anothers_is_refused_unless_the_provider_may_speak_for_it(
    idp: RunningProvider, settings, employee: User
) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    row = add(idp, settings)
    idp.says("u5", preferred_username="e", email="Erin@example.com", email_verified=True)
    client = Client()
    assert "email address already" in refusal(idp.sign_in(client, "corp", "u5"))
    assert not is_in(client)
    IdentityProvider.objects.filter(pk=row.pk).update(links_by_email=True)
    idp.says("u5", email="Erin@example.com", email_verified=False)
    assert "email address already" in refusal(idp.sign_in(Client(), "corp", "u5"))
    idp.says("u5", email="Erin@example.com", email_verified=True)
    assert idp.sign_in(client, "corp", "u5")["Location"] == "/"
    assert SocialAccount.objects.get().user == employee
    employee.refresh_from_db()
    assert employee.check_password(PASSWORD)
    assert User.objects.count() == 1
    assert recorded("account.linked", "session.refused") == ["session.refused"] * 2 + ["account.linked"]


def test_where_it_makes_no_accounts_strangers_stay_outside(idp: RunningProvider, settings) -> None:
    add(idp, settings, makes_people=False)
    client = Client()
    assert "not have an account here yet" in refusal(idp.sign_in(client, "corp", "u6"))
    assert not is_in(client)
    assert not User.objects.exists()


def test_who_may_not_sign_in_does_not_by_a_provider_either(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    idp.says("u7", preferred_username="gone")
    idp.sign_in(Client(), "corp", "u7")
    change_account(user=User.objects.get(username="gone"), actor=None, is_active=False)
    client = Client()
    assert idp.sign_in(client, "corp", "u7")["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_two_providers_do_not_mistake_each_others_people(idp: RunningProvider, settings) -> None:
    add(idp, settings, "corp")
    add(idp, settings, "partner")
    idp.says("same", preferred_username="sam")
    idp.sign_in(Client(), "corp", "same")
    idp.sign_in(Client(), "partner", "same")
    assert set(User.objects.values_list("username", flat=True)) == {"sam", "sam-2"}


def test_a_second_factor_of_ones_own_is_asked_for_after_the_provider(idp: RunningProvider, settings) -> None:
    from allauth.mfa.models import Authenticator

    add(idp, settings)
    idp.says("u8", preferred_username="mia")
    idp.sign_in(Client(), "corp", "u8")
    Authenticator.objects.create(user=User.objects.get(username="mia"), type="totp", data={"secret": ""})
    client = Client()
    assert idp.sign_in(client, "corp", "u8")["Location"] == "/accounts/second-factor/code/"
    assert not is_in(client)


def test_the_identity_token_alone_will_do(idp: RunningProvider, settings) -> None:
    Group.objects.create(name="Finance")
    add(idp, settings, rules=(("fin", "Finance"),), asks_userinfo=False)
    idp.says("tok", preferred_username="tom", name="Tom Token", groups=["fin"])
    client = Client()
    idp.sign_in(client, "corp", "tok")
    assert is_in(client)
    assert groups_of("tom") == {"Finance"}
    assert User.objects.get().first_name == "Tom Token"


def test_two_answers_about_two_people_are_refused() -> None:
    with pytest.raises(AccountRefused) as refused:
        read_arrival({"id_token": {"sub": "a"}, "userinfo": {"sub": "b"}})
    assert refused.value.code == "provider_mismatch"


# --- groups ---


def test_groups_come_and_go_with_the_claims_at_each_sign_in(idp: RunningProvider, settings, collection: Collection) -> None:
    finance = Group.objects.create(name="Finance")
    collection.groups.add(finance)
    Group.objects.create(name="Everybody")
    add(idp, settings, rules=(("fin-*", "Finance"), ("staff", "Everybody"), ("x", "No such group")))
    idp.says("g1", preferred_username="gil", groups=["fin-berlin", "staff", "other"])
    first = Client()
    idp.sign_in(first, "corp", "g1")
    assert groups_of("gil") == {"Finance", "Everybody"}
    gil = User.objects.get(username="gil")
    credential = credential_of(first, gil)
    assert Collection.objects.visible_to(find_reader(credential)).exists()
    idp.says("g1", preferred_username="gil", groups=["staff"])
    idp.sign_in(Client(), "corp", "g1")
    assert groups_of("gil") == {"Everybody"}
    assert not Collection.objects.visible_to(find_reader(credential)).exists()  # in the session of before, too
    changes = [
        event.payload.data["changed"]["groups"] for event in Event.objects.filter(action="account.changed").order_by("sequence")
    ]
    assert changes == [
        {"from": [], "to": ["Everybody", "Finance"]},
        {"from": ["Everybody", "Finance"], "to": ["Everybody"]},
    ]


def test_a_ruled_group_is_the_providers_alone_and_others_are_left_alone(idp: RunningProvider, settings) -> None:
    ruled, own = Group.objects.create(name="Finance"), Group.objects.create(name="Choir")
    add(idp, settings, rules=(("fin", "Finance"),))
    idp.says("g2", preferred_username="hal", groups=[])
    idp.sign_in(Client(), "corp", "g2")
    User.objects.get(username="hal").groups.set([ruled, own])
    idp.sign_in(Client(), "corp", "g2")
    assert groups_of("hal") == {"Choir"}


def test_groups_of_the_same_name_are_joined_where_that_is_wanted_and_left_again(idp: RunningProvider, settings) -> None:
    for name in ("Legal", "Choir", "Sales"):
        Group.objects.create(name=name)
    add(idp, settings, matches_names=True)
    idp.says("g3", preferred_username="ida", groups=["Legal", "Sales", "Unknown"])
    idp.sign_in(Client(), "corp", "g3")
    User.objects.get(username="ida").groups.add(Group.objects.get(name="Choir"))
    assert groups_of("ida") == {"Legal", "Sales", "Choir"}
    idp.says("g3", preferred_username="ida", groups="Sales")
    idp.sign_in(Client(), "corp", "g3")
    assert groups_of("ida") == {"Sales", "Choir"}  # Choir was given by hand


@pytest.mark.parametrize("claims", [{}, {"groups": None}, {"groups": 7}, {"groups": [["Finance"], {"a": 1}, None]}])
def test_without_a_claim_of_groups_there_are_none(idp: RunningProvider, settings, claims: dict) -> None:
    Group.objects.create(name="Finance")
    add(idp, settings, rules=(("*inance*", "Finance"),))
    idp.says("g4", preferred_username="jo", groups=["Finance"])
    idp.sign_in(Client(), "corp", "g4")
    assert groups_of("jo") == {"Finance"}
    idp.says("g4", preferred_username="jo", **claims)
    idp.sign_in(Client(), "corp", "g4")
    assert groups_of("jo") == set()


# --- what goes wrong ---


def test_an_answer_that_was_not_asked_for_signs_nobody_in(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    asked = Client().get("/accounts/oidc/corp/login/")["Location"]
    back = idp.agree(asked, "u9")
    other = Client()
    assert other.get(back).status_code == 403  # of another browser's state
    assert not is_in(other)
    assert not User.objects.exists()
    forged = re.sub(r"code=[^&]+", "code=forged", back)
    assert Client().get(forged).status_code == 403


def test_an_answer_works_once(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    client = Client()
    back = idp.agree(client.get("/accounts/oidc/corp/login/")["Location"], "u10")
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize("query", ["?process=connect", "?process=redirect&next=/x", "?scope=admin&auth_params=prompt%3Dnone"])
def test_no_parameter_changes_what_is_asked(idp: RunningProvider, settings, employee: User, query: str) -> None:
    """Who is signed in cannot be led to connect their account with somebody else's at the provider."""
    add(idp, settings)
    client = Client()
    client.force_login(employee)
    asked = client.get(f"/accounts/oidc/corp/login/{query}")["Location"]
    assert "prompt=login" in asked
    assert "admin" not in asked
    client.get(idp.agree(asked, "u11"))
    assert not SocialAccount.objects.filter(user=employee).exists()


def test_code_challenge_and_state_are_sent(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    asked = Client().get("/accounts/oidc/corp/login/")["Location"]
    assert "code_challenge_method=S256" in asked
    assert re.search(r"[?&]state=\w{16}", asked)
    assert SECRET not in asked


def test_a_cancelled_sign_in_leads_back(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    client = Client()
    state = re.search(r"state=(\w+)", client.get("/accounts/oidc/corp/login/")["Location"])[1]
    response = client.get(f"/accounts/oidc/corp/callback/?error=access_denied&state={state}")
    assert response.status_code == 403
    assert not is_in(client)


def test_a_provider_on_this_machine_must_be_allowed(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    settings.OIDC_HOSTS = []
    response = Client().get("/accounts/oidc/corp/login/")
    assert response.status_code == 403
    assert "cannot be reached" in response.content.decode()
    assert recorded("session.refused") == ["session.refused"]


def test_a_provider_that_is_off_or_gone_lets_nobody_in(idp: RunningProvider, settings) -> None:
    row = add(idp, settings)
    client = Client()
    back = idp.agree(client.get("/accounts/oidc/corp/login/")["Location"], "u12")
    IdentityProvider.objects.update(is_enabled=False)
    assert client.get(back).status_code == 403
    assert Client().get("/accounts/oidc/corp/login/").status_code == 404
    assert "Sign in with Corp" not in Client().get("/accounts/login/").content.decode()
    delete_provider(row=row, actor=None)
    assert Client().get("/accounts/oidc/corp/callback/?code=x&state=y").status_code == 404


def test_a_provider_that_is_removed_takes_its_links_with_it(idp: RunningProvider, settings) -> None:
    """Another one of that name later on would otherwise sign its people in as those of the first."""
    row = add(idp, settings)
    idp.says("u13", preferred_username="una")
    idp.sign_in(Client(), "corp", "u13")
    delete_provider(row=row, actor=None)
    assert not SocialAccount.objects.exists()
    add(idp, settings)
    idp.sign_in(Client(), "corp", "u13")
    assert set(User.objects.values_list("username", flat=True)) == {"una", "una-2"}


# --- pages ---


@pytest.fixture
def admin(knowledge_admin: User) -> Client:
    client = Client()
    client.force_login(knowledge_admin)
    return confirmed(client)


FIELDS = {
    "name": "Corp",
    "slug": "corp",
    "client_id": "attest",
    "client_secret": SECRET,
    "groups_claim": "groups",
    "makes_people": "on",
}


def test_an_admin_adds_tests_and_enables_a_provider(admin: Client, idp: RunningProvider, settings, group: Group) -> None:
    settings.OIDC_HOSTS = [idp.host]
    fields = FIELDS | {"issuer": f"{idp.issuer}/", "group_rules": f"people-* = {group.name}\nboard = Nobody here"}
    assert admin.post("/people/sign-in/providers/new/", fields)["Location"] == "/people/sign-in/providers/corp/"
    page = admin.get("/people/sign-in/providers/corp/").content.decode()
    assert "http://testserver/accounts/oidc/corp/callback/" in page
    assert SECRET not in page
    assert SECRET not in IdentityProvider.objects.get().sealed_secret
    assert find_provider("corp", with_disabled=True).client_secret == SECRET
    idp.says("kim-there", email="kim@corp.example", groups=["people-hr", "board"], department="HR")
    claims = idp.sign_in(admin, "corp", "kim-there", address="/people/sign-in/providers/corp/try/")
    shown = claims.content.decode()
    assert claims.status_code == 200
    assert all(text in shown for text in ("kim@corp.example", "department", group.name, "Nobody here"))
    assert "nothing changed" in shown
    assert admin.get("/people/").status_code == 200  # still kim
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
    assert "Sign in with Corp" not in Client().get("/accounts/login/").content.decode()
    changed = {name: value for name, value in fields.items() if name not in ("slug", "issuer", "client_secret")}
    assert admin.post("/people/sign-in/providers/corp/", changed | {"is_enabled": "on"}).status_code == 302
    assert find_provider("corp").client_secret == SECRET
    assert "Sign in with Corp" in Client().get("/accounts/login/").content.decode()
    assert recorded() == ["account.provider_added", "account.provider_tried", "account.provider_changed"]
    assert not any(secret in row.body for row in Payload.objects.all() for secret in (SECRET, "kim@corp.example"))
    assert admin.post("/people/sign-in/providers/corp/delete/").status_code == 302
    assert not IdentityProvider.objects.exists()


def test_a_test_of_a_provider_is_an_admins_alone(idp: RunningProvider, settings, admin: Client, employee: User) -> None:
    add(idp, settings)
    asked = admin.get("/people/sign-in/providers/corp/try/")["Location"]
    back = idp.agree(asked, "t1")
    admin.post("/accounts/logout/")
    assert admin.get(back).status_code in (403, 404)
    client = Client()
    client.force_login(employee)
    assert client.get("/people/sign-in/providers/corp/try/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "Corp!", "lowercase letters"),
        ("slug", "", "required"),
        ("issuer", "ftp://x", "https://"),
        ("issuer", "http://id.example", "https://"),
        ("issuer", "https://user:pw@x/", "https://"),
        ("issuer", "not an address", "https://"),
        ("group_rules", "no equals sign", "not a valid rule"),
        ("client_id", "", "required"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said(admin: Client, field: str, value: str, sentence: str) -> None:
    response = admin.post("/people/sign-in/providers/new/", FIELDS | {"issuer": "https://id.example"} | {field: value})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not IdentityProvider.objects.exists()


def test_the_issuer_of_a_provider_stays(admin: Client, idp: RunningProvider, settings) -> None:
    add(idp, settings)
    admin.post("/people/sign-in/providers/corp/", FIELDS | {"issuer": "https://evil.example", "slug": "other"})
    row = IdentityProvider.objects.get()
    assert (row.slug, row.issuer) == ("corp", idp.issuer)
    again = admin.post("/people/sign-in/providers/new/", FIELDS | {"issuer": "https://id.example"})
    assert "already" in again.content.decode()


# --- providers alone ---


def switch_off(break_glass: User) -> None:
    change_rules(second_factor_roles=(), is_password_off=True, break_glass=break_glass, actor=None)


def by_password(login: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    return client


def test_where_passwords_are_off_only_providers_and_one_account_let_people_in(
    idp: RunningProvider, settings, employee: User, knowledge_admin: User, caplog: pytest.LogCaptureFixture
) -> None:
    add(idp, settings)
    link = make_link(employee, purpose=Purpose.INVITED)
    settings.MAIL = object()
    switch_off(knowledge_admin)
    assert Client().get("/accounts/password/forgotten/").status_code == 404
    settings.MAIL = None
    page = Client().get("/accounts/login/").content.decode()
    assert 'name="password"' not in page
    assert "passkey" not in page
    assert not is_in(by_password("erin"))
    assert (
        "switched off" in Client().post("/accounts/login/", {"login": "erin", "password": PASSWORD}, follow=True).content.decode()
    )
    opened = Client()
    opened.post(re.search(r"/accounts/password/.*", link)[0], {"password1": "battery staple 9", "password2": "battery staple 9"})
    assert not is_in(opened)
    idp.says("p1", preferred_username="paul")
    client = Client()
    idp.sign_in(client, "corp", "p1")
    assert is_in(client)
    assert recorded("session.break_glass") == []
    assert 'name="password"' in Client().get("/accounts/login/?emergency=1").content.decode()
    with caplog.at_level(logging.ERROR):
        assert is_in(by_password("kim"))
    assert recorded("session.break_glass") == ["session.break_glass"]
    assert Event.objects.get(action="session.break_glass").actor_name == "kim"


def test_passwords_are_not_switched_off_where_nobody_could_come_in(
    idp: RunningProvider, settings, knowledge_admin: User, employee: User
) -> None:
    with pytest.raises(AccountRefused, match="identity provider"):
        switch_off(knowledge_admin)
    add(idp, settings)
    for nobody in (None, employee):
        with pytest.raises(AccountRefused, match="emergency account"):
            switch_off(nobody)
    knowledge_admin.set_unusable_password()
    with pytest.raises(AccountRefused, match="emergency account"):
        switch_off(knowledge_admin)
    assert not SignInRules.current().is_password_off


def test_the_emergency_account_is_not_taken_away_or_taken_over(idp: RunningProvider, settings, knowledge_admin: User) -> None:
    add(idp, settings, links_by_email=True)
    User.objects.create_user(username="second", role="knowledge_admin")
    User.objects.filter(pk=knowledge_admin.pk).update(email="kim@example.com")
    switch_off(knowledge_admin)
    for change in ({"is_active": False}, {"role": "employee"}):
        with pytest.raises(AccountRefused, match="emergency account"):
            change_account(user=knowledge_admin, actor=None, **change)
    idp.says("b1", email="kim@example.com", email_verified=True)
    assert "email address already" in refusal(idp.sign_in(Client(), "corp", "b1"))


def test_no_provider_takes_the_account_of_an_auditor(idp: RunningProvider, auditor: User, settings) -> None:
    """One admin sets a provider up alone; an auditor's account takes two."""
    User.objects.filter(pk=auditor.pk).update(email="ada@example.com")
    add(idp, settings, links_by_email=True)
    idp.says("a9", email="ada@example.com", email_verified=True)
    assert "email address already" in refusal(idp.sign_in(Client(), "corp", "a9"))


def test_who_comes_from_a_provider_confirms_there(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    idp.says("c1", preferred_username="cleo")
    client = Client()
    idp.sign_in(client, "corp", "c1")
    User.objects.filter(username="cleo").update(role="auditor")
    assert client.get("/audit/export.csv").status_code == 200  # signed in a moment ago
    confirmed(client, by="socialaccount", ago_s=601)
    asked = client.get("/audit/export.csv")
    assert asked["Location"].startswith("/accounts/oidc/corp/login/?next=")
    there = client.get(asked["Location"])["Location"]
    assert "prompt=login" in there
    assert client.get(idp.agree(there, "c1"))["Location"] == "/audit/export.csv"
    assert client.get("/audit/export.csv").status_code == 200


def test_who_comes_from_a_provider_confirms_before_adding_a_factor(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    idp.says("c2", preferred_username="dora")
    client = Client()
    idp.sign_in(client, "corp", "c2")
    assert client.get("/accounts/second-factor/app/").status_code == 200
    confirmed(client, by="socialaccount", ago_s=601)
    for address in ("app/", "passkeys/new/"):
        asked = client.get(f"/accounts/second-factor/{address}")
        assert asked["Location"].startswith("/accounts/oidc/corp/login/?next=")


def test_who_comes_from_a_provider_gets_no_password_by_mail_and_has_none_to_change(
    idp: RunningProvider, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom the provider lets in no more would have a way past it."""
    add(idp, settings)
    idp.says("c3", preferred_username="ed", email="ed@example.com")
    client = Client()
    idp.sign_in(client, "corp", "c3")
    assert client.get("/accounts/password/change/").status_code == 404
    assert "Change password" not in client.get("/people/security/").content.decode()
    sent: list[str] = []
    settings.MAIL = object()
    monkeypatch.setattr("accounts.sign_in.password_views.send_link_later", lambda user, **named: sent.append(user.username))
    Client().post("/accounts/password/forgotten/", {"login": "ed"})
    assert sent == []
    User.objects.create_user(username="fay", email="fay@example.com", password=PASSWORD)
    Client().post("/accounts/password/forgotten/", {"login": "fay"})
    assert sent == ["fay"]


def test_ways_to_a_provider_are_counted(idp: RunningProvider, settings) -> None:
    add(idp, settings)
    # Over the turn of a minute the window gives back a few: see accounts/rates.py.
    statuses = [Client().get("/accounts/oidc/corp/login/").status_code for _ in range(40)]
    assert statuses[:30] == [302] * 30
    assert 429 in statuses[30:]


# --- the operator's file ---


def write(path: Path, entries: object) -> str:
    path.write_text(json.dumps(entries))
    return str(path)


ENTRY = {"slug": "corp", "name": "Corp", "issuer": "https://id.example", "client_id": "attest"}


def test_providers_come_from_a_file_with_secrets_from_variables(tmp_path: Path) -> None:
    entry = ENTRY | {
        "client_secret_variable": "ATTEST_OIDC_SECRET_CORP",
        "group_rules": {"fin-*": "Finance"},
        "matches_names": True,
    }
    (found,) = read_file(write(tmp_path / "p.json", [entry]), {"ATTEST_OIDC_SECRET_CORP": SECRET})
    assert found == Provider(
        slug="corp",
        name="Corp",
        issuer="https://id.example",
        client_id="attest",
        client_secret=SECRET,
        group_rules=(("fin-*", "Finance"),),
        matches_names=True,
        is_from_file=True,
    )
    assert SECRET not in repr(found)
    assert read_file("") == ()


@pytest.mark.parametrize(
    "entries",
    [
        {},
        ["x"],
        [{"slug": "corp"}],
        [ENTRY | {"slug": "Two Words"}],
        [ENTRY | {"issuer": "id.example"}],
        [ENTRY | {"unknown": 1}],
        [ENTRY | {"matches_names": "yes"}],
        [ENTRY | {"client_secret_variable": "MISSING"}],
        [ENTRY, ENTRY],
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, entries: object) -> None:
    with pytest.raises(ProviderInvalid):
        read_file(write(tmp_path / "p.json", entries), {})
    with pytest.raises(ProviderInvalid):
        read_file(str(tmp_path / "missing.json"), {})


def test_one_signs_in_by_a_provider_of_the_file_which_no_page_changes(admin: Client, idp: RunningProvider, settings) -> None:
    settings.OIDC_HOSTS = [idp.host]
    found = Provider(slug="corp", name="Corp", issuer=idp.issuer, client_id="attest", client_secret="x", is_from_file=True)
    settings.OIDC_PROVIDERS = (found,)
    assert "From the server" in admin.get("/people/sign-in/providers/").content.decode()
    assert admin.get("/people/sign-in/providers/corp/").status_code == 404
    assert admin.post("/people/sign-in/providers/corp/delete/").status_code == 404
    taken = admin.post("/people/sign-in/providers/new/", FIELDS | {"issuer": "https://id.example"})
    assert "already" in taken.content.decode()
    client = Client()
    assert idp.sign_in(client, "corp", "f1")["Location"] == "/"
    assert is_in(client)


@pytest.mark.parametrize("line", ["x", "= Finance", "x =", "  =  "])
def test_lines_that_are_no_rules_are_refused(line: str) -> None:
    assert read_rules(" a* = Finance \n\nb=B = C") == (("a*", "Finance"), ("b", "B = C"))
    with pytest.raises(ProviderInvalid):
        read_rules(line)
