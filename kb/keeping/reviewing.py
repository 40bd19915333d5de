"""Documents that somebody has to look through again by a day, and the reminder of them."""

import logging
from datetime import date
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.keeping.force import today
from kb.keeping.listing import SOON
from kb.keeping.values import clean_document
from kb.models import Collection, Document, DocumentQuerySet

logger = logging.getLogger(__name__)
REMINDED_AT_ONCE = 100  # people in one turn
NAMED_IN_MAIL = 30


def due_for(user: User | AnonymousUser) -> DocumentQuerySet:
    """Return what this person is to look through: documents that they own and may read now, and those without an owner who can
    sign in, in collections that they run; the most urgent first."""
    if not user.is_authenticated:
        return Document.objects.none()
    run = Collection.objects.manageable_by(user)
    unowned = (Q(owner=None) | Q(owner__is_active=False)) & Q(collection__in=run)
    rows = Document.objects.visible_to(user).filter(Q(owner=user) | unowned, review_by__lte=today() + SOON)
    return rows.order_by("review_by", "name", "pk")


@transaction.atomic
def mark_reviewed(*, document: Document, review_by: date | None, user: User) -> Document:
    """Say that a document was looked through by `user`, and by when it is to be again; None: not again.

    Raises: ValuesRefused: the day is not after today, or the document was deleted.
    """
    locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
    if locked is None:
        raise ValuesRefused({"": [_("This document was deleted.")]})
    if review_by is not None and review_by <= today():
        raise ValuesRefused({"review_by": [_("Choose a day after today for the next review.")]})
    before = locked.review_by
    clean_document(locked, {"review_by": review_by})
    locked.save(update_fields=["review_by"])
    record(
        "document.reviewed",
        by=actor_of(user),
        subject=f"document:{locked.uid}",
        summary=locked.name,
        payload={
            "collection": locked.collection.slug,
            "was_due": before.isoformat() if before else None,
            "review_by": review_by.isoformat() if review_by else None,
        },
    )
    return locked


def remind_owners() -> int:
    """Send each owner one mail about documents whose review has come into sight, once for each of their days.

    Without mail nothing is sent: the page of the library says how many there are. Returns: how many mails were taken.
    """
    if not settings.MAIL:
        return 0
    unreminded = Document.objects.live().filter(review_by__lte=today() + SOON).exclude(reminded_of=F("review_by"))
    owners = User.objects.filter(pk__in=unreminded.values("owner_id"), is_active=True).exclude(email="").order_by("pk")
    return sum(_remind(owner) for owner in owners[:REMINDED_AT_ONCE])


def _remind(owner: User) -> bool:
    rows = due_for(owner).filter(owner=owner).exclude(reminded_of=F("review_by"))
    documents = list(rows.select_related("collection")[:NAMED_IN_MAIL])
    if not documents:
        return False
    count = rows.count()
    with translation.override(settings.LANGUAGE_CODE):
        context = {"user": owner, "documents": documents, "more": count - len(documents), "site": settings.PUBLIC_URL}
        subject = render_to_string("kb/mail/review_subject.txt", context | {"count": count}).strip()
        body = render_to_string("kb/mail/review.txt", context)
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [owner.email]).send()
    except (SMTPException, OSError) as error:
        logger.error("mail to account %s was not taken: %s", owner.pk, error)
        return False
    rows.order_by().update(reminded_of=F("review_by"))
    return True
