"""Windows shares and NAS boxes, by SMB 2 and 3."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sources.connectors.errors import ConnectorError
from sources.connectors.port import Connector, Manifest, Setting


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    from sources.connectors.smb.connector import WindowsShare  # smbprotocol, for those who use it

    port = settings.get("port", "") or "0"
    if not port.isdigit() or int(port) > 65535:
        raise ConnectorError(gettext("The port must be a number, such as 445."), code="bad_setting")
    return WindowsShare(
        host=settings["host"],
        port=int(port),
        share=settings["share"],
        folder=settings.get("folder", ""),
        username=settings["username"],
        password=secrets.get("password", ""),
        encrypt=settings.get("encrypt") == "yes",
        with_rights=settings.get("rights", "acl") == "acl",
    )


MANIFEST = Manifest(
    kind="smb",
    label=_("Windows share (SMB)"),
    description=_("Files of a Windows server, a NAS or Samba, with their access lists."),
    settings=(
        Setting(name="host", label=_("Server"), help=_("For example files.example")),
        Setting(name="port", label=_("Port"), help=_("Leave empty for 445."), required=False, kind="number"),
        Setting(name="share", label=_("Name of the share"), help=_("For example Documents, without the server.")),
        Setting(
            name="folder",
            label=_("Folder"),
            help=_("Only what is in this folder is read, for example Finance/2026"),
            required=False,
        ),
        Setting(name="username", label=_("User name"), help=_("For example ACME\\reader or reader@acme.example")),
        Setting(name="password", label=_("Password"), secret=True),
        Setting(
            name="encrypt",
            label=_("Only over encrypted connections"),
            help=_("Every connection is signed; this also requires SMB 3 encryption."),
            kind="yes_no",
            default="no",
            required=False,
        ),
        Setting(
            name="rights",
            label=_("Who may read"),
            kind="choice",
            choices=(("acl", _("Whoever each file’s access list allows")), ("collection", _("Whoever may read the collection"))),
            default="acl",
        ),
    ),
    open=open_source,
    has_rights=True,
    principals="sid",
    reuses_ids=True,
)
