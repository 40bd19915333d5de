"""Writing versions of a prompt, giving one to a share of the questions, taking it into use, and rolling back."""

import re

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.flow.writing.prompting import DECLINES, name_rules, read_rules
from curation.canary.models_held import hold_prompt
from curation.errors import CurationRefused
from curation.prompts.models import PromptVersion

NAMES = tuple(name_rules(language, style) for style in ("markers", "structured") for language in sorted(DECLINES))
LONGEST = 8_000
MOST_SHARE = 50
_BRACES = re.compile(r"[{}]")
State = PromptVersion.State


def rules_in_use(name: str) -> str:
    """Return the rules that answers are written by now, a canary apart."""
    active = PromptVersion.objects.filter(name=name, state=State.ACTIVE).first()
    return active.text if active is not None else read_rules(name)


def write_version(*, name: str, text: str, note: str, user: User) -> PromptVersion:
    """Keep a text as the next version, a draft. Raises: CurationRefused: "prompt_invalid"."""
    text, note = text.replace("\r\n", "\n").replace("\x00", "").strip(), " ".join(note.replace("\x00", "").split())[:300]
    if name not in NAMES:
        raise CurationRefused("prompt_invalid", _("There is no such prompt."))
    if not text or len(text) > LONGEST:
        raise CurationRefused("prompt_invalid", _("Rules must have 1 to %(limit)d characters.") % {"limit": LONGEST})
    wanted = read_rules(name).count("{decline}")
    if text.count("{decline}") != wanted or _BRACES.search(text.replace("{decline}", "").replace("{{", "").replace("}}", "")):
        message = _("Keep {decline} where the rules say how to decline, and write other braces twice: {{ }}.")
        raise CurationRefused("prompt_invalid", message)
    with transaction.atomic():
        last = PromptVersion.objects.select_for_update().filter(name=name).aggregate(last=Max("number"))["last"] or 0
        row = PromptVersion.objects.create(name=name, number=last + 1, text=text, note=note, created_by=user)
        _record("prompt.written", row, user=user)
    return row


def start_share(*, row: PromptVersion, share: int, user: User) -> PromptVersion:
    """Give a version to a share of the conversations; another one that had a share is a draft again.

    Raises: CurationRefused: "prompt_invalid".
    """
    if not 1 <= share <= MOST_SHARE:
        raise CurationRefused("prompt_invalid", _("A share must be from 1 to %(limit)d percent.") % {"limit": MOST_SHARE})
    with transaction.atomic():
        row = _lock(row)
        PromptVersion.objects.filter(name=row.name, state=State.CANARY).exclude(pk=row.pk).update(state=State.DRAFT, share=0)
        row.state, row.share = State.CANARY, share
        row.save(update_fields=["state", "share"])
        _record("prompt.shared", row, user=user)
    return row


def promote(*, row: PromptVersion, user: User | None, is_tried: bool = False) -> bool:
    """Take a version into use for all questions. Returns: False where that is tried on the golden questions first."""
    with transaction.atomic():
        row = _lock(row)
        if not is_tried and hold_prompt(row, user=user):
            return False
        PromptVersion.objects.filter(name=row.name, state=State.ACTIVE).exclude(pk=row.pk).update(state=State.RETIRED)
        row.state, row.share = State.ACTIVE, 0
        row.save(update_fields=["state", "share"])
        _record("prompt.promoted", row, user=user)
    return True


def roll_back(*, name: str, user: User) -> None:
    """End a share; without one, retire the version in use, for the rules of the release."""
    with transaction.atomic():
        rows = PromptVersion.objects.select_for_update().filter(name=name)
        row = rows.filter(state=State.CANARY).first() or rows.filter(state=State.ACTIVE).first()
        if row is None:
            raise CurationRefused("prompt_invalid", _("The default rules are already in use."))
        row.state, row.share = State.RETIRED, 0
        row.save(update_fields=["state", "share"])
        _record("prompt.rolled_back", row, user=user)


def _lock(row: PromptVersion) -> PromptVersion:
    found = PromptVersion.objects.select_for_update().get(pk=row.pk)
    if found.state == State.ACTIVE:
        raise CurationRefused("prompt_invalid", _("This version is already in use."))
    return found


def _record(action: str, row: PromptVersion, *, user: User | None) -> None:
    record(
        action,
        by=actor_of(user),
        subject=f"prompt:{row.name}",
        summary=f"{row.name} {row.number}",
        payload={
            "name": row.name,
            "number": row.number,
            "state": row.state,
            "share": row.share,
            "note": row.note,
            "text": row.text,
        },
    )
