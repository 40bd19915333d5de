"""Signing in by SAML 2.0: a signed answer to a request of ours, once; accounts and groups as with OpenID Connect."""

import json
from pathlib import Path

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import IdentityProvider, User
from accounts.sign_in.oidc.providers import find_provider
from accounts.sign_in.oidc.values import ProviderInvalid, read_file
from audit.models import Event
from tests.accounts.saml_idp import ENTITY, SSO, Idp
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
NORA = {"mail": ["nora@example.com"], "givenName": ["Nora"], "sn": ["Kim"], "uid": ["nora.k"]}


def browser() -> Client:
    """One that names the host, as all do but Django's."""
    return Client(HTTP_HOST="testserver")


@pytest.fixture(scope="module")
def idp() -> Idp:
    return Idp.make()


@pytest.fixture
def admin(knowledge_admin: User) -> Client:
    client = browser()
    client.force_login(knowledge_admin)
    return confirmed(client)


@pytest.fixture
def corp(idp: Idp, admin: Client) -> IdentityProvider:
    """Set up on the page."""
    Group.objects.create(name="Finance")
    sent = {
        "name": "Corp",
        "slug": "corp",
        "metadata": idp.metadata,
        "groups_claim": "groups",
        "group_rules": "fin-* = Finance",
        "makes_people": "on",
        "is_enabled": "on",
    }
    assert admin.post("/people/sign-in/providers/new/saml/", sent).status_code == 302
    return IdentityProvider.objects.get()


def start(client: Client, idp: Idp, query: str = "") -> str:
    """Go from the sign-in page to the provider. Returns: the request's ID."""
    sent = client.get(f"/accounts/oidc/corp/login/{query}")
    assert sent.status_code == 302, sent.content.decode()
    return idp.read_request(sent["Location"])


def come_back(client: Client, answer: str):
    posted = client.post("/accounts/saml/corp/acs/", {"SAMLResponse": answer, "RelayState": ""})
    assert posted["Location"] == "/accounts/saml/corp/acs/finish/"
    return client.get(posted["Location"])


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_a_signed_answer_signs_in_and_groups_come_and_go(idp: Idp, corp: IdentityProvider) -> None:
    client = browser()
    assert "Sign in with Corp" in client.get("/accounts/login/").content.decode()
    done = come_back(client, idp.answer(start(client, idp, "?next=/library/"), groups=["fin-emea", "choir"], **NORA))
    assert done["Location"] == "/library/"
    assert is_in(client)
    nora = User.objects.get(username="nora.k")
    assert (nora.get_full_name(), nora.email, nora.has_usable_password()) == ("Nora Kim", "nora@example.com", False)
    assert set(nora.groups.values_list("name", flat=True)) == {"Finance"}
    assert SocialAccount.objects.get().extra_data == {}
    other = browser()
    come_back(other, idp.answer(start(other, idp), signed="response", **NORA))
    assert is_in(other)
    assert not nora.groups.exists()
    assert Event.objects.filter(action="account.created").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"signed": ""},
        {"minutes": -5},
        {"audience": "https://other.example/"},
        {"issuer": "https://evil.example/"},
        {"slug": "elsewhere"},
        {"wrap": True},
        {"request": "_unasked"},
        {"request": ""},
    ],
)
def test_no_other_answer_signs_in(idp: Idp, corp: IdentityProvider, change: dict) -> None:
    client = browser()
    request = start(client, idp)
    answer = idp.answer(change.pop("request", request), **change, **NORA)
    assert come_back(client, answer).status_code in (403, 404)
    assert not is_in(client)
    assert User.objects.filter(username="nora.k").count() == 0


def test_another_key_signs_nothing_and_an_answer_counts_once(idp: Idp, corp: IdentityProvider) -> None:
    client = browser()
    assert come_back(client, Idp(Idp.make().key, idp.certificate).answer(start(client, idp), **NORA)).status_code == 403
    answer = idp.answer(start(client, idp), **NORA)
    assert come_back(client, answer)["Location"] == "/"
    assert come_back(browser(), answer).status_code in (403, 404)  # in another browser
    again = browser()
    start(again, idp)
    assert come_back(again, answer).status_code in (403, 404)


