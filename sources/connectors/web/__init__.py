"""Pages of an intranet site, found by its links and its sitemap."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sources.connectors.calling.addresses import check_url, origin_of
from sources.connectors.calling.calls import Authorise, Calls
from sources.connectors.errors import AddressRefused, ConnectorError
from sources.connectors.port import Connector, Manifest, Setting
from sources.connectors.web.crawler import Limits, Site
from sources.connectors.web.scope import Scope, normalise_url

HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
OWN = {"host", "content-length", "transfer-encoding", "connection"}
MOST_PAGES, MOST_DEPTH, MOST_MINUTES = 20_000, 50, 24 * 60


def open_source(settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector:
    starts = tuple(normalise_url(text) for text in settings["address"].split() if check_url(text))
    if not starts or len({origin_of(url) for url in starts}) > 1:
        raise AddressRefused(gettext("All addresses must be at one site. Add a source for each site."))
    below = [f"/{text.lstrip('/')}" for text in settings.get("below", "").split()] or [
        urlsplit(url).path.rpartition("/")[0] + "/" for url in starts
    ]
    scope = Scope(origin=origin_of(starts[0]), below=tuple(below), without=tuple(settings.get("without", "").split()))
    if outside := [url for url in starts if not scope.holds(url)]:
        raise AddressRefused(gettext("%(url)s does not match “Only addresses that begin with”.") % {"url": outside[0]})
    return Site(
        starts=starts,
        scope=scope,
        calls=Calls(starts[0], authorise=_signing(settings.get("header", ""), secrets.get("header_value", ""))),
        limits=Limits(
            depth=_number(settings, "depth", 5, MOST_DEPTH),
            pages=_number(settings, "pages", 2000, MOST_PAGES),
            minutes=_number(settings, "minutes", 60, MOST_MINUTES),
        ),
        with_sitemap=settings.get("sitemap", "yes") != "no",
        with_robots=settings.get("robots", "yes") != "no",
    )


def _signing(name: str, value: str) -> Authorise | None:
    if not name:
        return None
    if not HEADER.fullmatch(name) or name.lower() in OWN or not value.isprintable() or not value.isascii():
        raise ConnectorError(
            gettext("The header must be a name such as Authorization or Cookie, and its value a single line."), code="bad_setting"
        )

    def authorise(request: httpx.Request) -> None:
        request.headers[name] = value

    return authorise


def _number(settings: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = settings.get(name, "") or str(usual)
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise ConnectorError(gettext("Enter a number from 1 to %(most)s.") % {"most": most}, code="bad_setting")
    return int(text)


MANIFEST = Manifest(
    kind="web",
    label=_("Web pages (intranet)"),
    description=_("Pages and files of one site, found by links and sitemap."),
    settings=(
        Setting(
            name="address",
            label=_("Start addresses"),
            help=_("One or more addresses on one site, for example https://intranet.example/handbook/"),
            kind="address",
        ),
        Setting(
            name="below",
            label=_("Only addresses that begin with"),
            help=_("Paths, for example /handbook/ /policies/. Leave empty for everything beside and below the start pages."),
            required=False,
        ),
        Setting(
            name="without",
            label=_("Skip addresses that contain"),
            help=_("Parts of addresses, for example /archive/ ?print="),
            required=False,
        ),
        Setting(name="depth", label=_("Maximum link depth"), kind="number", default="5", required=False),
        Setting(name="pages", label=_("Maximum number of pages"), kind="number", default="2000", required=False),
        Setting(name="minutes", label=_("Maximum time in minutes"), kind="number", default="60", required=False),
        Setting(name="sitemap", label=_("Read the site's sitemap"), kind="yes_no", default="yes", required=False),
        Setting(name="robots", label=_("Respect robots.txt"), kind="yes_no", default="yes", required=False),
        Setting(
            name="header",
            label=_("Sign-in header"),
            help=_("Its name, for example Authorization or Cookie. Leave empty if the pages are public."),
            required=False,
        ),
        Setting(name="header_value", label=_("Value of that header"), required=False, secret=True),
    ),
    open=open_source,
    has_rights=False,
)
