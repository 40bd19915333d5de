"""Pages and attachments of Confluence Cloud, with the restrictions of pages and spaces."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.confluence.connector import Confluence
from sources.connectors.port import Connector, Manifest, Setting


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    return Confluence(
        address=settings["address"],
        username=settings["username"],
        token=secrets.get("token", ""),
        spaces=tuple(key.strip() for key in settings.get("spaces", "").split(",") if key.strip()),
        with_rights=settings.get("rights", "copied") == "copied",
    )


MANIFEST = Manifest(
    kind="confluence",
    label=_("Confluence Cloud"),
    description=_("Pages and their attachments, with the restrictions of pages and spaces."),
    settings=(
        Setting(name="address", label=_("Address"), help=_("For example https://acme.atlassian.net/wiki"), kind="address"),
        Setting(name="username", label=_("Email address of the account")),
        Setting(name="token", label=_("API token"), help=_("From id.atlassian.com › Security › API tokens."), secret=True),
        Setting(name="spaces", label=_("Spaces"), help=_("Their keys, separated by commas. Leave empty for all."), required=False),
        Setting(
            name="rights",
            label=_("Who may read"),
            kind="choice",
            choices=(("copied", _("Whoever may read it there")), ("collection", _("Whoever may read the collection"))),
            default="copied",
        ),
    ),
    open=open_source,
    has_rights=True,
    principals="mail",
)
