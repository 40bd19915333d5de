"""What is left to set up: steps that are done when the database says so, not when somebody has clicked on them.

What the demo brings counts for nothing: it shows how a library looks, and is nobody's own.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sign_in.oidc.providers import find_providers
from audit.actor import actor_of
from audit.models import Event
from audit.services import record
from chat.models import Turn
from gateway.models import ServedModel
from kb.models import Collection, Document
from system.models import SetupState
from system.sections.storage import BACKED_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to set up. `address`: where it is done, empty where this person may not do it or no page does it."""

    code: str
    title: str
    about: str
    is_done: bool
    address: str = ""
    command: str = ""
    waits: bool = False  # for the step before it


def list_steps(user: User) -> tuple[Step, ...]:
    """Return the steps in their order, as this admin may take them. As many queries for a large installation as for a small one."""
    own = Collection.objects.live().exclude(slug__in=_demo("collections", "slug"))
    first = own.order_by("pk").first()
    in_first = reverse("kb:collection", args=[first.slug]) if first else ""
    manages, rules = user.is_knowledge_admin, user.is_system_admin
    done: dict[str, Callable[[], bool]] = {
        "sign_in": lambda: bool(find_providers() or settings.DIRECTORIES) or _people().count() > 1,
        "collection": lambda: first is not None,
        "readers": lambda: own.filter(groups__isnull=False).exists(),
        "upload": lambda: Document.objects.live().filter(collection__in=own, current_version__isnull=False).exists(),
        "question": lambda: Turn.objects.filter(state=Turn.State.ANSWERED).exists(),
        "auditor": lambda: _people().filter(role=User.Role.AUDITOR).exists(),
        "model": lambda: ServedModel.objects.usable().exists(),
        "backup": lambda: Event.objects.filter(action=BACKED_UP).exists(),
    }
    words = {
        "sign_in": (_("Let people sign in"), _("Connect an identity provider, or create the first accounts yourself.")),
        "collection": (_("Create the first collection"), _("A collection holds documents that the same people can read.")),
        "readers": (_("Choose its readers"), _("Give the collection to a group. Nobody else knows that it exists.")),
        "upload": (_("Upload documents"), _("Drop files or a whole folder. Each one shows when you can ask about it.")),
        "question": (_("Ask the first question"), _("Every sentence of the answer shows its source.")),
        "auditor": (_("Name an auditor"), _("Someone who can read what was asked and answered, but manages nothing.")),
        "model": (
            _("Connect a language model"),
            _("Without one, answers quote the documents. What it writes is checked."),
        ),
        "backup": (_("Make a backup"), _("One file with everything. The operator of the server makes it, ideally every night.")),
    }
    pages = {
        "sign_in": reverse("accounts:providers") if rules else "",
        "collection": reverse("kb:collection_new") if manages else "",
        "readers": reverse("kb:collection_edit", args=[first.slug]) if manages and first else "",
        "upload": in_first if manages else "",
        "question": reverse("chat:home"),
        "auditor": reverse("accounts:index") if rules else "",
        "model": reverse("models:model_new") if rules else "",
        "backup": "",
    }
    commands = {"backup": "manage.py backup attest.backup --passphrase"}
    return tuple(
        Step(
            code=code,
            title=title,
            about=about,
            is_done=done[code](),
            address=pages[code],
            command=commands.get(code, ""),
            waits=first is None and manages and code in ("readers", "upload"),
        )
        for code, (title, about) in words.items()
    )


def is_shown() -> bool:
    """Whether nobody has put the list away. One query."""
    return not SetupState.objects.filter(pk=SetupState.ONLY, put_away_at__isnull=False).exists()


@transaction.atomic
def show_setup(*, is_shown: bool, user: User) -> None:
    """Put the list away for all admins, or take it out again; twice is once."""
    state, _is_new = SetupState.objects.select_for_update().get_or_create(pk=SetupState.ONLY)
    if (state.put_away_at is None) == is_shown:
        return
    state.put_away_at = None if is_shown else timezone.now()
    state.save(update_fields=["put_away_at"])
    record("setup.shown" if is_shown else "setup.put_away", by=actor_of(user))


def _people() -> "models.QuerySet[User]":
    return User.objects.people().filter(is_active=True).exclude(username__in=_demo("people", "username"))


@cache
def _demo(kind: str, key: str) -> tuple[str, ...]:
    """Return what the demo's own things are called; nothing where it does not come with this installation."""
    try:
        described = json.loads((settings.BASE_DIR / "demo" / "demo.json").read_text(encoding="utf-8"))
    except OSError:
        return ()
    return tuple(entry[key] for entry in described[kind])
