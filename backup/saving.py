"""Making a backup, beside everything that goes on: one moment of the database, and the files that it names."""

import errno
import fcntl
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from audit.chain.canonical import GENESIS
from audit.chain.checkpoints import FILE_NAME, KEY_NAME, read_checkpoints, signing_key, signing_key_path
from audit.chain.marks.keys import KEYS_NAME, keys_path
from audit.models import ChainHead
from backup.cipher import Secret
from backup.container import FORMAT, HEADER, ContainerWriter
from backup.errors import BackupError, DatabaseUnusable, DiskFull, InUse, TargetUnusable
from backup.rows import columns_of, dump_rows, list_models, read_counters
from backup.snapshot import open_snapshot
from ingest.queue.crash_points import crash_point
from kb.models import DocumentVersion
from kb.storage import FULL, original_path
from retrieval.local.durable import sync_folder
from vault.kept import open_kept, size_of

logger = logging.getLogger(__name__)
UNFINISHED = ".part"  # suffix of what is being written
Advance = Callable[[str, int], object]  # what is written, and how much more of it: rows, or bytes of originals


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a backup holds."""

    rows: int
    originals: int
    events: int  # of the audit
    size: int  # bytes of the file
    missing: tuple[str, ...]  # originals, by their hashes, that are gone or are not what their hashes say
    secret_key_elsewhere: bool  # ATTEST_SECRET_KEY holds it


def save_backup(
    path: Path, *, secret: Secret | None, with_originals: bool, with_keys: bool, advance: Advance = lambda what, count: None
) -> Saved:
    """Write a backup to a new file, readable by its owner alone. A kill leaves FILE.part, which the next try overwrites.

    Raises: TargetUnusable, InUse, DiskFull, DatabaseUnusable.
    """
    _check_migrated()
    with _translate_errors(path), _new_file(path) as target:
        container = ContainerWriter(target, secret=secret)
        saved = _write(container, with_originals=with_originals, with_keys=with_keys, advance=advance)
    return replace(saved, size=path.stat().st_size)


def _write(container: ContainerWriter, *, with_originals: bool, with_keys: bool, advance: Advance) -> Saved:
    """Write every member. Returns: what it holds; its size is not known yet."""
    signing_key(Path(settings.AUDIT_ROOT))  # made at first use: a backup of a new installation has one too
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    with open_snapshot() as alias:
        head = ChainHead.objects.using(alias).first()
        migrations = sorted(list(key) for key in MigrationRecorder(connections[alias]).applied_migrations())
        last = head.sequence if head else 0
        header = {
            "format": FORMAT,
            "uid": str(uuid.uuid4()),
            "made_at": made_at,
            "audit": {"sequence": last, "hash": head.hash if head else GENESIS},
            "migrations": migrations,
            "originals": with_originals,
            "keys": with_keys,
        }
        container.add(HEADER, json.dumps(header).encode())
        tables = _write_rows(container, alias=alias, advance=advance)
        crash_point("backup_rows_written")
        kept = DocumentVersion.objects.using(alias).exclude(storage_path="")  # not of purged documents
        originals = sorted(set(kept.values_list("storage_path", "size")))
    copied, missing = _write_originals(container, originals if with_originals else [], advance=advance)
    is_elsewhere = _write_audit_and_keys(container, last=last, with_keys=with_keys)
    container.finish({"tables": tables, "missing": missing})
    rows = sum(table["rows"] for table in tables.values())
    return Saved(rows=rows, originals=copied, events=last, size=0, missing=tuple(missing), secret_key_elsewhere=is_elsewhere)


def _write_rows(container: ContainerWriter, *, alias: str, advance: Advance) -> dict[str, dict[str, Any]]:
    models = list_models(apps)
    counters = read_counters(models, using=connections[alias])
    tables = {}
    for model in models:
        label, rows = model._meta.label_lower, 0
        for number, (count, packed) in enumerate(dump_rows(model, using=alias), start=1):
            container.add(f"database/{label}/{number:06d}.jsonl.gz", packed)
            advance("rows", count)
            rows += count
        tables[label] = {"rows": rows, "columns": columns_of(model), "last": counters.get(label, 0)}
    return tables


def _write_originals(container: ContainerWriter, originals: list[tuple[str, int]], *, advance: Advance) -> tuple[int, list[str]]:
    """Copy the files. Returns: how many, and the paths of those that are gone or altered; these hold nothing up."""
    count, missing = 0, []
    for storage_path, size in originals:
        try:
            path = original_path(storage_path)
            with open_kept(path) as stream:
                if size_of(path) != size:
                    raise FileNotFoundError(storage_path)
                digest = container.add_stream(f"files/{storage_path}", stream, size=size)
        except FileNotFoundError:
            missing.append(storage_path)
            continue
        count += 1
        if digest != Path(storage_path).name:
            missing.append(storage_path)
        advance("originals", size)
    return count, missing


def _write_audit_and_keys(container: ContainerWriter, *, last: int, with_keys: bool) -> bool:
    """Copy checkpoints and keys. Returns: whether the secret key is not in the data folder.

    The checkpoints are read after the snapshot and may be ahead of it: what is newer than its last event is left out.
    """
    root = Path(settings.AUDIT_ROOT)
    path = root / FILE_NAME
    if path.exists():
        kept = [entry.as_line() for entry in read_checkpoints(path)[0] if entry.sequence <= last]
        container.add(f"audit/{FILE_NAME}", b"".join(kept))
    container.add(f"audit/{KEY_NAME}.pub", (root / f"{KEY_NAME}.pub").read_bytes())
    if not with_keys:
        return False
    container.add(f"keys/{KEY_NAME}", signing_key_path(root).read_bytes())
    if keys_path().exists():
        container.add(f"keys/{KEYS_NAME}", keys_path().read_bytes())
    secret_key = Path(settings.ATTEST_HOME) / "secret_key"
    is_in_file = secret_key.exists() and secret_key.read_text().strip() == settings.SECRET_KEY
    if is_in_file:
        container.add("keys/secret_key", secret_key.read_bytes())
    return not is_in_file


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that gets its name when the body has ended well, and is removed when it has not."""
    if path.exists():
        raise TargetUnusable(f"{path} exists. Name a new file; backups are not overwritten.")
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise TargetUnusable(f"{unfinished} cannot be written: {error.strerror}. Name a file in a folder that can be.") from error
    with os.fdopen(descriptor, "wb") as target:
        try:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(f"Another backup to {path} is under way.") from error
        try:
            target.truncate(0)  # what a killed one left
            yield target
            target.flush()
            os.fsync(target.fileno())
            _give_name(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)


def _give_name(unfinished: Path, path: Path) -> None:
    """Unlike a rename a link never replaces a file that came in the meantime. Some file systems have none."""
    try:
        os.link(unfinished, path)
    except FileExistsError as error:
        raise TargetUnusable(f"{path} was made by another program meanwhile. Name a new file.") from error
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        unfinished.rename(path)


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(f"The disk with {path.parent} is full. Make room or name a file on another disk.") from error
        if error.filename is not None:
            raise BackupError(f"{error.filename} cannot be read: {error.strerror}.") from error
        raise TargetUnusable(f"{path} cannot be written: {error.strerror or error}.") from error
    except DatabaseError as error:
        raise DatabaseUnusable(f"The database cannot be read: {str(error).strip()}") from error


def _check_migrated() -> None:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise DatabaseUnusable(f"The database cannot be read: {str(error).strip()}") from error
    if plan:
        raise DatabaseUnusable("The database is not at this release: run `manage.py prepare` first.")
