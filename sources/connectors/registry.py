"""Which kinds of sources there are: own ones by the list below, others by the entry point group `attest.connectors`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from sources.connectors.port import Manifest

GROUP = "attest.connectors"  # each entry point names a Manifest: "wiki = acme_attest.wiki:MANIFEST"
PACKAGE = "sources.connectors"
OWN = ("folder", "smb", "webdav", "s3", "git", "imap", "web", "confluence", "graph", "gdrive", "notion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A kind whose library is not installed, or that cannot be loaded. `reason`: of the import, for an operator."""

    kind: str
    reason: str


@lru_cache(maxsize=1)
def read_kinds() -> tuple[Mapping[str, Manifest], tuple[Missing, ...]]:
    """Return the kinds that can be used by their names, own ones first, and those that cannot. Read once a process."""
    found: dict[str, Manifest] = {}
    missing: list[Missing] = []
    for kind in OWN:
        if find_spec(f"{PACKAGE}.{kind}") is None:
            continue
        try:
            found[kind] = import_module(f"{PACKAGE}.{kind}").MANIFEST
        except ImportError as error:
            missing.append(Missing(kind=kind, reason=str(error)))
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            manifest = load_foreign(point)
        except (ImportError, AttributeError, TypeError) as error:
            missing.append(Missing(kind=point.name, reason=str(error)))
            continue
        found.setdefault(manifest.kind, manifest)  # nobody takes the name of an own kind
    return found, tuple(missing)


def load_foreign(point: EntryPoint) -> Manifest:
    """Return what an entry point names. Raises: ImportError, AttributeError; TypeError: it is no Manifest."""
    manifest = point.load()
    if not isinstance(manifest, Manifest):
        raise TypeError(f"{point.value} is not a Manifest")
    return manifest


def find_kind(kind: str) -> Manifest | None:
    """Return the manifest of a kind, None where this installation cannot open it."""
    return read_kinds()[0].get(kind)
