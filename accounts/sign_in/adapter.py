"""How allauth behaves here: nobody can sign up, and every sign-in and sign-out is in the audit.

allauth calls these methods at the very places; unlike signals they cannot be forgotten to be connected, and they run in the
transaction that is opened here: what cannot be recorded does not happen.
"""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.client_address import client_address
from accounts.credentials import may_sign_in
from accounts.errors import AccountRefused
from accounts.models import User
from accounts.sign_in.confirming import is_confirmed
from accounts.sign_in.directory.arriving import is_kept_elsewhere
from accounts.sign_in.emergency import breaks_glass, may_come_in, raise_alarm
from accounts.sign_in.known_device import remember_device
from accounts.sign_in.limits import SignInAttempt
from accounts.sign_in.oidc.providers import find_providers
from accounts.sign_in.sessions import describe_client
from audit.actor import actor_of
from audit.auditor_visits import complete_reading
from audit.services import record


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse | None:
        """Hold up who comes by another way than an identity provider, where only these let people in."""
        response: HttpResponse | None = super().pre_login(request, user, **details)
        if response is None and not may_sign_in(user):
            return self.respond_user_inactive(request, user)
        if response is not None or may_come_in(request, user):
            return response
        clear_login(request)
        self._record(request, "session.refused", user, reason="password_off")
        messages.error(request, _("Sign in with your company account: passwords are switched off."))
        return redirect("account_login")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        with transaction.atomic():
            super().login(request, user)
            if breaks_glass(request, user):
                self._record(request, "session.break_glass", user)
                transaction.on_commit(lambda: raise_alarm(user, client=describe_client(request)))
            steps = [str(step.get("type", step["method"])) for step in get_authentication_records(request, user)]
            self._record(request, "session.started", user, by=steps)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        with transaction.atomic():
            if user.is_authenticated:
                complete_reading(user_id=user.pk)
                self._record(request, "session.ended", user)
            super().logout(request)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse:
        response = super().post_login(request, user, **details)
        remember_device(request, response, user.pk)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try. Raises: ValidationError: too many wrong passwords. TooManyRequests: too many of any kind."""
        tried = _tried(credentials)
        user = find_account(tried)
        self._attempt = SignInAttempt(request, typed=tried.lower(), account=user.pk if user else None)
        if not self._attempt.is_allowed:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Raises: ValidationError: a company directory knows them, and there is no way in; or none answers."""
        try:
            user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        except AccountRefused as refused:
            self._record(request, "session.refused", find_account(_tried(credentials)), reason=refused.code)
            raise ValidationError(refused.message) from refused
        return user

    def _rollback_login_failed_rl_usage(self) -> None:
        self._attempt.take_back()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the account that was tried. A name of no account is not recorded: it may be a password in the wrong field."""
        self._record(request, "session.refused", find_account(_tried(credentials)))

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "accounts.sign_in.stages.NewPasswordStage"]

    def is_reauthentication_required(self, *, app: str, **named: Any) -> bool:
        """allauth asks before it changes second factors; signing in a moment ago counts as well."""
        return not is_confirmed(self.request)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, str]]:
        """Return the pages on which this person confirms: who has a second factor confirms by it, passkeys first."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        by_factor = [method for method in methods if method["id"].startswith("mfa_")]
        if is_kept_elsewhere(cast(User, user)) and not by_factor:  # the directory's password
            return [{"id": "reauthenticate", "description": "", "url": reverse("account_reauthenticate")}]
        if not methods:  # neither password nor factor: at the provider that they come from
            links = SocialAccount.objects.filter(user__username=user.get_username()).values_list("provider", flat=True)
            url = next((reverse("openid_connect_login", args=[one.slug]) for one in find_providers() if one.slug in links), "")
            return [{"id": "provider", "description": "", "url": url}] if url else []
        return sorted(by_factor or methods, key=lambda method: method["id"] != "mfa_reauthenticate:webauthn")

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Called where the owner changes it while signed in."""
        with transaction.atomic():
            super().set_password(user, password)
            record(
                "account.changed",
                by=actor_of(user),
                subject=f"user:{user.pk}",
                summary=user.get_username(),
                payload={"username": user.get_username(), "changed": {"password": "changed by its owner"}},
            )

    def _record(self, request: HttpRequest, action: str, user: AbstractBaseUser | None, **more: Any) -> None:
        record(
            action,
            by=actor_of(user),
            subject=f"user:{user.pk}" if user else "",
            summary=user.get_username() if user else "",
            payload={**describe_client(request), **more},
        )


def _tried(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


def find_account(tried: str) -> User | None:
    """Return whose user name or mail address this is, in any case."""
    return User.objects.filter(Q(username__iexact=tried) | Q(email__iexact=tried)).first() if tried else None
