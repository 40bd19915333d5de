"""Tells of budgets that are nearly spent, or spent: in the audit once a month each, by mail where there is mail."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sign_in.mail import has_mail
from audit.services import record
from gateway.spending.budgets import Standing, read_standings
from gateway.spending.models import Budget
from gateway.spending.recording import today

logger = logging.getLogger(__name__)
MOST_TOLD = 20  # admins


def watch_budgets() -> int:
    """Tell what has not been told of this month. Returns: how many budgets."""
    month = f"{today():%Y-%m}"
    told = 0
    for standing in read_standings(list(Budget.objects.select_related("group", "person"))):
        budget = standing.budget
        column = "exhausted_for" if standing.is_exhausted else "warned_for" if standing.is_warned else ""
        if not column or getattr(budget, column) == month or not _note(standing, column, month):
            continue
        told += 1
        if has_mail():
            _mail(standing)
    return told


@transaction.atomic
def _note(standing: Standing, column: str, month: str) -> bool:
    """Mark and record it. Returns: False where another process was first."""
    budget = standing.budget
    if not Budget.objects.filter(pk=budget.pk).exclude(**{column: month}).update(**{column: month}):
        return False
    action = "budget.exhausted" if column == "exhausted_for" else "budget.warned"
    payload = {"month": month, "spent": str(standing.spent), "amount": str(budget.amount), "stops": budget.stops}
    record(action, subject=f"budget:{budget.pk}", summary=str(budget), payload=payload)
    logger.warning("%s: %s of %s in %s", action, standing.spent, budget.amount, month)
    return True


def _mail(standing: Standing) -> None:
    """Write to who manages models. A server that takes no mail is logged: the page says the same."""
    to = list(User.objects.system_admins().exclude(email="").values_list("email", flat=True)[:MOST_TOLD])
    if not to:
        return
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = words_of(standing)
    try:
        EmailMessage(subject, f"{body}\n\n{settings.PUBLIC_URL}/models/budgets/\n", settings.DEFAULT_FROM_EMAIL, bcc=to).send()
    except (SMTPException, OSError) as error:
        logger.error("mail about budget %s was not taken: %s", standing.budget.pk, error)


def words_of(standing: Standing) -> tuple[str, str]:
    """Return a heading and a sentence about how a budget stands, in the active language."""
    budget = standing.budget
    name = budget.subject_name or _("the whole installation")
    words = {"name": name, "spent": f"{standing.spent:.2f}", "amount": f"{budget.amount:.2f}", "percent": standing.percent}
    if not standing.is_exhausted:
        subject = _("The model budget for %(name)s is nearly spent") % words
        return subject, _("%(spent)s of %(amount)s (%(percent)s %%) has been spent this month.") % words
    subject = _("The model budget for %(name)s is spent") % words
    body = _("%(spent)s of %(amount)s has been spent this month.") % words
    if budget.stops:
        body += " " + _("Until the month ends or the budget is raised, answers quote the documents or are written by free models.")
    return subject, body
