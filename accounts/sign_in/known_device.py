"""A cookie that identifies a browser in which somebody has signed in before.

It opens nothing: it only gives that account a count of wrong passwords of its own in this browser, so that nobody else's guessing
locks its owner out.
"""

import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

NAME = "known_device"
SALT = "accounts.sign_in.known_device"
AGE_S = 180 * 24 * 3600
ACCOUNTS_KEPT = 10  # that share a browser


def device_for(request: HttpRequest, account: object) -> str:
    """Return the name of the browser where this account (its primary key) has signed in in it before; else ""."""
    device, accounts = _read(request)
    return device if str(account) in accounts else ""


def remember_device(request: HttpRequest, response: HttpResponse, account: object) -> None:
    """Recognise the browser of a request from now on, for this account. Its cookie goes to the sign-in page only."""
    device, accounts = _read(request)
    kept = [str(account), *(one for one in accounts if one != str(account))][:ACCOUNTS_KEPT]
    response.set_cookie(
        NAME,
        signing.dumps([device or secrets.token_hex(8), kept], salt=SALT),
        max_age=AGE_S,
        path=reverse(settings.LOGIN_URL),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, Sequence[str]]:
    try:
        device, accounts = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=AGE_S)
    except signing.BadSignature:
        return "", ()
    return device, accounts
