"""Guests, whose accounts have a last day."""

import logging

from accounts.errors import AccountRefused
from accounts.models import User
from accounts.services import change_account

logger = logging.getLogger(__name__)


def end_guests() -> int:
    """Deactivate the accounts whose last day is over: their sessions and keys are gone for good, also when the day is moved later.

    Whether it is over is asked at each request as well (`User.has_ended`): this only makes it last. Returns: how many.
    """
    count = 0
    for user in User.objects.overdue().order_by("pk"):
        try:
            change_account(user=user, is_active=False, actor=None)
        except AccountRefused as refused:  # it has become somebody who has to stay
            logger.error("account %s has ended and is left as it is: %s", user.pk, refused.code)
        else:
            count += 1
    return count
