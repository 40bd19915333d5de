"""API keys: create, revoke, recognise. A key is shown once; only its hash is stored."""

import hashlib
import ipaddress
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
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record

KEY_START = "att_"
PREFIX_CHARACTERS = len(KEY_START) + 6
KEYS_PER_PERSON = 20  # that work
MAX_DAYS = 3650
MOST_OVERLAP_HOURS = 30 * 24
MOST_NETWORKS = 50
USE_NOTED_EVERY = timedelta(minutes=1)
REFUSALS_NOTED_PER_MINUTE = 10  # an address: the audit shows that somebody guesses, and is not filled by it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it was made. `text` is shown once and stored nowhere."""

    key: ApiKey
    text: str = field(repr=False)


def scopes_of(user: User) -> tuple[str, ...]:
    """Return what this person may do by key or page now."""
    mine = (ApiKey.Scope.ASK, ApiKey.Scope.READ)
    # Collections are kb's, above this package: all that is asked of them is whether they name this person.
    manages = user.is_knowledge_admin or (not user.is_guarded and user.stewardships.exists())
    also = [ApiKey.Scope.MANAGE] * manages + [ApiKey.Scope.PEOPLE] * user.is_system_admin + [ApiKey.Scope.REVIEW] * user.is_guarded
    return tuple(map(str, (*mine, *also)))


def create_api_key(
    *, user: User, name: str, scopes: Iterable[str], days: int, actor: User | None, networks: Iterable[str] = ()
) -> NewKey:
    """Make a key for `user`. `actor` None: the command line.

    Args: networks: from which it may be used; none: from anywhere.
    Raises: AccountRefused: no name, no or a foreign scope, days outside 1 to MAX_DAYS, no network, too many keys.
    """
    name, wanted = " ".join(name.replace("\x00", "").split()), set(scopes)
    if not 1 <= len(name) <= 80:
        raise AccountRefused("key_invalid", _("Enter a name of at most 80 characters, for example the program that uses the key."))
    if not wanted:
        raise AccountRefused("key_invalid", _("Choose at least one permission."))
    if not wanted <= set(scopes_of(user)):
        raise AccountRefused("key_invalid", _("A key cannot have permissions that its owner does not have."))
    if not 1 <= days <= MAX_DAYS:
        raise AccountRefused("key_invalid", _("A key can be valid for 1 to %(days)s days.") % {"days": MAX_DAYS})
    kept = clean_networks(networks)
    text = KEY_START + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # in line, so that two at once do not both become the last allowed
        if ApiKey.objects.usable().filter(user=user).count() >= KEYS_PER_PERSON:
            message = _("You already have %(count)s keys. Revoke one first.") % {"count": KEYS_PER_PERSON}
            raise AccountRefused("key_invalid", message)
        expires_at = timezone.now() + timedelta(days=days)
        key = ApiKey.objects.create(
            user=user,
            name=name,
            prefix=text[:PREFIX_CHARACTERS],
            key_hash=hash_key(text),
            scopes=[scope for scope in ApiKey.Scope.values if scope in wanted],
            expires_at=expires_at,
            networks=kept,
        )
        made = {"scopes": key.scopes, "expires_at": expires_at.isoformat(), "networks": kept}
        _record("key.created", key, actor=actor, payload=made)
    return NewKey(key=key, text=text)


def rotate_api_key(key: ApiKey, *, days: int, overlap_hours: int, actor: User | None) -> NewKey:
    """Make a key like this one, which goes on for so many hours, so that a program can change over without a gap.

    Raises: AccountRefused: the key works no more, or the numbers are out of range.
    """
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        raise AccountRefused(
            "key_invalid", _("The old key can stay valid for at most %(hours)s hours.") % {"hours": MOST_OVERLAP_HOURS}
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=key.user_id)
        old = ApiKey.objects.usable().select_related("user").filter(pk=key.pk).first()
        if old is None:
            raise AccountRefused("key_invalid", _("This key is no longer valid. Create a new one."))
        made = create_api_key(user=old.user, name=old.name, scopes=old.scopes, days=days, networks=old.networks, actor=actor)
        until = timezone.now() + timedelta(hours=overlap_hours)
        old.expires_at = min(old.expires_at, until) if old.expires_at is not None else until
        old.save(update_fields=["expires_at"])
        _record("key.rotated", old, actor=actor, payload={"until": old.expires_at.isoformat(), "by": made.key.prefix})
    return made


