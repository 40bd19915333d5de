"""Letting a visitor in, and whether whoever was let in still is."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import jwt
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import Credential, may_sign_in
from accounts.errors import TooManyRequests
from accounts.models import User
from accounts.rates import spend
from audit.actor import SYSTEM, actor_of
from audit.services import record
from integrations.errors import WidgetRefused
from integrations.widgets.models import SpentToken, Widget, WidgetSession

LASTS = timedelta(hours=1)
TOKEN_LASTS_S = 600  # at most, from its making to its end
LEEWAY_S = 30  # clocks of two machines differ
JTI_CHARACTERS = 100
TOKEN_CHARACTERS = 4000
OPENED_PER_MINUTE = 30  # from one address
REFUSALS_NOTED_PER_MINUTE = 10
KIND = "widget"


def open_session(widget: Widget, *, token: str, origin: str, address: str) -> tuple[WidgetSession, str]:
    """Let in whom the token names, or a guest where there is none and the widget takes guests. Returns: the session and its key.

    Raises: WidgetRefused, TooManyRequests.
    """
    spend("widget-open", address, per_minute=OPENED_PER_MINUTE)
    try:
        check_open(widget, origin=origin)
        if token:
            user, is_guest = _person_of(widget, _read_token(widget, token)), False
        else:
            user, is_guest = _guest_of(widget), True
    except WidgetRefused as refused:
        _note_refusal(widget, refused, origin=origin, address=address)
        raise
    key = secrets.token_urlsafe(32)
    with transaction.atomic():
        now = timezone.now()
        WidgetSession.objects.filter(expires_at__lt=now).delete()
        session = WidgetSession.objects.create(
            widget=widget, user=user, is_guest=is_guest, key_hash=hash_key(key), origin=origin, expires_at=now + LASTS
        )
        payload = {"widget": widget.name, "origin": origin, "is_guest": is_guest, "address": address}
        record("widget.opened", by=actor_of(user), subject=f"widget:{widget.uid}", summary=widget.name, payload=payload)
    return session, key


def check_open(widget: Widget, *, origin: str) -> None:
    """Raises: WidgetRefused: the widget is out of use, or does not stand on this site."""
    if not widget.is_enabled:
        raise WidgetRefused("widget_disabled", _("This widget is disabled."), status=HTTPStatus.FORBIDDEN)
    if origin not in widget.origins:
        raise WidgetRefused("origin_refused", _("This widget may not be shown on this site."), status=HTTPStatus.FORBIDDEN)


def find_session(widget: Widget, key: str) -> WidgetSession:
    """Return the session of a key. Raises: WidgetRefused: it has ended, or never began."""
    found = (
        WidgetSession.objects.select_related("widget", "user", "conversation").filter(widget=widget, key_hash=hash_key(key)).first()
    )
    if found is None or find_visitor(credential_of(found)) is None:
        raise WidgetRefused("session_ended", _("Your session has ended. Reload the page."))
    return found


def credential_of(session: WidgetSession) -> Credential:
    user = session.user
    return Credential(kind="delegated", user_id=user.pk, username=user.username, session_key=f"{KIND}:{session.pk}")


def find_visitor(credential: Credential) -> User | None:
    """Return whose rights apply now; None once the session, the widget, its site, or the person is out."""
    number = credential.session_key.partition(":")[2]
    rows = WidgetSession.objects.select_related("widget", "user").filter(pk=number, user=credential.user_id)
    found = rows.filter(expires_at__gt=timezone.now(), widget__is_enabled=True).first()
    if found is None or found.origin not in found.widget.origins:
        return None
    user = found.user
    if not found.is_guest:
        return user if may_sign_in(user) else None
    guest = found.widget.guest
    return user if guest is not None and guest.user_id == user.pk and user.is_active else None


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _read_token(widget: Widget, token: str) -> dict[str, Any]:
    """Return the claims of a token that was made for this widget just now and not used before. Raises: WidgetRefused."""
    try:
        if len(token) > TOKEN_CHARACTERS:
            raise jwt.InvalidTokenError("too long")
        claims: dict[str, Any] = jwt.decode(
            token,
            widget.verification_key(),
            algorithms=[widget.signing],  # never what the token itself names
            audience=str(widget.uid),
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "aud", "sub", "jti"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise WidgetRefused("token_expired", _("The sign-in of this site has expired. Reload the page.")) from error
    except (jwt.PyJWTError, ValueError) as error:
        raise WidgetRefused("token_invalid", _("This site did not sign you in correctly. Contact its operator.")) from error
    jti, lasts_s = claims["jti"], claims["exp"] - claims["iat"]
    if not (isinstance(jti, str) and 0 < len(jti) <= JTI_CHARACTERS and "\x00" not in jti and 0 < lasts_s <= TOKEN_LASTS_S):
        raise WidgetRefused("token_invalid", _("This site did not sign you in correctly. Contact its operator."))
    _spend_token(widget, jti, expires_at=datetime.fromtimestamp(claims["exp"] + LEEWAY_S, tz=UTC))
    return claims


def _spend_token(widget: Widget, jti: str, *, expires_at: datetime) -> None:
    SpentToken.objects.filter(expires_at__lt=timezone.now()).delete()
    try:
        with transaction.atomic():
            SpentToken.objects.create(widget=widget, jti=jti, expires_at=expires_at)
    except IntegrityError as error:
        raise WidgetRefused("token_used", _("This sign-in was used before. Reload the page.")) from error


def _person_of(widget: Widget, claims: dict[str, Any]) -> User:
    name = claims["sub"]
    field = "email" if widget.match_by == Widget.MatchBy.EMAIL else "username"
    found = User.objects.people().filter(**{f"{field}__iexact": name}) if isinstance(name, str) and name else User.objects.none()
    people = [user for user in found[:2] if may_sign_in(user)]
    if len(people) != 1:
        message = _("You have no account here, or it is not active. Contact an Attest administrator.")
        raise WidgetRefused("person_unknown", message, status=HTTPStatus.FORBIDDEN)
    return people[0]


def _guest_of(widget: Widget) -> User:
    if widget.guest is None or not widget.guest.user.is_active:
        raise WidgetRefused("token_missing", _("Sign in to this site first."))
    return widget.guest.user


def _note_refusal(widget: Widget, refused: WidgetRefused, *, origin: str, address: str) -> None:
    try:
        spend("widget-refused", address, per_minute=REFUSALS_NOTED_PER_MINUTE)
    except TooManyRequests:
        return
    payload = {"reason": refused.code, "origin": origin[:300], "address": address}
    record("widget.refused", by=SYSTEM, subject=f"widget:{widget.uid}", summary=widget.name, payload=payload)
