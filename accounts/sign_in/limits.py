"""Limits of password attempts: guessing is slow, and nobody is locked out by another's guesses.

A try is counted before the password is looked at, and taken back where it was right. What counts together:

- in a browser that the account has signed in with before: that account in that browser, and nothing else;
- elsewhere: the address, the account at the address, and the account at all addresses, so that neither one account nor one address
  can be tried out. Somebody at another address uses up the last alone.
"""

# allauth's own module: its adapter, which ours replaces, counts with it too (the version is pinned).
from allauth.core.internal import ratelimit
from django.http import HttpRequest

from accounts.client_address import client_address
from accounts.errors import TooManyRequests
from accounts.rates import spend
from accounts.sign_in.known_device import device_for

RATES = {
    "device": "10/300s/key",
    "account_at_address": "5/300s/key",
    "account": "20/300s/key",
    "address": "20/m/key",
    "requests": "30/m/key",  # right passwords too, from an address without a browser that is known
    "mail_from_address": "10/600s/key",
    "mail_to_account": "3/900s/key",
}
REQUESTS_WAIT_S = 60
WAYS_TO_PROVIDER_PER_MINUTE = 30


def may_send_mail(request: HttpRequest, *, account: object | None) -> bool:
    """Count a request for a link by mail. Returns: False where this account has been sent enough; its owner's box is not filled.

    Raises: TooManyRequests: the address asks for more than any person would.
    """
    if not _spend(request, "mail_from_address", ratelimit.truncate_ip(client_address(request))):
        raise TooManyRequests(retry_after_s=REQUESTS_WAIT_S)
    return account is None or _spend(request, "mail_to_account", str(account)) is not None


def spend_way_to_provider(request: HttpRequest) -> None:
    """Count a way to an identity provider, for which it is asked where to go. allauth counts no GET, so this is not its count.

    Raises: TooManyRequests: the address asks for more than any person would.
    """
    spend("way-to-provider", ratelimit.truncate_ip(client_address(request)), per_minute=WAYS_TO_PROVIDER_PER_MINUTE)


class SignInAttempt:
    """One try, counted. `is_allowed`: whether the password may be looked at."""

    def __init__(self, request: HttpRequest, *, typed: str, account: object | None) -> None:
        """`typed`: the user name or mail address. Counted by that, so that the limits do not reveal which belong together, or
        to anybody. `account`: primary key of whom it names, None for nobody.

        Raises: TooManyRequests: the address sends more than any person would.
        """
        self._request = request
        self._usage: list[ratelimit.RateLimitUsage] = []
        address = ratelimit.truncate_ip(client_address(request))
        device = device_for(request, account) if account is not None else ""
        if device:
            counts = {"device": f"{device}|{account}"}
        else:
            if not _spend(request, "requests", address):
                raise TooManyRequests(retry_after_s=REQUESTS_WAIT_S)
            counts = {"address": address, "account_at_address": f"{address}|{typed}", "account": typed}
        self.is_allowed = all(self._count(action, key) for action, key in counts.items())

    def take_back(self) -> None:
        """The password was right: stop counting this attempt."""
        for usage in self._usage:
            usage.rollback()

    def _count(self, action: str, key: str) -> bool:
        usage = _spend(self._request, action, key)
        if usage:
            self._usage.append(usage)
        return usage is not None


def _spend(request: HttpRequest, action: str, key: str) -> ratelimit.RateLimitUsage | None:
    return ratelimit.consume(request, app="accounts.sign_in", action=action, config=RATES, key=key)
