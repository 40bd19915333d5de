"""The people of `tests.browser.unbroken`: those who sign in, those with second factors, and those in the middle of signing in."""

import base64
import hashlib
import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import IdentityProvider, SignInRules, User
from tests.browser.unbroken import LETTERS, PASSWORD
from tests.confirmed import confirmed

OWN = (
    *("accounts:security", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
)


def write_person(name: str, *, role: str, group: Group) -> User:
    user = User.objects.create_user(
        username=f"{name}_{LETTERS[: 140 - len(name)]}",
        password=PASSWORD,
        role=role,
        first_name=LETTERS[:150],
        last_name=LETTERS[:150],
        email=f"{LETTERS[:60]}@{name}{LETTERS[:60].lower()}.example",
        last_login=timezone.now(),
    )
    user.groups.add(group)
    return user


def write_halfway(auditor: User, *, group: Group) -> dict[str, dict[str, list[str]]]:
    """Write people with second factors, and some in the middle of signing in. Returns: pages by role, with each one's session."""
    SignInRules.objects.create(second_factor_roles=[User.Role.AUDITOR])
    holder, told, coded = (write_person(name, role=User.Role.EMPLOYEE, group=group) for name in ("holder", "told", "coded"))
    needing = write_person("needing", role=User.Role.AUDITOR, group=group)
    User.objects.filter(pk=told.pk).update(must_change_password=True)
    for user in (auditor, holder, coded):
        _write_factors(user)
    passkey = Authenticator.objects.get(user=holder, type=Authenticator.Type.WEBAUTHN)
    return {
        "auditor": {"session": [_sign_in(auditor)]},
        "holder": {
            "session": [_sign_in(holder)],
            **{name: [reverse(name)] for name in OWN},
            "mfa_remove_webauthn": [reverse("mfa_remove_webauthn", args=[passkey.pk])],
        },
        "needing": {"session": [_sign_in(needing)], "accounts:factor_needed": [reverse("accounts:factor_needed")]},
        "told": {"session": [_begin_to_sign_in(told)], "account_new_password": [reverse("account_new_password")]},
        "coded": {"session": [_begin_to_sign_in(coded)], "mfa_authenticate": [reverse("mfa_authenticate")]},
    }


def write_provider() -> IdentityProvider:
    """Write an identity provider that cannot be reached, so that the way to it ends on a page of ours."""
    return IdentityProvider.objects.create(
        slug="unbroken",
        name=LETTERS[:80],
        issuer=f"http://127.0.0.1:9/{LETTERS[:250]}",
        client_id=LETTERS[:191],
        groups_claim=LETTERS[:120],
        group_rules=[[LETTERS, LETTERS[:150]]],
        is_enabled=True,
    )


def _write_factors(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": LETTERS[:80], "credential": make_credential()}
    )


def _sign_in(user: User) -> str:
    client = Client(SERVER_NAME="127.0.0.1", headers={"User-Agent": LETTERS[:300]})
    client.force_login(user)
    return str(confirmed(client, by="mfa").session.session_key)


def _begin_to_sign_in(user: User) -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return str(client.session.session_key)


def make_credential() -> dict[str, Any]:
    """Return what a browser writes of a new passkey, as far as it is read again."""
    name, origin = b"0123456789abcdef", {"type": "webauthn.create", "challenge": "AAAA", "origin": "http://localhost"}
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    data = AttestedCredentialData.create(bytes(16), name, key)
    seen_and_checked = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), 0x45, 0, data)
    response = {
        "clientDataJSON": _encoded(json.dumps(origin).encode()),
        "attestationObject": _encoded(bytes(AttestationObject.create("none", seen_and_checked, {}))),
    }
    return {
        "id": _encoded(name),
        "rawId": _encoded(name),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": response,
    }


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
