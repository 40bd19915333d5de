"""Who reviews: reviewers and auditors. Everyone else gets the 404 of a page that does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponseBase

from accounts.requests import SignedInRequest

View = Callable[..., HttpResponseBase]


def reviewers_only(view: View) -> View:
    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_reviewer):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
