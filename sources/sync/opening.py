"""Open a source: its kind, its settings, and its secrets, which are unsealed or read from the environment for that alone."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from sources.connectors.errors import ConnectorError
from sources.connectors.port import Connector, Manifest
from sources.connectors.registry import find_kind
from sources.errors import SourceFault
from sources.secret import SECRETS, seal, unseal
from sources.sync.models import Source


def manifest_of(source: Source) -> Manifest:
    """Return the manifest of a source's kind. Raises: ConnectorError: kind_missing: it cannot be opened here any more."""
    manifest = find_kind(source.kind)
    if manifest is None:
        raise ConnectorError(source.kind, code="kind_missing")
    return manifest


def secrets_of(source: Source) -> dict[str, str]:
    """Return the secrets of a source by the names of its settings. Raises: ConnectorError: no_secret, unreadable_secret."""
    try:
        found: dict[str, str] = json.loads(unseal(source.sealed_secrets, purpose=SECRETS)) if source.sealed_secrets else {}
    except SourceFault as fault:
        raise ConnectorError("", code="unreadable_secret") from fault
    for name, variable in source.secret_variables.items():
        value = settings.SOURCE_SECRETS.get(variable)
        if not value:
            raise ConnectorError(f"ATTEST_SOURCE_SECRET_{variable}", code="no_secret")
        found[name] = value
    return found


def seal_secrets(secrets: Mapping[str, str]) -> str:
    """Return secrets as they are kept; nothing where there are none."""
    return seal(json.dumps(dict(secrets)), purpose=SECRETS) if secrets else ""


@contextmanager
def opened(source: Source) -> Iterator[Connector]:
    """Yield the source, opened; it is closed at the end. Raises: ConnectorError."""
    manifest = manifest_of(source)
    connector = manifest.open(source.options, secrets_of(source))
    try:
        yield connector
    finally:
        connector.close()
