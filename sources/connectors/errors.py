"""What can go wrong at a source, by what the machinery does about it."""


class ConnectorError(Exception):
    """Base of these. `message` is a sentence for an administrator; never holds a secret."""

    code = "source_failed"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        if code:
            self.code = code


class SourceAway(ConnectorError):
    """Not to be reached now (connection, time-out, 5xx): tried again with back-off; nothing is ever deleted for it."""

    code = "source_away"


class SignInRefused(ConnectorError):
    """Credentials are wrong or have ended: waits for a person."""

    code = "sign_in_refused"


class Throttled(ConnectorError):
    """The source asks to wait. `retry_after` in seconds."""

    code = "throttled"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CursorExpired(ConnectorError):
    """The source has forgotten the cursor: list all anew."""

    code = "cursor_expired"


class ItemGone(ConnectorError):
    """The item was deleted between listing and fetching."""

    code = "item_gone"


class ItemUnreadable(ConnectorError):
    """This item alone cannot be had (forbidden, locked, too large there): noted at the item, the run goes on."""

    code = "item_unreadable"


class AddressRefused(ConnectorError):
    """The address is not one that this installation may connect to."""

    code = "address_refused"
