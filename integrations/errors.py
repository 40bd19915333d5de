"""Errors of integrations.

IntegrationError
├── WidgetRefused    a widget lets this token, session or site in no more: 401 or 403
└── ChatRefused      a chat program's request is not signed, not new or not readable: 400, 401 or 403 (integrations.chat_apps)
"""

from http import HTTPStatus


class IntegrationError(Exception):
    """Root of every error of this package. `code` is stable, `message` translated."""

    code = "integration"

    def __init__(self, code: str, message: str, *, status: HTTPStatus = HTTPStatus.UNAUTHORIZED) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class WidgetRefused(IntegrationError):
    """`code`: widget_disabled, origin_refused, token_missing, token_invalid, token_expired, token_used, person_unknown,
    session_ended, nothing_to_ask."""

    code = "widget_refused"
