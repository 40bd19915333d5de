"""Bearer tokens that a service gives for a while: asked for when needed, anew when they end or are refused."""

import time
from collections.abc import Callable

import httpx

from sources.connectors.errors import SignInRefused

EARLY_S = 60.0  # before its end a token is no longer used


class Bearer:
    """`ask` returns a token and the seconds that it lasts. Raises: SignInRefused."""

    def __init__(self, ask: Callable[[], tuple[str, float]]) -> None:
        self._ask, self._token, self._until = ask, "", 0.0

    def authorise(self, request: httpx.Request) -> None:
        if not self._token or time.monotonic() > self._until - EARLY_S:
            self.renew()
        request.headers["Authorization"] = f"Bearer {self._token}"

    def renew(self) -> None:
        self._token, lasts_s = self._ask()
        self._until = time.monotonic() + lasts_s


def read_token(response: httpx.Response, host: str, message: str) -> tuple[str, float]:
    """Return the token of an answer by RFC 6749. Raises: SignInRefused with `message`: there is none."""
    try:
        found = response.json()
        return str(found["access_token"]), float(found.get("expires_in", 3600))
    except (ValueError, KeyError, TypeError) as error:
        raise SignInRefused(message % {"host": host}) from error
