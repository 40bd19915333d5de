"""Signing in by the password of a company directory: beside the accounts that have a password here."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.credentials import may_sign_in
from accounts.errors import AccountRefused
from accounts.models import DirectoryEntry, User
from accounts.sign_in.directory.arriving import admit, known_groups
from accounts.sign_in.directory.connecting import is_password_of, open_session
from accounts.sign_in.directory.errors import DirectoryUnavailable
from accounts.sign_in.directory.people import find_people
from accounts.sign_in.directory.values import Directory

logger = logging.getLogger(__name__)


class DirectoryBackend(BaseBackend):
    """Asks the directories of the operator's file, one after the other, who has this name and this password."""

    @sensitive_variables("password")
    def authenticate(
        self, request: HttpRequest | None, username: str = "", email: str = "", password: str = "", **others: Any
    ) -> User | None:
        """Raises: AccountRefused: the password is right, and there is no way in. DirectoryUnavailable: who could tell is silent."""
        name = (username or email or "").strip()
        if not (name and password) or not settings.DIRECTORIES:
            return None
        unreachable: DirectoryUnavailable | None = None
        for directory in settings.DIRECTORIES:
            if not _may_hold(directory, name):
                continue
            try:
                user = sign_in(directory, name=name, password=password)
            except DirectoryUnavailable as error:
                logger.error("the directory %s cannot be asked: %s", directory.slug, error.detail)
                unreachable = error
                continue
            if user is not None:
                return user
        if unreachable is not None:
            raise unreachable
        return None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id).first()
        return user if may_sign_in(user) else None


@sensitive_variables("password")
def sign_in(directory: Directory, *, name: str, password: str) -> User | None:
    """Return the account of who has this name and this password there; None: nobody has.

    Raises: AccountRefused: they have no way in. DirectoryUnavailable.
    """
    with open_session(directory) as session:
        found = find_people(session, directory, name=name)
    if len(found) != 1 or not is_password_of(directory, found[0].dn, password):
        return None
    person = found[0]
    if person.is_disabled:
        raise AccountRefused("directory_disabled", _("Your account in the company directory is disabled."))
    return admit(person, directory=directory, known=known_groups(), makes=directory.makes_people != "never")


def _may_hold(directory: Directory, name: str) -> bool:
    """Tell whether this directory is asked about a name: not of an account that is not its own, nor could become so. Its password
    is nobody else's business."""
    user = User.objects.filter(username__iexact=name).first() or User.objects.filter(email__iexact=name).first()
    if user is None:
        return True
    entry = DirectoryEntry.objects.filter(user=user).first()
    return entry.directory == directory.slug if entry is not None else directory.links_by_name
