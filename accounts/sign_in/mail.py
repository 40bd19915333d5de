"""Mail about signing in. Without ATTEST_MAIL_URL there is none, and whoever manages people hands links over."""

import logging
import threading
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from accounts.sign_in.links import Purpose

logger = logging.getLogger(__name__)


def has_mail() -> bool:
    return bool(settings.MAIL)


def send_link(user: User, *, link: str, purpose: Purpose) -> bool:
    """Send the link to its owner, in the language of the moment. Returns: whether the mail server took it."""
    context = {"user": user, "link": link, "hours": purpose.lasts_s // 3600}
    subject = render_to_string("account/mail/password_subject.txt", context).strip()
    body = render_to_string(f"account/mail/password_{purpose}.txt", context)
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email]).send()
    except (SMTPException, OSError) as error:
        logger.error("mail to account %s was not taken: %s", user.pk, error)
        return False
    return True


def send_link_later(user: User, *, link: str, purpose: Purpose) -> threading.Thread:
    """Send it beside the request, which then takes as long for an account as for none."""
    language = translation.get_language()

    def send() -> None:
        with translation.override(language):
            send_link(user, link=link, purpose=purpose)

    thread = threading.Thread(target=send, name="mail", daemon=True)
    thread.start()
    return thread
