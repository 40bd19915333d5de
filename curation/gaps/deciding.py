"""What is done about a gap: who sees to it until when, and what came of it. Each step is on record."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from curation.errors import CurationRefused
from curation.gaps.models import Gap
from kb.models import Collection, Steward

LONGEST_NOTE = 2_000


def people_for(collection: Collection | None) -> QuerySet[User]:
    """Return who may see to a gap: who runs the collection and can sign in."""
    stewards = Steward.objects.filter(collection=collection).values("user") if collection else Steward.objects.none().values("user")
    runs = Q(role=User.Role.KNOWLEDGE_ADMIN) | Q(pk__in=stewards)
    return User.objects.filter(runs, is_active=True).exclude(role__in=User.GUARDED).order_by("username")


def change_gap(*, gap: Gap, user: User, state: str, assigned_to: User | None, due_on: date | None, note: str) -> Gap:
    """Set what is done about a gap; records nothing where nothing differs. Raises: CurationRefused: "gap_invalid"."""
    note = note.replace("\x00", "").strip()
    if state not in Gap.State.values:
        raise CurationRefused("gap_invalid", _("Choose a state."))
    if len(note) > LONGEST_NOTE:
        raise CurationRefused("gap_invalid", _("A note can have at most %(limit)d characters.") % {"limit": LONGEST_NOTE})
    with transaction.atomic():
        gap = Gap.objects.select_for_update(of=("self",)).select_related("assigned_to", "collection").get(pk=gap.pk)
        if assigned_to is not None and not people_for(gap.collection).filter(pk=assigned_to.pk).exists():
            raise CurationRefused("gap_invalid", _("Gaps can be assigned only to those who manage the collection."))
        before = serialize_gap(gap)
        if state != gap.state:
            gap.answered_at = timezone.now() if state == Gap.State.ANSWERED else None
        gap.state, gap.assigned_to, gap.due_on, gap.note = state, assigned_to, due_on, note
        gap.save(update_fields=["state", "assigned_to", "due_on", "note", "answered_at"])
        after = serialize_gap(gap)
        if after != before:
            record(
                "gap.changed",
                by=actor_of(user),
                subject=f"gap:{gap.uid}",
                payload={"collection": gap.collection.slug if gap.collection else "", "from": before, "to": after},
            )
    return gap


def serialize_gap(gap: Gap) -> dict[str, str | None]:
    """Return what people may set of a gap, as the audit keeps it."""
    return {
        "state": gap.state,
        "assigned_to": gap.assigned_to.get_username() if gap.assigned_to else None,
        "due_on": gap.due_on.isoformat() if gap.due_on else None,
        "note": gap.note,
    }
