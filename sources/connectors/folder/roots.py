"""Which folders may be read: those below what the operator names, and never where Attest keeps its own data."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from sources.connectors.errors import AddressRefused


def check_root(text: str) -> Path:
    """Return the real path of a folder that may be read; whether it is there is another question. Raises: AddressRefused."""
    if not text.startswith("/") or "\x00" in text:
        raise AddressRefused(_("Enter the full path of a folder, for example /srv/share/finance."))
    path = Path(os.path.realpath(text))
    allowed = [Path(os.path.realpath(each)) for each in settings.SOURCE_FOLDERS]
    if not any(path.is_relative_to(each) for each in allowed):
        raise AddressRefused(
            _("This folder is not allowed. An administrator of this installation can allow it with ATTEST_SOURCE_FOLDERS.")
        )
    home = Path(os.path.realpath(settings.ATTEST_HOME))
    if path.is_relative_to(home) or home.is_relative_to(path):
        raise AddressRefused(_("Attest keeps its own data there. Choose another folder."))
    return path
