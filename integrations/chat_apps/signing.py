"""Whether a chat program itself sent a request, just now: each signs in its own way."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext as _

from integrations.chat_apps.models import ChatApp
from integrations.errors import IntegrationError

WINDOW_S = 300  # as Slack recommends: an older request may be a copy


class ChatRefused(IntegrationError):
    """`code`: signature_invalid, request_too_old, chat_app_disabled, chat_request_invalid."""

    code = "chat_refused"


def check_signature(app: ChatApp, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> None:
    """Raises: ChatRefused."""
    secret = app.read_secret()
    if not secret:
        raise _invalid()
    if app.kind == ChatApp.Kind.TEAMS:  # HMAC of the body alone, by the decoded token; Teams sends no time
        try:
            key = base64.b64decode(secret, validate=True)
        except binascii.Error as error:
            raise _invalid() from error
        given = headers.get("Authorization", "").removeprefix("HMAC ")
        expected = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        _compare(given, expected)
        return
    prefix = "X-Slack" if app.kind == ChatApp.Kind.SLACK else "X-Attest"
    moment = headers.get(f"{prefix}-Request-Timestamp", "")
    signed = b"v0:" + moment.encode("latin-1", "replace") + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    _compare(headers.get(f"{prefix}-Signature", ""), expected)
    if not moment.isdecimal() or len(moment) > 12 or abs((now or time.time()) - int(moment)) > WINDOW_S:
        raise ChatRefused("request_too_old", _("The request is too old, or the clocks of the two machines differ."))


def sign(secret: str, body: bytes, *, moment: int) -> dict[str, str]:
    """Return the headers of a request of ours to a program of the generic kind: signed as its own are."""
    mark = hmac.new(secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Attest-Request-Timestamp": str(moment), "X-Attest-Signature": f"v0={mark}"}


def _compare(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise _invalid()


def _invalid() -> ChatRefused:
    return ChatRefused("signature_invalid", _("The signature does not match this program."), status=HTTPStatus.UNAUTHORIZED)
