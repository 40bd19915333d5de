"""The forms that take a code: allauth's. A wrong code is on record like a wrong password, and a right one works once."""

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from accounts.sign_in.sessions import describe_client
from audit.actor import actor_of
from audit.services import record


class _OnRecord(BaseAuthenticateForm):
    def clean_code(self) -> str:
        """Refuse a code that was used before. allauth forgets it after one step of time, and it is right for all tolerated ones."""
        code = super().clean_code()
        lasts_s = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 2)
        is_totp = self.authenticator.type == Authenticator.Type.TOTP
        if is_totp and not cache.add(f"second-factor-used:{self.user.pk}:{code.strip()}", True, timeout=lasts_s):
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        super()._emit_authentication_failed(authenticator)
        user = authenticator.user
        payload = {**describe_client(context.request), "factor": str(authenticator.type)}
        record("session.refused", by=actor_of(user), subject=f"user:{user.pk}", summary=user.get_username(), payload=payload)


class CodeForm(_OnRecord, AuthenticateForm):
    """At the sign-in, after the password."""


class ConfirmingCodeForm(_OnRecord, ReauthenticateForm):
    """Before a dangerous act."""
