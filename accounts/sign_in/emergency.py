"""Where identity providers alone let people in, one account comes in by its password all the same; its use is an alarm."""

import logging
import threading
from collections.abc import Mapping
from smtplib import SMTPException

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import DirectoryEntry, SignInRules, User

logger = logging.getLogger(__name__)
BY_PROVIDER = "socialaccount"  # as allauth calls it in its records


def may_come_in(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Tell whether this person may come in by the way that they have just shown."""
    rules = SignInRules.current()
    if not rules.is_password_off or rules.break_glass_id == user.pk or _came_by_provider(request, user):
        return True
    return _came_by_directory(request, user)


def breaks_glass(request: HttpRequest, user: AbstractBaseUser) -> bool:
    rules = SignInRules.current()
    return rules.is_password_off and rules.break_glass_id == user.pk and not _came_by_provider(request, user)


def raise_alarm(user: AbstractBaseUser, *, client: Mapping[str, str]) -> None:
    """Tell everyone who manages people and has an address, beside the request; the audit has it already."""
    logger.error("the emergency account signed in: account %s from %s", user.pk, client["address"])
    admins = User.objects.system_admins().exclude(email="")
    addresses = list(admins.values_list("email", flat=True)) if settings.MAIL else []
    if not addresses:
        return
    body = render_to_string("account/mail/alarm.txt", {"user": user, **client})
    subject = render_to_string("account/mail/alarm_subject.txt", {}).strip()
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, bcc=addresses)
    threading.Thread(target=_send, args=(message,), name="mail", daemon=True).start()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (SMTPException, OSError):
        logger.exception("the alarm was not mailed")


def _came_by_provider(request: HttpRequest, user: AbstractBaseUser) -> bool:
    steps = get_authentication_records(request, user)
    first = [step for step in steps if step.get("method") != "mfa"]
    return bool(first) and first[-1].get("method") == BY_PROVIDER


def _came_by_directory(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Tell whether the password was a company directory's: an account of one has none of its own."""
    steps = [step for step in get_authentication_records(request, user) if step.get("method") != "mfa"]
    by_password = bool(steps) and steps[-1].get("method") == "password"
    return by_password and DirectoryEntry.objects.filter(user_id=user.pk).exists()
