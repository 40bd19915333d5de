"""Sessions as rows that their owner can read: Django's database sessions, each with its person, device, address and limits.

The limits hold wherever a session is loaded: for a request, and for an answer that runs on (`accounts.credentials`).
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.client_address import client_address
from accounts.models import BrowserSession, User
from audit.actor import actor_of
from audit.services import record

STARTED = "signed_in_at"
NOTED_EVERY = timedelta(minutes=1)
BROWSER_CHARACTERS = 300
UNATTENDED = "X-Unattended"  # a header of what a page asks for by itself, with nobody at it


class SessionStore(DatabaseStore):
    """Django's store, over `BrowserSession`."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.seen_at: datetime | None = None
        self.address = self.browser = ""

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def _get_session_from_db(self) -> BrowserSession | None:
        return self._unless_over(super()._get_session_from_db())  # type: ignore[misc]  # Django has it, its stubs do not

    async def _aget_session_from_db(self) -> BrowserSession | None:
        return self._unless_over(await super()._aget_session_from_db())  # type: ignore[misc]  # as above

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        return self._row(data, expire_date=self.get_expiry_date())

    async def acreate_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        return self._row(data, expire_date=await self.aget_expiry_date())

    def note_use(self, *, address: str, browser: str) -> None:
        """Remember that somebody used the session just now, and from where; writes at most once a minute from one place."""
        now, browser = timezone.now(), browser[:BROWSER_CHARACTERS]
        is_fresh = self.seen_at is not None and self.seen_at > now - NOTED_EVERY
        if is_fresh and (self.address, self.browser) == (address, browser):
            return
        self.seen_at, self.address, self.browser = now, address, browser
        BrowserSession.objects.filter(session_key=self.session_key).update(seen_at=now, address=address, browser=browser)

    def _unless_over(self, row: BrowserSession | None) -> BrowserSession | None:
        if row is None:
            return None
        if row.is_over:
            self._session_key = None  # as Django does where it has expired
            return None
        self.seen_at, self.address, self.browser = row.seen_at, row.address, row.browser
        return row

    def _row(self, data: dict[str, Any], *, expire_date: datetime) -> BrowserSession:
        user_id = data.get(SESSION_KEY)
        if user_id is None:
            data.pop(STARTED, None)
        started = data.setdefault(STARTED, time.time()) if user_id is not None else time.time()
        return BrowserSession(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]  # as above
            session_data=self.encode(data),
            expire_date=expire_date,
            user_id=user_id,
            started_at=datetime.fromtimestamp(started, tz=UTC),
            seen_at=self.seen_at or timezone.now(),
            address=self.address,
            browser=self.browser,
        )


def describe_client(request: HttpRequest) -> Mapping[str, str]:
    """Return the address and the browser of a request, as the audit keeps them."""
    return {"address": client_address(request), "browser": request.headers.get("User-Agent", "")[:BROWSER_CHARACTERS]}


def note_use(request: HttpRequest) -> None:
    """Note that the session of a signed-in browser was used, unless its page asks by itself."""
    if request.session.session_key and UNATTENDED not in request.headers:
        request.session.note_use(**describe_client(request))  # type: ignore[attr-defined]  # the store above


def find_sessions(user: User) -> list[BrowserSession]:
    """Return the sessions that would be let in now, the last used first. Those that ended otherwise are deleted."""
    expected = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    living: list[BrowserSession] = []
    over: list[BrowserSession] = []
    for row in BrowserSession.objects.filter(user=user):
        shown = row.get_decoded().get(HASH_SESSION_KEY, "")
        is_valid = row.expire_date > timezone.now() and not row.is_over
        is_valid = is_valid and any(constant_time_compare(shown, one) for one in expected)
        (living if is_valid else over).append(row)
    if over:
        BrowserSession.objects.filter(pk__in=[row.pk for row in over]).delete()
    return living


def end_session(*, user: User, public_id: str, request: HttpRequest) -> bool:
    """End one of this person's sessions at once. Returns: whether there was one of that name."""
    with transaction.atomic():
        found = next((row for row in find_sessions(user) if row.public_id == public_id), None)
        if found is None:
            return False
        found.delete()
        ended = {"address": found.address, "browser": found.browser, "started_at": found.started_at}
        payload = {"ended": ended, "by": describe_client(request)}
        record("session.ended", by=actor_of(user), subject=f"user:{user.pk}", summary=user.username, payload=payload)
    return True


def sign_out_everywhere(*, user: User, actor: User | None) -> int:
    """End every session of this person, at once and for good; API keys stay. Returns: how many there were."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        count = len(find_sessions(user))
        user.session_generation += 1
        user.save(update_fields=["session_generation"])
        BrowserSession.objects.filter(user=user).delete()
        payload = {"username": user.username, "sessions": count}
        record("session.all_ended", by=actor_of(actor), subject=f"user:{user.pk}", summary=user.username, payload=payload)
    return count
