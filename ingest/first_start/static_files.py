"""Collects the static files of a release: hashed, compressed, and complete before a page names them."""

import hashlib
import logging
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import Storage, storages

logger = logging.getLogger(__name__)
MANIFEST = "staticfiles.json"
STAMP = "collected.sha256"
Found = dict[str, tuple[Storage, str]]  # by the name that templates use: where the source is, and its path there


def collect_static_if_changed() -> bool:
    """Bring STATIC_ROOT up to date with the source files. Returns: whether anything was to be done.

    Files of earlier releases stay: pages that are open in browsers name them. Killed at any point it leaves what was there,
    and is done again at the next start.
    """
    if not settings.STATIC_ROOT:
        return False
    root = Path(settings.STATIC_ROOT)
    found = find_sources()
    digest = digest_sources(found)
    stamp = root / STAMP
    if stamp.is_file() and stamp.read_text() == digest and (root / MANIFEST).is_file():
        return False
    fresh = root.with_name(f"{root.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)  # what a killed process left
    collect(found, folder=fresh)
    publish(fresh, root)
    stamp.write_text(digest)
    logger.info("collected %d static files", len(found))
    return True


def find_sources() -> Found:
    """Return every static file of the project and its apps; of two with the same name the first counts."""
    found: Found = {}
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            prefix = getattr(storage, "prefix", None)
            found.setdefault(f"{prefix}/{path}" if prefix else path, (storage, path))
    return found


def digest_sources(found: Found) -> str:
    """Return what changes when a file, or the way in which files are hashed and compressed, does."""
    digest = hashlib.sha256(f"{version('Django')} {version('whitenoise')}".encode())
    for name, (storage, path) in sorted(found.items()):
        with storage.open(path) as stream:
            digest.update(f"\n{name} {hashlib.sha256(stream.read()).hexdigest()}".encode())
    return digest.hexdigest()


def collect(found: Found, *, folder: Path) -> None:
    """Write the files into an empty folder, with their hashed and compressed forms and the manifest.

    Raises: ValueError: a file refers to one that is not there.
    """
    options = {"location": folder, "base_url": settings.STATIC_URL}
    target = cast(ManifestStaticFilesStorage, storages.create_storage({**settings.STORAGES["staticfiles"], "OPTIONS": options}))
    for name, (storage, path) in found.items():
        with storage.open(path) as stream:
            target.save(name, stream)
    for _name, _hashed, processed in target.post_process(found):
        if isinstance(processed, Exception):
            raise processed


def publish(fresh: Path, root: Path) -> None:
    """Move every file to its place, the manifest last: it never names a file that is not whole."""
    files = [path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == MANIFEST):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (fresh / path).replace(target)
    shutil.rmtree(fresh)
