"""Connecting chat programs, and saying who their people are."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import Mark, changed_names, check_row, check_values, readable_names, strip_texts
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from integrations.chat_apps.models import ChatApp, ChatPerson
from kb.models import Collection

MOST_PEOPLE = 5000
LONGEST_SECRET = 300
NEEDS_SECRET = frozenset({ChatApp.Kind.SLACK, ChatApp.Kind.TEAMS})  # theirs to make


class ChatAppValues(TypedDict, total=False):
    """`people`: lines "their number = user name"; `secret`, `token`: left empty, those that are kept stay."""

    name: str
    kind: Annotated[str, Mark.ONCE]
    secret: Annotated[str, Mark.WRITE_ONLY]
    token: Annotated[str, Mark.WRITE_ONLY]
    reply_url: str
    collections: list[str]
    people: list[str]
    posts_openly: bool
    is_enabled: Annotated[bool, Mark.LATER]


@transaction.atomic
def create_chat_app(*, user: User | None, **values: Unpack[ChatAppValues]) -> tuple[ChatApp, str]:
    """Connect a program. Returns: it, and the secret that was made for one of the generic kind. Raises: ValuesRefused."""
    made = ""
    if values.get("kind") == ChatApp.Kind.GENERIC and not (values.get("secret") or "").strip():
        made = values["secret"] = secrets.token_urlsafe(48)
    return _save(ChatApp(), values, user=user), made


@transaction.atomic
def change_chat_app(*, app: ChatApp, user: User | None, **values: Unpack[ChatAppValues]) -> ChatApp:
    """Change what is given, leave the rest. Out of use, or without somebody, it ends their answers. Raises: ValuesRefused."""
    return _save(ChatApp.objects.select_for_update().get(pk=app.pk), values, user=user)


@transaction.atomic
def delete_chat_app(app: ChatApp, *, user: User | None) -> None:
    """Disconnect a program; conversations stay with who asked."""
    values = serialize_chat_app(app)
    record("chat_app.deleted", by=actor_of(user), subject=f"chat_app:{app.uid}", summary=app.name, payload=values)
    app.delete()


def clean_chat_app(app: ChatApp, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept; `app` holds them then, unsaved. Raises: ValuesRefused."""
    is_new = app.pk is None
    check_values(ChatAppValues, values, is_new=is_new)
    kept: dict[str, Any] = strip_texts(values, "name", "secret", "token", "reply_url")
    problems: dict[str, list[str]] = {}
    if "collections" in kept:
        rows = list(Collection.objects.live().filter(slug__in=kept["collections"]))
        if len(rows) < len(set(kept["collections"])):
            problems["collections"] = [_("One of these collections does not exist.")]
        kept["collections"] = rows
    if "people" in kept:
        try:
            kept["people"] = read_people(kept["people"])
        except ValuesRefused as refused:
            problems |= refused.problems
    for name in kept.keys() - {"collections", "people", "secret", "token"}:
        setattr(app, name, kept[name])
    for name in ("secret", "token"):
        if len(kept.get(name, "")) > LONGEST_SECRET:
            problems[name] = [_("Enter at most %(count)s characters.") % {"count": LONGEST_SECRET}]
    if kept.get("secret"):
        app.set_secret(kept["secret"])
    if kept.get("token"):
        app.set_token(kept["token"])
    if is_new and app.kind in NEEDS_SECRET and not app.sealed_secret:
        problems["secret"] = [_("Paste the secret with which the program signs its requests.")]
    if is_new and app.kind == ChatApp.Kind.SLACK and not app.sealed_token:
        problems["token"] = [_("Paste the bot token (xoxb-…), with which answers are sent.")]
    if app.kind == ChatApp.Kind.GENERIC and not app.reply_url:
        problems["reply_url"] = [_("Enter the address that answers are sent to.")]
    if problems:
        raise ValuesRefused(problems)
    check_row(app, names=["name", "kind", "reply_url"])
    return kept


def read_people(lines: list[str]) -> dict[str, User]:
    """Return people by their numbers in the program. Raises: ValuesRefused."""
    named: dict[str, str] = {}
    for line in filter(None, (one.strip() for one in lines)):
        number, equals, name = (part.strip() for part in line.partition("="))
        if not (number and equals and name) or len(number) > 120:
            message = _("Enter one person per line, as “their ID = user name”. This line is not valid: “%(line)s”.")
            raise ValuesRefused({"people": [message % {"line": line[:60]}]})
        named[number] = name
    if len(named) > MOST_PEOPLE:
        raise ValuesRefused({"people": [_("A chat program can have at most %(count)s people.") % {"count": MOST_PEOPLE}]})
    users = {user.username: user for user in User.objects.people().filter(username__in=named.values())}
    if missing := sorted(set(named.values()) - users.keys()):
        message = _("There is no account with this name: %(names)s.")
        raise ValuesRefused({"people": [message % {"names": ", ".join(missing[:5])}]})
    return {number: users[name] for number, name in named.items()}


def serialize_chat_app(app: ChatApp) -> dict[str, Any]:
    """Return every readable value as programs write it."""
    related = {"collections": list_collections(app), "people": list_people(app)}
    return {name: related[name] if name in related else getattr(app, name) for name in readable_names(ChatAppValues)}


def list_collections(app: ChatApp) -> list[str]:
    """Return the addresses of its collections, of those that were prefetched without a query."""
    return sorted(row.slug for row in app.collections.all()) if app.pk else []


def list_people(app: ChatApp) -> list[str]:
    """Return its people as lines, as `read_people` reads them."""
    people = app.people.select_related("user").order_by("external_id") if app.pk else []
    return [f"{person.external_id} = {person.user.username}" for person in people]


def _save(app: ChatApp, values: Mapping[str, Any], *, user: User | None) -> ChatApp:
    is_new = app.pk is None
    before = {} if is_new else serialize_chat_app(app)
    kept = clean_chat_app(app, values)
    app.save()
    if "collections" in kept:
        app.collections.set(kept["collections"])
    if "people" in kept:
        _set_people(app, kept["people"])
    after = serialize_chat_app(app)
    changed = changed_names(before, after) + [name for name in ("secret", "token") if kept.get(name)]
    if changed:
        action = "chat_app.created" if is_new else "chat_app.changed"
        payload = after if is_new else after | {"changed": changed}
        record(action, by=actor_of(user), subject=f"chat_app:{app.uid}", summary=app.name, payload=payload)
    return app


def _set_people(app: ChatApp, people: Mapping[str, User]) -> None:
    """A number that now is somebody else gets a row of its own: what runs for who it was ends."""
    for person in app.people.all():
        wanted = people.get(person.external_id)
        if wanted is None or wanted.pk != person.user_id:
            person.delete()
    known = set(app.people.values_list("external_id", flat=True))
    fresh = [ChatPerson(app=app, external_id=number, user=user) for number, user in people.items() if number not in known]
    ChatPerson.objects.bulk_create(fresh)
