"""Errors of accounts.

AccountsError
├── AccountRefused   a change that is not made; `message` is translated and says why
├── ValuesRefused    invalid values, with the sentences by field: 422
├── KeyRefused       an API key that opens nothing, or not this: 401 or 403
└── TooManyRequests  more in a minute than is allowed: 429, with the seconds to wait
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class AccountsError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "accounts"


class AccountRefused(AccountsError):
    """`code`: account_invalid, group_invalid, key_invalid, own_account, last_admin, second_person, act_gone, duties_invalid,
    directory_unavailable, directory_disabled, directory_name_taken, directory_unknown_person, directory_account,
    service_account, service_invalid, import_changed."""

    code = "account_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ValuesRefused(AccountsError):
    """`problems`: translated sentences by the field's name; under "" what is wrong with the whole."""

    code = "request_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        self.problems = {name: [str(sentence) for sentence in sentences] for name, sentences in problems.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        lines = (f"{name}: {' '.join(said)}" if name else " ".join(said) for name, said in self.problems.items())
        return " ".join(lines)


class KeyRefused(AccountsError):
    """`code`: key_missing, key_unknown, key_expired, key_revoked, key_owner_inactive, key_scope, key_network,
    session_scope, csrf, origin_refused."""

    code = "key_refused"

    def __init__(self, code: str, message: str, *, status: HTTPStatus = HTTPStatus.UNAUTHORIZED) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}


class TooManyRequests(AccountsError):
    """`retry_after_s`: whole seconds, at least 1."""

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"wait {retry_after_s} s")
        self.retry_after_s = retry_after_s
        self.headers = {"Retry-After": str(retry_after_s)}

    @property
    def message(self) -> str:
        wait = ngettext("Wait %(count)s second and try again.", "Wait %(count)s seconds and try again.", self.retry_after_s)
        return _("You have exceeded the limit per minute.") + " " + wait % {"count": self.retry_after_s}
