"""Files of Google Drive, with whom they are shared with; Google's own documents as Office files."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.gdrive.connector import GoogleDrive
from sources.connectors.gdrive.signing import API, read_key
from sources.connectors.port import Connector, Manifest, Setting


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    return GoogleDrive(
        api=settings.get("api") or API,
        key=read_key(secrets.get("key", "")),
        subject=settings.get("subject", ""),
        drive=settings.get("drive", ""),
        folder=settings.get("folder", ""),
        with_rights=settings.get("rights", "copied") == "copied",
    )


MANIFEST = Manifest(
    kind="gdrive",
    label=_("Google Drive"),
    description=_("Files of a shared drive or a person’s Drive, with their sharing permissions."),
    settings=(
        Setting(
            name="key",
            label=_("Key of a service account"),
            help=_("The complete JSON file from Google Cloud, with access to drive.readonly."),
            secret=True,
        ),
        Setting(
            name="subject",
            label=_("Read as"),
            help=_(
                "A person in the domain, if the account can act on behalf of people. Leave empty to read as the account itself."
            ),
            required=False,
        ),
        Setting(
            name="drive",
            label=_("Shared drive"),
            help=_("Its ID. Leave empty for everything that the account can see."),
            required=False,
        ),
        Setting(name="folder", label=_("Folder"), help=_("Its ID. Only what is in this folder is read."), required=False),
        Setting(
            name="rights",
            label=_("Who may read"),
            kind="choice",
            choices=(("copied", _("Whoever may read it there")), ("collection", _("Whoever may read the collection"))),
            default="copied",
        ),
        Setting(name="api", label=_("Address of Google's API"), kind="address", default=API, required=False),
    ),
    open=open_source,
    has_rights=True,
    principals="mail",
)
