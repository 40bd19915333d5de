"""WebDAV (RFC 4918) and Nextcloud or ownCloud, which say more: ids that stay, and who shares what."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.port import Connector, Manifest, Setting
from sources.connectors.webdav.connector import WebDav


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    return WebDav(
        address=settings["address"],
        username=settings.get("username", ""),
        password=secrets.get("password", ""),
        with_shares=settings.get("rights") == "shares",
    )


MANIFEST = Manifest(
    kind="webdav",
    label=_("WebDAV or Nextcloud"),
    description=_("Files on a WebDAV, Nextcloud or ownCloud server."),
    settings=(
        Setting(
            name="address",
            label=_("Address of the folder"),
            help=_("For Nextcloud: https://cloud.example/remote.php/dav/files/NAME/Folder"),
            kind="address",
        ),
        Setting(name="username", label=_("User name"), required=False),
        Setting(
            name="password",
            label=_("Password"),
            help=_("For Nextcloud, use an app password from Settings › Security."),
            required=False,
            secret=True,
        ),
        Setting(
            name="rights",
            label=_("Who may read"),
            kind="choice",
            choices=(
                ("collection", _("Whoever may read the collection")),
                ("shares", _("Owners, and those with whom it is shared (Nextcloud, ownCloud)")),
            ),
            default="collection",
        ),
    ),
    open=open_source,
    has_rights=True,
    principals="account",
)
