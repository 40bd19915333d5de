"""A folder with files and modes, and a source that keeps it in step."""

import os
from pathlib import Path

from django.utils import timezone

from ingest.queue.running import run_due_jobs
from kb.models import Document
from sources.models import Source, SourceItem
from sources.sync.running import run_due
from sources.sync.services import create_source, start_source
from tests.ingest.engine import FakeEngine

IS_ROOT = os.geteuid() == 0  # who is not gives files to nobody else
OWNER, FINANCE = (4100, 4001) if IS_ROOT else (os.getuid(), os.getgid())
EVERYBODY_ELSE = 4002


def write(root: Path, name: str, text: str, *, mode: int = 0o644, group: int = FINANCE) -> Path:
    """Write a file below the root, with a mode and a group."""
    path = root / name
    for folder in [*path.relative_to(root).parents][-2::-1]:
        (root / folder).mkdir(exist_ok=True)
        (root / folder).chmod(0o755)
    path.write_text(text)
    os.chown(path, OWNER, group)
    path.chmod(mode)
    return path


def add_share(collection, user, root: Path, *, start: bool = True, **values) -> Source:
    """A source of the folder, started."""
    source = create_source(
        collection=collection, user=user, **{"name": "Share", "kind": "folder", "options": {"path": str(root)}, **values}
    )
    if start:
        start_source(source, user=user)
    return source


def sync(source: Source, *, index: bool = False) -> dict[str, int]:
    """Run the source to its end. Returns: what its run counted, without zeros."""
    Source.objects.filter(pk=source.pk).update(wanted_at=timezone.now())
    for _ in range(50):
        run_due(only=source.pk)
        source.refresh_from_db()
        if source.run_id is None:
            break
    if index:
        run_due_jobs(engine=FakeEngine)
    run = source.runs.first()
    return {name: count for name, count in run.counts.items() if count} | ({"code": run.code} if run.code else {})


def names() -> list[str]:
    return sorted(Document.objects.live().values_list("name", flat=True))


def item(name: str) -> SourceItem:
    return SourceItem.objects.get(name=name)
