"""A worker, an uploader and a witness as processes of their own, for tests that kill them. `python -m tests.ingest.process`."""

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")


def main() -> None:
    django.setup()
    command, *arguments = sys.argv[1:]
    print(json.dumps({"upload": upload, "delete": delete, "work": work, "state": state, "recover": recover}[command](*arguments)))


def home() -> Path:
    return Path(os.environ["ATTEST_HOME"])


def upload(source: str, name: str) -> str:
    from ingest.services import accept_upload
    from kb.models import Collection

    collection, _ = Collection.objects.get_or_create(slug="books", name="Books")
    with Path(source).open("rb") as stream:
        return accept_upload(collection=collection, name=name, stream=stream, user=None, should_ring=False).outcome


def delete(name: str) -> None:
    from accounts.models import User
    from ingest.services import delete_document
    from kb.models import Document

    user, _ = User.objects.get_or_create(username="kim")
    delete_document(Document.objects.live().get(name=name), user=user, should_ring=False)


def work() -> int:
    from ingest.queue import run_due_jobs
    from tests.ingest.engine import FakeEngine

    return run_due_jobs(engine=lambda: FakeEngine(home() / "index.json"))


def recover() -> dict:
    work()
    return state()


def state() -> dict:
    from audit.models import Event
    from audit.services import verify_chain
    from ingest.models import Job
    from kb.models import Chunk, Document, DocumentVersion, Page
    from tests.ingest.engine import FakeWriter

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
        "index_ids": sorted(FakeWriter(home() / "index.json").rows),
        "exact": all(c.page.text[c.start : c.end] == c.text for c in Chunk.objects.select_related("page")),
        "events": sorted(Event.objects.values_list("action", flat=True)),
        "chain": verify_chain().is_intact,
        "temporary": [path.name for path in (home() / "files").rglob("*.part")],
    }


if __name__ == "__main__":
    main()
