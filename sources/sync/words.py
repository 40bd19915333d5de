"""Why a run or an item failed, in the reader's language. Connectors bring the rest of the sentence, in English."""

from django.utils.translation import gettext, gettext_noop

from ingest.errors import MESSAGES as UPLOAD_MESSAGES
from ingest.errors import message_for as upload_message

MESSAGES = {
    "kind_missing": gettext_noop(
        "This installation cannot open sources of the kind “%(detail)s”. An administrator has to install what it needs."
    ),
    "no_secret": gettext_noop(
        "The environment variable %(detail)s is not set. Set it and restart Attest, or enter the secret here."
    ),
    "unreadable_secret": gettext_noop(
        "The stored secrets cannot be decrypted because the secret key of this installation has changed. Enter them again."
    ),
    "source_away": gettext_noop("The source cannot be reached, and nothing was deleted. It is retried automatically. %(detail)s"),
    "sign_in_refused": gettext_noop("The source rejected the sign-in. Enter the credentials again, then start it. %(detail)s"),
    "address_refused": gettext_noop("Attest is not allowed to read there. %(detail)s"),
    "source_failed": gettext_noop("The source could not be read. %(detail)s"),
    "throttled": gettext_noop("The source is limiting requests. %(detail)s"),
    "item_gone": gettext_noop("It was deleted at the source while it was being fetched."),
    "item_unreadable": gettext_noop("It cannot be read at the source. %(detail)s"),
    "no_place": gettext_noop("The server's disk is full, so nothing more was saved. It is retried automatically."),
    "internal": gettext_noop("It stopped for a reason unrelated to the source. It is retried automatically."),
}


def fault_words(code: str, detail: str = "") -> str:
    """Return the sentence for the code of a run, a source or an item; "" for none."""
    if not code:
        return ""
    if code not in MESSAGES and code in UPLOAD_MESSAGES:
        return upload_message(code)
    return (gettext(MESSAGES.get(code, MESSAGES["source_failed"])) % {"detail": detail}).strip()
