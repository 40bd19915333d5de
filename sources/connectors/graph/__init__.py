"""Files of SharePoint and OneDrive for Business, by Microsoft Graph, with whom they are shared with."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sources.connectors.errors import ConnectorError
from sources.connectors.graph.connector import Drives
from sources.connectors.port import Connector, Manifest, Setting

API, LOGIN = "https://graph.microsoft.com", "https://login.microsoftonline.com"


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    site, user = settings.get("site", ""), settings.get("user", "")
    if bool(site) == bool(user):
        raise ConnectorError(gettext("Name either a SharePoint site or a person whose OneDrive is read."), code="bad_setting")
    return Drives(
        api=settings.get("api") or API,
        login=settings.get("login") or LOGIN,
        tenant=settings["tenant"],
        client=settings["client"],
        secret=secrets.get("client_secret", ""),
        site=site,
        user=user,
        library=settings.get("library", ""),
        with_rights=settings.get("rights", "copied") == "copied",
    )


MANIFEST = Manifest(
    kind="graph",
    label=_("SharePoint or OneDrive"),
    description=_("Files of a SharePoint site or a person’s OneDrive for Business, with their sharing permissions."),
    settings=(
        Setting(
            name="site",
            label=_("SharePoint site"),
            help=_("For example https://acme.sharepoint.com/sites/Finance"),
            required=False,
        ),
        Setting(name="library", label=_("Document library"), help=_("Leave empty for all libraries of the site."), required=False),
        Setting(name="user", label=_("Or a person’s OneDrive"), help=_("For example ada@acme.example"), required=False),
        Setting(name="tenant", label=_("Directory (tenant) ID")),
        Setting(
            name="client", label=_("Application (client) ID"), help=_("An application with Sites.Read.All and Files.Read.All.")
        ),
        Setting(name="client_secret", label=_("Client secret"), secret=True),
        Setting(
            name="rights",
            label=_("Who may read"),
            kind="choice",
            choices=(("copied", _("Whoever may read it there")), ("collection", _("Whoever may read the collection"))),
            default="copied",
        ),
        Setting(
            name="api",
            label=_("Address of Microsoft Graph"),
            help=_("In China: https://microsoftgraph.chinacloudapi.cn"),
            kind="address",
            default=API,
            required=False,
        ),
        Setting(
            name="login",
            label=_("Address of the sign-in"),
            help=_("In China: https://login.partner.microsoftonline.cn"),
            kind="address",
            default=LOGIN,
            required=False,
        ),
    ),
    open=open_source,
    has_rights=True,
    principals="mail",
)
