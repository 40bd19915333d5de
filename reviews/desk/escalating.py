"""What is long overdue goes to somebody: marked, assigned, told by mail, and on record."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.sign_in.mail import has_mail
from audit.chain.appending import Entry
from audit.services import record_all
from reviews.desk.rules import read_rules
from reviews.models import Case

logger = logging.getLogger(__name__)
BATCH = 200


def escalate_overdue(*, now: datetime | None = None) -> int:
    """Escalate the cases that are overdue by as many days as the rules say, each once. Returns: how many.

    Whom the rules name gets them, but for answers to their own questions; whoever may review no more gets none. Marked are all.
    """
    now, rules = now or timezone.now(), read_rules()
    if not rules.escalate_days:
        return 0
    to = rules.escalate_to if rules.escalate_to and rules.escalate_to.is_active and rules.escalate_to.is_auditor else None
    done = 0
    while count := _escalate(overdue(now - timedelta(days=rules.escalate_days)).filter(escalated_at=None), to, now=now):
        done += count
    if done and to is not None:
        _tell(to, done)
    return done


def overdue(moment: datetime) -> QuerySet[Case]:
    """Return the cases that were due before a moment and are not reviewed."""
    return Case.objects.exclude(state=Case.State.DONE).filter(due_at__lt=moment)


@transaction.atomic
def _escalate(cases: QuerySet[Case], to: User | None, *, now: datetime) -> int:
    rows = list(cases.select_for_update(of=("self",)).select_related("event").order_by("sequence")[:BATCH])
    for case in rows:
        case.escalated_at = now
        if to is not None and case.person_id != str(to.pk) and not case.reviews.filter(by=to).exists():
            case.assigned_to = to
    Case.objects.bulk_update(rows, ["escalated_at", "assigned_to"])
    record_all(
        [
            Entry(
                action="review.escalated",
                subject=f"event:{case.event.uid}",
                summary=to.get_username() if to and case.assigned_to_id == to.pk else "",
                payload={"receipt": case.event.uid, "due_at": case.due_at, "to": str(case.assigned_to_id or "")},
            )
            for case in rows
        ]
    )
    return len(rows)


def _tell(to: User, count: int) -> None:
    """A mail that is not taken is in the log; the cases wait under “Assigned to me” whether it came or not."""
    if not (has_mail() and to.email):
        return
    said = ngettext("%(count)d review is overdue and is yours now.", "%(count)d reviews are overdue and are yours now.", count) % {
        "count": count
    }
    text = f"{said}\n\n{settings.PUBLIC_URL}{reverse('reviews:index')}?queue=mine\n"
    try:
        EmailMessage(_("Overdue reviews"), text, settings.DEFAULT_FROM_EMAIL, [to.email]).send()
    except (SMTPException, OSError) as error:
        logger.error("mail about overdue reviews was not taken: %s", error)
