"""Errors of a directory: each is refused as whatever changes an account is, with a sentence for people.

AccountRefused
└── DirectoryUnavailable   no server answers, or it refuses us, or a search fails; `detail` says what was wrong, in English
"""

from django.utils.translation import gettext as _

from accounts.errors import AccountRefused


class DirectoryUnavailable(AccountRefused):
    def __init__(self, detail: str) -> None:
        super().__init__("directory_unavailable", _("The company directory cannot be reached. Try again in a few minutes."))
        self.detail = detail
