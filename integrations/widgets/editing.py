"""Making and changing widgets."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, Unpack
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import Mark, changed_names, check_row, check_values, readable_names, strip_texts
from accounts.errors import ValuesRefused
from accounts.models import ServiceAccount, User
from audit.actor import actor_of
from audit.services import record
from integrations.widgets.models import Widget, WidgetSession
from kb.models import Collection

MOST_ORIGINS = 20
PORTS = {"http": 80, "https": 443}


class WidgetValues(TypedDict, total=False):
    """`collections`: addresses, none for all; `guest`: name of a service account, empty for none."""

    name: str
    title: str
    origins: Annotated[list[str], "such as https://intranet.example"]
    collections: list[str]
    accent: Annotated[str, "#rrggbb"]
    language: Annotated[str, "en, zh-hans, or empty for the reader's"]
    signing: Annotated[str, "HS256 or EdDSA"]
    public_key: Annotated[str, "PEM, of EdDSA"]
    match_by: Annotated[str, "username or email"]
    guest: str
    is_enabled: Annotated[bool, Mark.LATER]


@transaction.atomic
def create_widget(*, user: User | None, **values: Unpack[WidgetValues]) -> tuple[Widget, str]:
    """Make a widget. Returns: it and its secret, which is never told again; "" where a public key checks. Raises: ValuesRefused."""
    widget = _save(Widget(), values, user=user)
    return widget, _renew(widget) if widget.signing == Widget.Signing.SECRET else ""


@transaction.atomic
def change_widget(*, widget: Widget, user: User | None, **values: Unpack[WidgetValues]) -> Widget:
    """Change what is given, leave the rest. Out of use, it ends every session of it at once. Raises: ValuesRefused."""
    return _save(Widget.objects.select_for_update().get(pk=widget.pk), values, user=user)


@transaction.atomic
def renew_secret(widget: Widget, *, user: User | None) -> str:
    """Give it another secret; tokens of the old one are refused, and every session ends. Returns: the secret.

    Raises: ValuesRefused: its tokens are checked by a public key.
    """
    widget = Widget.objects.select_for_update().get(pk=widget.pk)
    if widget.signing != Widget.Signing.SECRET:
        raise ValuesRefused({"signing": [_("Tokens of this widget are checked with the site’s public key: there is no secret.")]})
    secret = _renew(widget)
    WidgetSession.objects.filter(widget=widget).delete()
    record("widget.secret_renewed", by=actor_of(user), subject=f"widget:{widget.uid}", summary=widget.name)
    return secret


@transaction.atomic
def delete_widget(widget: Widget, *, user: User | None) -> None:
    """Delete it with its sessions; conversations stay with who asked."""
    payload = serialize_widget(widget)
    record("widget.deleted", by=actor_of(user), subject=f"widget:{widget.uid}", summary=widget.name, payload=payload)
    widget.delete()


def clean_widget(widget: Widget, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept; `widget` holds them then, unsaved. Raises: ValuesRefused."""
    is_new = widget.pk is None
    check_values(WidgetValues, values, is_new=is_new)
    kept: dict[str, Any] = strip_texts(values, "name", "title", "public_key", "guest")
    problems: dict[str, list[str]] = {}
    try:
        if is_new or "origins" in kept:
            kept["origins"] = clean_origins(kept.get("origins", []))
    except ValuesRefused as refused:
        problems |= refused.problems
    if "collections" in kept:
        rows = list(Collection.objects.live().filter(slug__in=kept["collections"]))
        if len(rows) < len(set(kept["collections"])):
            problems["collections"] = [_("One of these collections does not exist.")]
        kept["collections"] = rows
    if "guest" in kept:
        kept["guest"] = ServiceAccount.objects.filter(user__username=kept["guest"]).first() if kept["guest"] else None
        if values["guest"].strip() and kept["guest"] is None:
            problems["guest"] = [_("There is no service account with this name.")]
    for name in kept.keys() - {"collections"} - problems.keys():
        setattr(widget, name, kept[name])
    if widget.signing == Widget.Signing.PUBLIC_KEY and not _is_public_key(widget.public_key):
        problems["public_key"] = [_("Paste an Ed25519 public key in PEM form (-----BEGIN PUBLIC KEY-----).")]
    if problems:
        raise ValuesRefused(problems)
    check_row(widget, names=["name", "title", "accent", "language", "signing", "match_by"])
    return kept


def clean_origins(given: list[str]) -> list[str]:
    """Return sites in one spelling. Raises: ValuesRefused: none, too many, or one is no site."""
    found = []
    for text in filter(None, (one.strip() for one in given)):
        try:
            parts = urlsplit(text)
            port, host = parts.port, (parts.hostname or "").lower()
        except ValueError:
            port, host, parts = None, "", urlsplit("")
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
        is_ours = parts.scheme == "https" or (parts.scheme == "http" and (host == "localhost" or host.startswith("127.")))
        if not (host and is_bare and is_ours) or any(mark in host for mark in " *;,'\""):
            message = _("“%(text)s” is not a site. Enter https://host or https://host:port; http only on this machine.")
            raise ValuesRefused({"origins": [message % {"text": text[:80]}]})
        found.append(f"{parts.scheme}://{host}" + (f":{port}" if port and port != PORTS[parts.scheme] else ""))
    if not found or len(found) > MOST_ORIGINS:
        raise ValuesRefused(
            {"origins": [_("Enter 1 to %(count)s sites on which the widget can appear.") % {"count": MOST_ORIGINS}]}
        )
    return list(dict.fromkeys(found))


def serialize_widget(widget: Widget) -> dict[str, Any]:
    """Return every readable value as programs write it."""
    related = {
        "collections": sorted(row.slug for row in widget.collections.all()) if widget.pk else [],  # as far as they were prefetched
        "guest": widget.guest.user.username if widget.guest else "",
    }
    return {name: related[name] if name in related else getattr(widget, name) for name in readable_names(WidgetValues)}


def _is_public_key(text: str) -> bool:
    try:
        return isinstance(load_pem_public_key(text.encode()), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _renew(widget: Widget) -> str:
    secret = secrets.token_urlsafe(48)
    widget.set_secret(secret)
    widget.save(update_fields=["sealed_secret"])
    return secret


def _save(widget: Widget, values: Mapping[str, Any], *, user: User | None) -> Widget:
    is_new = widget.pk is None
    before = {} if is_new else serialize_widget(widget)
    kept = clean_widget(widget, values)
    widget.save()
    if "collections" in kept:
        widget.collections.set(kept["collections"])
    after = serialize_widget(widget)
    changed = changed_names(before, after)
    if changed:
        if not (is_new or widget.is_enabled):
            WidgetSession.objects.filter(widget=widget).delete()
        action = "widget.created" if is_new else "widget.changed"
        payload = after if is_new else after | {"changed": changed}
        record(action, by=actor_of(user), subject=f"widget:{widget.uid}", summary=widget.name, payload=payload)
    return widget
