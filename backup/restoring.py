"""Restoring a backup into an empty installation: all of it is checked first, then all of it is there or nothing."""

import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import DatabaseError, transaction

from audit.actor import COMMAND_LINE
from audit.chain.checkpoints import FILE_NAME, KEY_NAME
from audit.chain.marks.keys import KEYS_NAME
from audit.chain.seams import RESTORED, sign_seam
from audit.chain.verification import verify_chain
from audit.chain.verifying.problems import Verification
from audit.models import ChainHead
from audit.services import record, seal_chain, write_checkpoint
from backup import tables
from backup.audit_files import AuditFiles, Standing, find_standing, place_audit_files, replace_private
from backup.cipher import ALTERED, Secret
from backup.container import Contents, check_container, read_members
from backup.errors import BackupDamaged, BackupError, DatabaseUnusable, DiskFull, InUse, NotABackup
from backup.rows import load_rows, write_counter
from ingest.queue.crash_points import crash_point
from ingest.queue.obstacles import DISK_FULL, find_obstacle
from kb.index.editions import building_edition, serving_edition
from kb.index.engine import engine_of
from kb.index.rebuilding import rebuild_index
from kb.storage import FULL, StorageFull, discard, keeping, receive
from retrieval.errors import RetrievalError
from vault.kept import is_kept, remove_kept

logger = logging.getLogger(__name__)
DATABASE_PART = re.compile(r"database/([a-z_0-9]+\.[a-z_0-9]+)/\d{6}\.jsonl\.gz")
ORIGINAL = re.compile(r"files/[0-9a-f]{2}/([0-9a-f]{64})")
NO_ROOM = "The disk is full: data folder and database have no room for the backup. Make room and restore again."
Advance = Callable[[str, int], object]  # "checked" or "restored", and how many bytes more


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore brought back."""

    made_at: str  # of the backup, ISO 8601
    rows: int
    originals: int
    left_out: tuple[str, ...]  # originals that the backup does not hold as they were
    has_originals: bool  # False: they were left out of the backup
    has_keys: bool
    secret_key_differs: bool  # sealed passwords of sources and models cannot be opened with the present secret key
    indexed: int  # editions whose index was built
    audit: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was checked from its first byte to its last."""

    path: Path
    secret: Secret | None
    contents: Contents

    @property
    def header(self) -> dict[str, Any]:
        return self.contents.header

    @property
    def manifest(self) -> dict[str, Any]:
        return self.contents.manifest

    @property
    def last(self) -> int:
        return int(self.header["audit"]["sequence"])

    @property
    def migrations(self) -> set[tuple[str, str]]:
        return {(app, name) for app, name in self.header["migrations"]}


def restore_backup(
    path: Path, *, secret: Secret | None, checkpoints: Sequence[Path] = (), advance: Advance = lambda what, size: None
) -> Restored:
    """Check a backup, and restore it into this installation, which must be empty. Killed at any point it can be run again.

    Args:
        checkpoints: files with checkpoints that were kept elsewhere; the newest is named in the audit as what is known of the gap.
    Raises: BackupError: nothing was changed; after a fault half-way, what was restored has been removed again.
    """
    with _alone(), _translate_errors(path):
        backup = _check(path, secret=secret, advance=advance)
        tables.check_known(backup.migrations)
        tables.check_empty()
        files = _read_audit_files(backup)
        root = Path(settings.AUDIT_ROOT)
        standing = find_standing(files, root=root, last=backup.last, named=checkpoints)
        placed: list[Path] = []
        try:
            counts = _fill(backup, placed=placed, advance=advance)
            place_audit_files(files, standing, root=root)
            secret_key_differs = _place_secret_key(backup)
            crash_point("restore_audit_placed")
            _record(backup, standing, root=root)
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt | SystemExit):
                _undo(placed)
            raise
    crash_point("restore_recorded")
    write_checkpoint()
    return Restored(
        made_at=str(backup.header["made_at"]),
        **counts,
        left_out=tuple(backup.manifest["missing"]),
        has_originals=bool(backup.header["originals"]),
        has_keys=bool(backup.header["keys"]),
        secret_key_differs=secret_key_differs,
        indexed=_build_indexes(),
        audit=verify_chain(),
    )


def _check(path: Path, *, secret: Secret | None, advance: Advance) -> Backup:
    contents = check_container(path, secret=secret, advance=lambda size: advance("checked", size))
    header, manifest = contents.header, contents.manifest
    expected = {"uid": str, "made_at": str, "audit": dict, "migrations": list, "originals": bool, "keys": bool}
    facts = {"tables": dict, "missing": list}
    if any(type(header.get(name)) is not kind for name, kind in expected.items()):
        raise BackupDamaged(ALTERED)
    if any(type(manifest.get(name)) is not kind for name, kind in facts.items()):
        raise BackupDamaged(ALTERED)
    return Backup(path=path, secret=secret, contents=contents)


