"""What a worker, an uploader and a witness do, in processes that tests kill (tests.ingest.process)."""

import os
from pathlib import Path

from accounts.models import User
from audit.models import Event
from audit.services import verify_chain
from ingest.leases import free_jobs
from ingest.models import Job
from ingest.queue import run_due_jobs
from ingest.services import accept_upload, delete_document
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from tests.ingest.engine import FakeEngine, FakeWriter

HOME = Path(os.environ["ATTEST_HOME"])


def upload(source: str, name: str) -> str:
    collection, _ = Collection.objects.get_or_create(slug="books", defaults={"name": "Books"})
    with Path(source).open("rb") as stream:
        return accept_upload(collection=collection, name=name, stream=stream, user=None, should_ring=False).outcome


def delete(name: str) -> None:
    user, _ = User.objects.get_or_create(username="kim")
    delete_document(Document.objects.live().get(name=name), user=user, should_ring=False)


def work() -> int:
    return run_due_jobs(engine=lambda: FakeEngine(HOME / "index.json"))


def recover() -> dict:
    """Take what a dead worker held, as the sweep does within seconds, and work as the next one."""
    free_jobs()
    work()
    return state()


def state() -> dict:
    live = Document.objects.live()
    return {
        "statuses": {f"{v.document.name} v{v.number}": v.status for v in DocumentVersion.objects.select_related("document")},
        "current": {d.name: d.current_version and d.current_version.number for d in live},
        "jobs": sorted({job.state for job in Job.objects.all()}),
        "ordinals": {str(v.pk): list(v.chunks.values_list("ordinal", flat=True)) for v in DocumentVersion.objects.all()},
        "pages": list(Page.objects.filter(version__document__in=live).values_list("version_id", "number")),
        "deleted_pages": Page.objects.exclude(version__document__in=live).count(),
        "chunk_ids": sorted(Chunk.objects.values_list("pk", flat=True)),
        "embedded_ids": sorted(Chunk.objects.filter(embedding__isnull=False).values_list("pk", flat=True)),
        "live_ids": sorted(Chunk.objects.live().values_list("pk", flat=True)),
        "index_ids": sorted(FakeWriter(HOME / "index.json").rows),
        "exact": all(c.page.text[c.start : c.end] == c.text for c in Chunk.objects.select_related("page")),
        "events": sorted(Event.objects.values_list("action", flat=True)),
        "chain": verify_chain().is_intact,
        "temporary": [path.name for path in (HOME / "files").rglob("*.part")],
    }


COMMANDS = {"upload": upload, "delete": delete, "work": work, "free": free_jobs, "recover": recover, "state": state}
