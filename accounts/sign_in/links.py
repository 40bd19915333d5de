"""One-time links by which people set their own passwords: signed, with an end, and void once anything about signing in changed.

Nothing is stored: a link names the account and the state of its password. Where the password, the mail address, the last sign-in or
the generation of sessions is another one, the link opens nothing. So it works once, and only the newest works after a reset.
"""

from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

SALT = "accounts.sign_in.links"
FORGOTTEN_S = 3600  # of what anybody may have sent to a known mail address


class Purpose(StrEnum):
    INVITED = "invited"  # by whoever manages people, who may hand it over later
    FORGOTTEN = "forgotten"  # asked for on the sign-in page, and sent by mail at once

    @property
    def lasts_s(self) -> int:
        return settings.PASSWORD_LINK_S if self is Purpose.INVITED else FORGOTTEN_S


def make_link(user: User, *, purpose: Purpose, request: HttpRequest | None = None) -> str:
    """Return the address at which this person sets a password. `request` None: from a command."""
    token = signing.dumps([user.pk, _state(user)], salt=f"{SALT}.{purpose}")
    path = reverse("account_set_password", args=[token])
    if settings.PUBLIC_URL or request is None:
        return f"{settings.PUBLIC_URL or settings.LOCAL_URL}{path}"
    return request.build_absolute_uri(path)


def find_invited(token: str, *, locked: bool = False) -> User | None:
    """Return whose link this is, read from the database now; None where it is void, or the account may not sign in.

    `locked`: until the caller's transaction ends, so that a link that is used twice at once works once.
    """
    accounts = User.objects.select_for_update() if locked else User.objects.all()
    for purpose in Purpose:
        try:
            pk, state = signing.loads(token, salt=f"{SALT}.{purpose}", max_age=purpose.lasts_s)
        except signing.BadSignature:
            continue
        user = accounts.filter(pk=pk, is_active=True, is_service=False).first()
        return user if user is not None and constant_time_compare(state, _state(user)) else None
    return None


def _state(user: User) -> str:
    parts = (user.password, user.email, user.session_generation, user.last_login and user.last_login.timestamp())
    return salted_hmac(SALT, repr(parts)).hexdigest()[:32]
