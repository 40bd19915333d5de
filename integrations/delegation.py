"""Whose rights apply where another site vouches for them: the setting DELEGATED_CREDENTIALS names it, accounts asks it."""

from accounts.credentials import Credential
from accounts.models import User
from integrations.chat_apps.answering import KIND as CHAT
from integrations.chat_apps.answering import find_chatter
from integrations.widgets.sessions import KIND as WIDGET
from integrations.widgets.sessions import find_visitor

FINDERS = {WIDGET: find_visitor, CHAT: find_chatter}


def find_delegated(credential: Credential) -> User | None:
    """Return the account whose rights apply now; None where it is not vouched for any more."""
    find = FINDERS.get(credential.session_key.partition(":")[0])
    return find(credential) if find is not None else None
