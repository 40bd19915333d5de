"""API keys: made, revoked and recognised. A key is told once; what is kept is its hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused, KeyRefused, TooManyRequests
from accounts.models import ApiKey, User
from accounts.rates import spend
from audit.services import record

KEY_START = "att_"
PREFIX_CHARACTERS = len(KEY_START) + 6
KEYS_PER_PERSON = 20  # that work
MAX_DAYS = 3650
USE_NOTED_EVERY = timedelta(minutes=1)
REFUSALS_NOTED_PER_MINUTE = 10  # an address: the audit tells of guessing, and is not filled by it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it was made. `text` is told once and kept nowhere."""

    key: ApiKey
    text: str = field(repr=False)


def scopes_of(user: User) -> tuple[str, ...]:
    """Return what this person may do by key or page now."""
    mine = (ApiKey.Scope.ASK, ApiKey.Scope.READ)
    return tuple(map(str, (*mine, ApiKey.Scope.MANAGE) if user.is_knowledge_admin else mine))


def create_api_key(*, user: User, name: str, scopes: Iterable[str], days: int, actor: User | None) -> NewKey:
    """Make a key for `user`. `actor` None: the command line.

    Raises: AccountRefused: no name, no or a foreign scope, days outside 1 to MAX_DAYS, too many keys.
    """
    name, wanted = " ".join(name.replace("\x00", "").split()), set(scopes)
    if not 1 <= len(name) <= 80:
        raise AccountRefused("key_invalid", _("Give the key a name of at most 80 characters, such as the program that uses it."))
    if not wanted:
        raise AccountRefused("key_invalid", _("Choose what the key may do."))
    if not wanted <= set(scopes_of(user)):
        raise AccountRefused("key_invalid", _("A key cannot do what its owner may not do."))
    if not 1 <= days <= MAX_DAYS:
        raise AccountRefused("key_invalid", _("A key works for 1 to %(days)s days.") % {"days": MAX_DAYS})
    text = KEY_START + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # in line, so that two at once do not both become the last allowed
        if ApiKey.objects.usable().filter(user=user).count() >= KEYS_PER_PERSON:
            message = _("There are %(count)s keys already. Revoke one first.") % {"count": KEYS_PER_PERSON}
            raise AccountRefused("key_invalid", message)
        key = ApiKey.objects.create(
            user=user,
            name=name,
            prefix=text[:PREFIX_CHARACTERS],
            key_hash=hash_key(text),
            scopes=[scope for scope in ApiKey.Scope.values if scope in wanted],
            expires_at=timezone.now() + timedelta(days=days),
        )
        _record("key.created", key, actor=actor, payload={"scopes": key.scopes, "expires_at": key.expires_at.isoformat()})
    return NewKey(key=key, text=text)


def revoke_api_key(key: ApiKey, *, actor: User | None) -> None:
    """End a key at once. Revoking twice is revoking once."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _record("key.revoked", key, actor=actor, payload={})


def recognise_key(text: str, *, scope: str, address: str) -> ApiKey:
    """Return the key, its owner selected, that this text is and that may do what `scope` names; and note its use.

    Args:
        scope: one of ApiKey.Scope; "": any.
        address: where the request came from, for the audit of refusals.
    Raises: KeyRefused: 401 where it opens nothing, 403 where not this. TooManyRequests: by its own rate.
    """
    key = ApiKey.objects.select_related("user").filter(key_hash=hash_key(text)).first()
    if (refused := _refusal(key, scope)) is not None:
        _note_refusal(refused, key, text=text, address=address)
        raise refused
    spend("key", key.pk, per_minute=settings.RATE_KEY_PER_MINUTE)
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refusal(key: ApiKey | None, scope: str) -> KeyRefused | None:
    if key is None:
        return KeyRefused("key_unknown", _("There is no such API key."))
    if key.state == "revoked":
        return KeyRefused("key_revoked", _("This API key was revoked."))
    if key.state == "expired":
        return KeyRefused("key_expired", _("This API key has expired. Make a new one."))
    if not key.user.is_active:
        return KeyRefused("key_owner_inactive", _("The owner of this API key may not sign in any more."))
    # Who is no admin any more takes "manage" from all their keys.
    if scope and not {scope} <= set(key.scopes) & set(scopes_of(key.user)):
        message = _("This API key may not do this; it needs the scope “%(scope)s”.") % {"scope": scope}
        return KeyRefused("key_scope", message, status=HTTPStatus.FORBIDDEN)
    return None


def _note_refusal(refused: KeyRefused, key: ApiKey | None, *, text: str, address: str) -> None:
    """Record that a key was refused. Of an unknown one its first characters alone: it may be a password in the wrong field."""
    try:
        spend("key-refused", address, per_minute=REFUSALS_NOTED_PER_MINUTE)
    except TooManyRequests:
        return
    known = text[:PREFIX_CHARACTERS] if text.startswith(KEY_START) else ""
    record(
        "key.refused",
        actor_id=key.user_id if key else "",
        actor_name=key.user.username if key else "",
        subject=f"key:{key.pk}" if key else "",
        summary=key.name if key else "",
        payload={"reason": refused.code, "prefix": key.prefix if key else known, "address": address},
    )


def _record(action: str, key: ApiKey, *, actor: User | None, payload: dict[str, object]) -> None:
    record(
        action,
        actor_id=actor.pk if actor else "",
        actor_name=actor.username if actor else "manage.py",
        subject=f"key:{key.pk}",
        summary=f"{key.name} ({key.user.username})",
        payload={"username": key.user.username, "name": key.name, "prefix": key.prefix, **payload},
    )
