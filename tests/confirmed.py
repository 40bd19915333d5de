"""A browser whose person signed in, or confirmed it, a moment ago: what dangerous acts ask for (config.requests.step_up)."""

import time

from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY, AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import SESSION_KEY
from django.test import Client


def confirmed(client: Client, *, by: str = "password", ago_s: float = 0.0) -> Client:
    """Write into the session of a signed-in client that its person confirmed `ago_s` seconds ago."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": by, "at": time.time() - ago_s}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session[SESSION_KEY]
    session.save()
    return client
