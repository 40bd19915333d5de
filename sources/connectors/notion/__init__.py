"""Pages of Notion, and rows of its databases, as Markdown."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from sources.connectors.notion.connector import API, Notion
from sources.connectors.port import Connector, Manifest, Setting


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    return Notion(api=settings.get("api") or API, token=secrets.get("token", ""))


MANIFEST = Manifest(
    kind="notion",
    label=_("Notion"),
    description=_(
        "Pages that are shared with an integration. Notion does not say who can read them, so choose a suitable collection."
    ),
    settings=(
        Setting(
            name="token",
            label=_("Token of the integration"),
            help=_("From notion.so/my-integrations; share the pages with it there."),
            secret=True,
        ),
        Setting(name="api", label=_("Address of Notion's API"), kind="address", default=API, required=False),
    ),
    open=open_source,
    has_rights=False,
)