def _fill(backup: Backup, *, placed: list[Path], advance: Advance) -> dict[str, int]:
    """Bring rows and originals back, the rows in one transaction, and the tables to this release."""
    state_apps = tables.begin(backup.migrations)
    crash_point("restore_begun")
    described = backup.manifest["tables"]
    rows, originals = dict.fromkeys(described, 0), 0
    with transaction.atomic(), read_members(backup.path, secret=backup.secret) as members:
        for name, size, content in members:
            if found := DATABASE_PART.fullmatch(name):
                label = found.group(1)
                packed = _read_part(content, expected=backup.contents.members[name].sha256)
                rows[label] += load_rows(_model(state_apps, label), packed, columns=described[label]["columns"])
            elif (found := ORIGINAL.fullmatch(name)) and backup.contents.members[name].sha256 == found.group(1):
                placed.extend(_keep(content, size=size, digest=found.group(1)))
                originals += 1
            advance("restored", size)
        _check_filled(backup, rows)
        for label, table in described.items():
            if table["last"]:
                write_counter(_model(state_apps, label), table["last"])
        crash_point("restore_rows_loaded")
    crash_point("restore_rows_committed")
    tables.bring_up_to_date()
    return {"rows": sum(rows.values()), "originals": originals}


def _read_part(content: IO[bytes], *, expected: str) -> bytes:
    packed = content.read()
    if sha256(packed).hexdigest() != expected:  # the file has changed since it was checked
        raise BackupDamaged(ALTERED)
    return packed


def _check_filled(backup: Backup, rows: dict[str, int]) -> None:
    audit = backup.header["audit"]
    head = ChainHead.objects.values_list("sequence", "hash").first() or (0, audit["hash"])
    if rows != {label: table["rows"] for label, table in backup.manifest["tables"].items()} or head != (backup.last, audit["hash"]):
        raise BackupDamaged(ALTERED)


def _keep(content: IO[bytes], *, size: int, digest: str) -> list[Path]:
    """Keep an original as an upload does. Returns: its path where it is new."""
    incoming = receive(content, max_bytes=size)
    if incoming.sha256 != digest:  # the file has changed since it was checked
        discard(incoming)
        raise BackupDamaged(ALTERED)
    is_new = not is_kept(Path(settings.MEDIA_ROOT) / digest[:2] / digest)
    with keeping(incoming) as relative:
        return [Path(settings.MEDIA_ROOT) / relative] if is_new else []


def _record(backup: Backup, standing: Standing, *, root: Path) -> None:
    """Put the restore into the audit and take its note away, in one transaction: from here on the installation is whole."""
    audit = backup.header["audit"]
    seam = sign_seam(
        root=root,
        sequence=audit["sequence"],
        last_hash=audit["hash"],
        backup=backup.header["uid"],
        backed_up_at=backup.header["made_at"],
        known=standing.newest_lost,
    )
    with transaction.atomic():
        tables.end()
        seal_chain(reason="restore")  # where the backup came without the keys of its events
        record(RESTORED, by=COMMAND_LINE, subject="audit:chain", summary=backup.header["made_at"], payload=seam)


def _place_secret_key(backup: Backup) -> bool:
    """Write the secret key where the backup has it. Returns: whether what was sealed with it cannot be opened from now on."""
    home = Path(settings.ATTEST_HOME)
    key = backup.contents.small.get("keys/secret_key")
    if key is None:
        return True
    if os.environ.get("ATTEST_SECRET_KEY", "").strip():
        return key.decode().strip() != settings.SECRET_KEY
    replace_private(home / "secret_key", key)
    return False


def _read_audit_files(backup: Backup) -> AuditFiles:
    found = backup.contents.small
    return AuditFiles(
        checkpoints=found.get(f"audit/{FILE_NAME}", b""),
        public_key=found.get(f"audit/{KEY_NAME}.pub", b""),
        signing_key=found.get(f"keys/{KEY_NAME}", b""),
        event_keys=found.get(f"keys/{KEYS_NAME}", b""),
    )


def _build_indexes() -> int:
    """Build the indexes from the database. What fails is left to the workers, which notice that an index lacks passages."""
    count = 0
    for edition in (serving_edition(), building_edition()):
        if edition is None or edition._state.adding:
            continue
        try:
            rebuild_index(engine=engine_of(edition))
            count += 1
        except (RetrievalError, OSError) as error:
            logger.warning("the index of edition %s was not built, the workers will do it: %s", edition.number, error)
    return count


def _undo(placed: list[Path]) -> None:
    for path in placed:
        remove_kept(path)
    try:
        tables.undo()
    except DatabaseError:
        logger.exception("what was restored could not be removed; the next `manage.py restore` does that")


def _model(state_apps: Apps, label: str) -> Any:
    try:
        return state_apps.get_model(label)
    except LookupError as error:
        raise BackupDamaged(ALTERED) from error


@contextmanager
def _alone() -> Iterator[None]:
    """Keep servers and other restores off the data folder. Raises: InUse."""
    home = Path(settings.ATTEST_HOME)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "serve.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(f"Attest, or another restore, runs with the data in {home}. Stop it first, or set ATTEST_HOME.") from error
        yield


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except BackupError:
        raise
    except StorageFull as error:
        raise DiskFull(NO_ROOM) from error
    except (OSError, DatabaseError) as error:
        if find_obstacle(error) == DISK_FULL or getattr(error, "errno", None) in FULL:
            raise DiskFull(NO_ROOM) from error
        if isinstance(error, DatabaseError):
            raise DatabaseUnusable(f"The database does not take the backup: {str(error).strip()}") from error
        if str(error.filename) == str(path):
            raise NotABackup(f"{path} cannot be read: {error.strerror}.") from error
        raise BackupError(f"{error.filename or path}: {error.strerror or error}.") from error
