"""How allauth behaves here: nobody signs up by themselves, and every way in and out is in the audit.

allauth calls these methods at the very places; unlike signals they cannot be forgotten to be connected, and they run in the
transaction that is opened here: what cannot be recorded does not happen.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts.models import User
from audit.services import record


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            super().login(request, user)
            self._record(request, "session.started", user)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        with transaction.atomic():
            if user.is_authenticated:
                self._record(request, "session.ended", user)
            super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the account that was tried. What belongs to none is not written down: it may be a password in the wrong field."""
        tried = str(credentials.get("username") or credentials.get("email") or "")
        user = User.objects.filter(Q(username__iexact=tried) | Q(email__iexact=tried)).first() if tried else None
        self._record(request, "session.refused", user)

    def set_password(self, user: User, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            record(
                "account.changed",
                actor_id=user.pk,
                actor_name=user.username,
                subject=f"user:{user.pk}",
                summary=user.username,
                payload={"username": user.username, "changed": {"password": "changed by its owner"}},
            )

    def _record(self, request: HttpRequest, action: str, user: User | None) -> None:
        record(
            action,
            actor_id=user.pk if user else "",
            actor_name=user.username if user else "",
            subject=f"user:{user.pk}" if user else "",
            summary=user.username if user else "",
            payload={"address": self.get_client_ip(request), "browser": self.get_http_user_agent(request)[:300]},
        )
