"""The types of requests, for annotations: what Django's middleware and ours add to a request before a view gets it."""

from collections.abc import Awaitable, Callable

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class NamedRequest(HttpRequest):
    request_id: str  # of config.requests.edge.request_id


class SignedInRequest(NamedRequest):
    """What the view of a page gets, since LoginRequiredMiddleware lets nobody else in."""

    user: User
    auser: Callable[[], Awaitable[User]]
    htmx: HtmxDetails
