"""Which identity providers there are: those of the operator's file, and those of the page."""

from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import changed_names
from accounts.errors import AccountRefused
from accounts.models import IdentityProvider, User
from accounts.sign_in.oidc.metadata import MetadataInvalid, read_metadata
from accounts.sign_in.oidc.values import SLUG, Provider, Rules, is_issuer
from accounts.sign_in.sealing import seal, unseal
from audit.actor import actor_of
from audit.services import record
from outbound.hosts import normalise_host, read_allowed

SECRETS = b"attest: secrets of identity providers"
FIELDS = (
    "name",
    "issuer",
    "client_id",
    "kind",
    "sso_url",
    "certificate",
    "groups_claim",
    "group_rules",
    "asks_userinfo",
    "matches_names",
    "makes_people",
    "links_by_email",
    "is_enabled",
)


def find_providers(*, with_disabled: bool = False) -> tuple[Provider, ...]:
    """Return the providers, those of the file first; a row whose slug the file has too is left out."""
    from_file: tuple[Provider, ...] = settings.OIDC_PROVIDERS
    taken = {provider.slug for provider in from_file}
    rows = IdentityProvider.objects.exclude(slug__in=taken).order_by("name")
    return (*from_file, *map(provider_of, rows if with_disabled else rows.filter(is_enabled=True)))


def find_provider(slug: str, *, with_disabled: bool = False) -> Provider | None:
    return next((provider for provider in find_providers(with_disabled=with_disabled) if provider.slug == slug), None)


def provider_of(row: IdentityProvider) -> Provider:
    """Return a row as it is used. Its secret is empty where it was sealed under another key: the provider then refuses us."""
    try:
        secret = unseal(row.sealed_secret, purpose=SECRETS) if row.sealed_secret else ""
    except ValueError:
        secret = ""
    rules = tuple((pattern, group) for pattern, group in row.group_rules)
    given = {name: getattr(row, name) for name in FIELDS if name != "group_rules"}
    return Provider(slug=row.slug, client_secret=secret, group_rules=rules, **given)


def save_provider(
    *,
    row: IdentityProvider,
    actor: User | None,
    name: str,
    slug: str = "",
    issuer: str = "",
    client_id: str = "",
    client_secret: str = "",
    metadata: str = "",
    groups_claim: str,
    group_rules: Rules,
    asks_userinfo: bool = True,
    matches_names: bool,
    makes_people: bool,
    links_by_email: bool,
    is_enabled: bool,
) -> IdentityProvider:
    """Make or change a provider. Slug and issuer stay as they were first: people are linked by what this issuer calls them.

    Args:
        client_secret: of OpenID Connect; "" leaves the one that is there.
        metadata: of SAML, as XML: who it is, where and by what it signs; "" leaves what is there. Makes a new row a SAML provider.
    Raises: AccountRefused: malformed, or the slug is taken.
    """
    is_new = row.pk is None
    before = {} if is_new else _state(row)
    if is_new:
        row.slug, row.issuer = slug.strip(), issuer.strip().rstrip("/")
        row.kind = "saml" if metadata else "oidc"
    row.name, row.client_id, row.groups_claim = name.strip(), client_id.strip(), groups_claim.strip()
    if metadata:
        _take_metadata(row, metadata, is_new=is_new)
    if is_new:
        _check_new(row)
    row.group_rules = [list(rule) for rule in group_rules]
    row.asks_userinfo, row.matches_names, row.makes_people = asks_userinfo, matches_names, makes_people
    row.links_by_email, row.is_enabled = links_by_email, is_enabled
    if client_secret:
        row.sealed_secret = seal(client_secret, purpose=SECRETS)
    with transaction.atomic():
        row.save()
        after = _state(row)
        payload = {"slug": row.slug, "changed": changed_names(before, after), "values": after, "new_secret": bool(client_secret)}
        action = "account.provider_added" if is_new else "account.provider_changed"
        record(action, by=actor_of(actor), subject=f"provider:{row.slug}", summary=row.name, payload=payload)
    return row


def delete_provider(*, row: IdentityProvider, actor: User | None) -> None:
    """Delete it with its links: another provider of that slug later on means other people."""
    with transaction.atomic():
        links = SocialAccount.objects.filter(provider=row.slug)
        payload = {"slug": row.slug, "issuer": row.issuer, "people": links.count()}
        links.delete()
        row.delete()
        record("account.provider_removed", by=actor_of(actor), subject=f"provider:{row.slug}", summary=row.name, payload=payload)


def _is_protected(issuer: str) -> bool:
    """Tell whether what is sent there is encrypted, or goes to a server that the operator has named."""
    parts = urlsplit(issuer)
    host, port = parts.hostname or "", parts.port or 80
    allowed = map(read_allowed, settings.OIDC_HOSTS)
    return parts.scheme == "https" or any(entry.names(normalise_host(host), port) for entry in allowed)


def _take_metadata(row: IdentityProvider, xml: str, *, is_new: bool) -> None:
    """Raises: AccountRefused: they are none, of another provider than before, or lead to a server that is not protected."""
    try:
        found = read_metadata(xml)
    except MetadataInvalid as error:
        raise AccountRefused("provider_invalid", _("This metadata cannot be used: %(error)s.") % {"error": error}) from error
    if not is_new and found.entity_id != row.issuer:
        raise AccountRefused("provider_invalid", _("This is the metadata of another provider. Add that one as a new provider."))
    if not is_issuer(found.sso_url.partition("?")[0]) or not _is_protected(found.sso_url):
        raise AccountRefused("provider_invalid", _("The sign-in address must begin with https://."))
    row.issuer, row.sso_url, row.certificate = found.entity_id, found.sso_url, found.certificate


def _state(row: IdentityProvider) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS}


def _check_new(row: IdentityProvider) -> None:
    if not SLUG.fullmatch(row.slug):
        raise AccountRefused("provider_invalid", _("Use lowercase letters, digits and hyphens for the short name."))
    if find_provider(row.slug, with_disabled=True) or IdentityProvider.objects.filter(slug=row.slug).exists():
        raise AccountRefused("provider_invalid", _("Another provider already uses this short name."))
    if row.kind == "saml":
        return
    if not row.client_id or not is_issuer(row.issuer) or not _is_protected(row.issuer):
        raise AccountRefused("provider_invalid", _("The issuer must be an address that begins with https://."))