def test_an_admin_tries_it_and_nothing_changes(idp: Idp, corp: IdentityProvider, admin: Client) -> None:
    sent = admin.get("/people/sign-in/providers/corp/try/")
    page = come_back(admin, idp.answer(idp.read_request(sent["Location"]), groups=["fin-emea"], **NORA)).content.decode()
    assert all(text in page for text in ("nora@example.com", "fin-emea", "Finance"))
    assert User.objects.count() == 1


def test_an_auditors_account_is_nobodys_to_give(idp: Idp, corp: IdentityProvider, auditor: User) -> None:
    User.objects.filter(pk=auditor.pk).update(email="nora@example.com")
    IdentityProvider.objects.update(links_by_email=True)
    client = browser()
    assert come_back(client, idp.answer(start(client, idp), **NORA)).status_code == 403
    assert not SocialAccount.objects.exists()


def test_the_page_says_what_is_entered_there_and_takes_a_new_certificate(idp: Idp, corp: IdentityProvider, admin: Client) -> None:
    page = admin.get("/people/sign-in/providers/corp/").content.decode()
    assert all(
        text in page
        for text in ("http://testserver/accounts/saml/corp/metadata/", "http://testserver/accounts/saml/corp/acs/", ENTITY)
    )
    newer = Idp.make()
    sent = {"name": "Corp", "groups_claim": "groups", "makes_people": "on", "is_enabled": "on", "metadata": newer.metadata}
    assert admin.post("/people/sign-in/providers/corp/", sent).status_code == 302
    client = browser()
    assert come_back(client, idp.answer(start(client, idp), **NORA)).status_code == 403
    assert come_back(client, newer.answer(start(client, newer), **NORA))["Location"] == "/"
    other = newer.metadata.replace(ENTITY, "https://other.example/entity")
    assert admin.post("/people/sign-in/providers/corp/", sent | {"metadata": other}).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        ("<md:EntityDescriptor", "<md:Nothing"),
        ('entityID="', 'other="'),
        (SSO, "http://idp.example/sso"),
        (SSO, "javascript:alert(1)"),
        ("<md:EntityDescriptor", '<!DOCTYPE x [<!ENTITY y "z">]><md:EntityDescriptor'),
        ("X509Certificate>", "Nothing>"),
    ],
)
def test_metadata_that_are_none_are_refused(idp: Idp, admin: Client, change: tuple[str, str]) -> None:
    sent = {"name": "Corp", "slug": "corp", "groups_claim": "groups", "metadata": idp.metadata.replace(*change)}
    assert admin.post("/people/sign-in/providers/new/saml/", sent).status_code == 422
    assert not IdentityProvider.objects.exists()


def test_our_metadata_name_where_to_post_and_no_logout(corp: IdentityProvider) -> None:
    described = browser().get("/accounts/saml/corp/metadata/").content.decode()
    assert 'Location="http://testserver/accounts/saml/corp/acs/"' in described
    assert "SingleLogout" not in described
    assert browser().get("/accounts/saml/nowhere/metadata/").status_code == 404
    assert browser().post("/accounts/saml/corp/sls/").status_code == 404


def test_a_file_names_one_too(idp: Idp, tmp_path: Path, settings) -> None:
    (tmp_path / "idp.xml").write_text(idp.metadata)
    entry = {"kind": "saml", "slug": "corp", "name": "Corp", "metadata_file": str(tmp_path / "idp.xml"), "group_rules": {"a": "A"}}
    path = tmp_path / "providers.json"
    path.write_text(json.dumps([entry]))
    settings.OIDC_PROVIDERS = read_file(str(path), {})
    found = find_provider("corp")
    assert (found.kind, found.issuer, found.sso_url, found.group_rules) == ("saml", ENTITY, SSO, (("a", "A"),))
    client = browser()
    come_back(client, idp.answer(start(client, idp), **NORA))
    for change in ({"metadata_file": "/nowhere"}, {"client_id": "x"}, {"name": ""}):
        path.write_text(json.dumps([entry | change]))
        with pytest.raises(ProviderInvalid):
            read_file(str(path), {})
