"""What somebody was authenticated by, and whether it is still valid.

A page or an answer may run for minutes, and a `User` object says what was true when it was loaded. So what runs on keeps a
`Credential`, made once at the edge, and asks `find_reader` again: whoever it finds would be let in by the next request too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from accounts.keys import is_usable, scopes_of
from accounts.models import ApiKey, User
from accounts.sign_in.second_factors.holding import lacks_second_factor
from audit.actor import Actor

OPERATOR = "operator"
SERVICE = "attest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A session, an API key, another site that vouches for somebody, or a command on this machine: with an account's rights,
    or as the operator, who reads everything. Or Attest itself, which reads all of the one collection that it works for
    (whoever asks names it: `chat.flow.asked.Asked`)."""

    kind: Literal["session", "key", "account", "operator", "service", "delegated"]
    user_id: int | None  # None: the operator and Attest itself have no account
    username: str  # for the audit, also of an account that is deleted meanwhile
    session_key: str = field(default="", repr=False)  # of a delegated one: what vouches for it, as "widget:5"
    key_id: int | None = None
    scope: str = ""  # one of ApiKey.Scope that is needed; "": any

    @property
    def actor(self) -> Actor:
        """Who asks by it, as the audit names them."""
        return Actor(id=str(self.user_id or ""), name=self.username)


def may_sign_in(user: AbstractBaseUser | None) -> bool:
    """Tell whether this account may sign in, and go on where it has: not a program's, nor a guest's whose last day is over."""
    return isinstance(user, User) and user.is_active and not user.is_service and not user.has_ended


class AccountBackend(AuthenticationBackend):
    """Accounts that have a password here, as allauth checks them; and the account behind a session of whatever beginning."""

    def user_can_authenticate(self, user: Any) -> bool:
        return may_sign_in(user)


def session_credential(request: HttpRequest, *, user: User, scope: str = ApiKey.Scope.ASK) -> Credential:
    """Return the credential of a signed-in browser's request."""
    return Credential(
        kind="session", user_id=user.pk, username=user.username, session_key=request.session.session_key or "", scope=str(scope)
    )


def key_credential(key: ApiKey, *, scope: str = ApiKey.Scope.ASK) -> Credential:
    """Return the credential of a program that showed this key."""
    return Credential(kind="key", user_id=key.user_id, username=key.user.username, key_id=key.pk, scope=str(scope))


def command_credential(user: User) -> Credential:
    """Return the credential of a command that was started with this account's rights, or by the operator."""
    if user.pk is None:
        return Credential(kind="operator", user_id=None, username=user.username)
    return Credential(kind="account", user_id=user.pk, username=user.username)


def service_credential() -> Credential:
    """Return Attest's own credential, limited to one collection, in which it reads what its managers read."""
    return Credential(kind="service", user_id=None, username=SERVICE)


def operator() -> User:
    """Return someone who may read everything and has no account: who runs a command could open the database as well."""
    return User(username=OPERATOR, role=User.Role.KNOWLEDGE_ADMIN)


def find_reader(credential: Credential) -> User | None:
    """Return the account whose rights apply now, read from the database; None if the credential is no longer valid."""
    return _FINDERS[credential.kind](credential)


def _by_session(credential: Credential) -> User | None:
    """A session that was signed out, has expired, belongs to another password or generation, or to somebody without the second
    factor that the rules demand, is invalid."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(credential.session_key or None).load()
    if session.get(SESSION_KEY) != str(credential.user_id):
        return None
    user = _by_account(credential)
    if (
        not may_sign_in(user)
        or user is None
        or lacks_second_factor(user)
        or (credential.scope and credential.scope not in scopes_of(user))
    ):
        return None
    shown = session.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(shown, expected) for expected in hashes) else None


def _by_key(credential: Credential) -> User | None:
    if credential.key_id is None or credential.user_id is None:
        return None
    key = ApiKey.objects.select_related("user").filter(pk=credential.key_id, user=credential.user_id).first()
    return key.user if key is not None and is_usable(key, scope=credential.scope) else None


def _by_account(credential: Credential) -> User | None:
    if credential.user_id is None:
        return None
    user = User.objects.filter(pk=credential.user_id, is_active=True).first()
    return None if user is None or user.has_ended else user


def _by_delegation(credential: Credential) -> User | None:
    """Of who comes from another site or program: the setting names who knows whether that still vouches for them."""
    found: User | None = import_string(settings.DELEGATED_CREDENTIALS)(credential)
    return found


_FINDERS: dict[str, Callable[[Credential], User | None]] = {
    "session": _by_session,
    "key": _by_key,
    "account": _by_account,
    "operator": lambda _credential: operator(),
    "delegated": _by_delegation,
    "service": lambda _credential: User(username=SERVICE, role=User.Role.KNOWLEDGE_ADMIN),
}