def clean_networks(given: Iterable[str]) -> list[str]:
    """Return addresses and networks in one form. Raises: AccountRefused: one is neither, or there are too many."""
    found: list[str] = []
    for text in filter(None, (one.strip() for one in given)):
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError as error:
            message = _("“%(text)s” is not an IP address or a network such as 10.0.0.0/8.") % {"text": text[:60]}
            raise AccountRefused("key_invalid", message) from error
    if len(found) > MOST_NETWORKS:
        raise AccountRefused("key_invalid", _("A key can have at most %(count)s networks.") % {"count": MOST_NETWORKS})
    return list(dict.fromkeys(found))


def revoke_api_key(key: ApiKey, *, actor: User | None) -> None:
    """End a key at once. Revoking twice is revoking once."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _record("key.revoked", key, actor=actor, payload={})


def recognise_key(text: str, *, scope: str, address: str, per_minute: int | None = None) -> ApiKey:
    """Return the key, its owner selected, that this text is and that may do what `scope` names; and note its use.

    Args:
        scope: one of ApiKey.Scope; "": any.
        address: where the request came from, for the audit of refusals.
        per_minute: how many requests are let in; None: as many as of any key.
    Raises: KeyRefused: 401 where it opens nothing, 403 where not this. TooManyRequests: by its own rate.
    """
    found = ApiKey.objects.select_related("user").filter(key_hash=hash_key(text)).first()
    try:
        key = _usable(found, scope)
        _check_network(key, address)
    except KeyRefused as refused:
        _note_refusal(refused, found, text=text, address=address)
        raise
    spend("key", key.pk, per_minute=settings.RATE_KEY_PER_MINUTE if per_minute is None else per_minute)
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def is_usable(key: ApiKey, *, scope: str) -> bool:
    """Tell whether this key, just read with its owner, opens what `scope` names; "": anything."""
    try:
        _usable(key, scope)
    except KeyRefused:
        return False
    return True


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _usable(key: ApiKey | None, scope: str) -> ApiKey:
    """Return the key, which was found or not, where it opens what `scope` names. Raises: KeyRefused."""
    if key is None:
        raise KeyRefused("key_unknown", _("This API key does not exist."))
    if key.state == "revoked":
        raise KeyRefused("key_revoked", _("This API key has been revoked."))
    if key.state == "expired":
        raise KeyRefused("key_expired", _("This API key has expired. Create a new one."))
    if not key.user.is_active or key.user.has_ended:
        raise KeyRefused("key_owner_inactive", _("The owner of this API key can no longer sign in."))
    # Who is no admin any more takes "manage" from all their keys.
    if scope and not {scope} <= set(key.scopes) & set(scopes_of(key.user)):
        message = _("This API key lacks the scope “%(scope)s”.") % {"scope": scope}
        raise KeyRefused("key_scope", message, status=HTTPStatus.FORBIDDEN)
    return key


def _check_network(key: ApiKey, address: str) -> None:
    """Raises: KeyRefused: the key may not be used from this address."""
    if not key.networks:
        return
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        where = None
    mapped = getattr(where, "ipv4_mapped", None)
    if where is None or not any((mapped or where) in ipaddress.ip_network(network) for network in key.networks):
        message = _("This API key may not be used from your network.")
        raise KeyRefused("key_network", message, status=HTTPStatus.FORBIDDEN)


def _note_refusal(refused: KeyRefused, key: ApiKey | None, *, text: str, address: str) -> None:
    """Record that a key was refused. Of an unknown one its first characters alone: it may be a password in the wrong field."""
    try:
        spend("key-refused", address, per_minute=REFUSALS_NOTED_PER_MINUTE)
    except TooManyRequests:
        return
    known = text[:PREFIX_CHARACTERS] if text.startswith(KEY_START) else ""
    record(
        "key.refused",
        by=actor_of(key.user if key else None),
        subject=f"key:{key.pk}" if key else "",
        summary=key.name if key else "",
        payload={"reason": refused.code, "prefix": key.prefix if key else known, "address": address},
    )


def _record(action: str, key: ApiKey, *, actor: User | None, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_of(actor, otherwise=COMMAND_LINE),
        subject=f"key:{key.pk}",
        summary=f"{key.name} ({key.user.username})",
        payload={"username": key.user.username, "name": key.name, "prefix": key.prefix, **payload},
    )
