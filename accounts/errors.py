"""What can go wrong with accounts.

AccountsError
└── AccountRefused   a change that is not made; `message` is translated and says why
"""


class AccountsError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "accounts"


class AccountRefused(AccountsError):
    """`code`: account_invalid, group_invalid, own_account, last_admin."""

    code = "account_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
