"""A folder of this machine: local, or mounted from elsewhere (NFS, SMB). Its POSIX rights are kept."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.folder.connector import FolderConnector
from sources.connectors.folder.roots import check_root
from sources.connectors.port import Connector, Manifest, Setting


def open_folder(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    """Return the connector of a folder. Raises: AddressRefused: the operator has not allowed this folder."""
    return FolderConnector(
        root=check_root(settings["path"]),
        keeps_rights=settings.get("rights", "yes") != "no",
        by_name=settings.get("names", "no") == "yes",
    )


MANIFEST = Manifest(
    kind="folder",
    label=_("Folder"),
    description=_("A folder on the server, or a share that is mounted there. Subfolders are included; links are not followed."),
    settings=(
        Setting(
            name="path",
            label=_("Folder"),
            help=_("The full path on the server. It must be inside one of the folders that an administrator has allowed."),
        ),
        Setting(
            name="rights",
            label=_("Keep permissions"),
            help=_(
                "Owner, group, mode and access lists of files and folders. Otherwise, all readers of the collection can read "
                "everything."
            ),
            kind="yes_no",
            default="yes",
            required=False,
        ),
        Setting(
            name="names",
            label=_("Users and groups have the same names there as here"),
            help=_("Otherwise they are shown as numbers, and you match them in the next step."),
            kind="yes_no",
            default="no",
            required=False,
        ),
    ),
    open=open_folder,
    has_rights=True,
    reuses_ids=True,
    principals="posix",
)
