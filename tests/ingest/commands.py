"""What a worker, an uploader and a witness do, in processes that tests kill (tests.ingest.process)."""

import os
import resource
import sqlite3
import threading
import time
from datetime import timedelta
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.chain.verification import verify_chain
from audit.models import Event
from ingest.documents.deletion import delete_collection, delete_document
from ingest.documents.moving import move_document
from ingest.editions.building import cancel_edition, clear_ended, pause_edition, resume_edition, start_edition, swap_if_whole
from ingest.models import Job
from ingest.queue.leases import free_jobs
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.models import Chunk, Collection, Document, DocumentVersion, Edition, Page
from retrieval.types import Embedding
from tests.ingest.engine import FakeEngine, FakeWriter
from tests.ingest.source_commands import SOURCE_COMMANDS

HOME = Path(os.environ["ATTEST_HOME"])


def upload(source: str, name: str) -> str:
    collection, _ = Collection.objects.get_or_create(slug="books", defaults={"name": "Books"})
    with Path(source).open("rb") as stream:
        return accept_upload(collection=collection, name=name, stream=stream, user=None, should_notify=False).outcome


def delete(name: str) -> None:
    user, _ = User.objects.get_or_create(username="kim")
    delete_document(Document.objects.live().get(name=name), user=user, should_notify=False)


def serving_engine() -> FakeEngine:
    first = FakeEngine(HOME / "index.json")
    serving = Edition.objects.filter(state=Edition.State.SERVING).first()
    return first.of(serving) if serving else first


def work() -> int:
    return run_due_jobs(engine=serving_engine)


def work_without_room() -> int:
    """Work while neither the database nor, on PostgreSQL, which has it elsewhere, the index may grow."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            [(pages,)] = cursor.fetchall()
            cursor.execute(f"PRAGMA max_page_count = {pages + 3}")
        return work()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        return work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def work_cut_off() -> int:
    """Work, and lose the database in the middle of it."""
    engine = FakeEngine(HOME / "index.json")
    embed = engine.embedder.embed_passages

    def embed_and_cut_off(texts: list[str]) -> list[Embedding]:
        engine.embedder.embed_passages = embed
        cut_off()
        return embed(texts)

    engine.embedder.embed_passages = embed_and_cut_off
    return run_due_jobs(engine=lambda: engine)


def cut_off() -> None:
    """End this process's session on PostgreSQL; on SQLite keep every writer out for longer than this one is ready to wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [(backend,)] = cursor.fetchall()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
            session.execute("SELECT pg_terminate_backend(%s)", [backend])
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(1.5, other.close).start()


def make_due() -> int:
    """Let what waits be tried now."""
    return Job.objects.update(not_before=None)


def recover() -> dict:
    """Take what a dead worker held, as the sweep does within seconds, and work as the next one."""
    free_jobs()
    work()
    swap_if_whole(engine=serving_engine())
    return state()


def move(name: str, slug: str) -> None:
    user, _ = User.objects.get_or_create(username="kim", defaults={"role": "knowledge_admin"})
    to, _ = Collection.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    move_document(Document.objects.live().get(name=name), to=to, user=user, should_notify=False)


def remove_collection(slug: str) -> None:
    user, _ = User.objects.get_or_create(username="kim", defaults={"role": "knowledge_admin"})
    collection = Collection.objects.get(slug=slug)
    delete_collection(collection, confirmation=collection.name, user=user, should_notify=False)


def start() -> None:
    start_edition(engine=serving_engine(), user=None, should_notify=False)


def pause() -> None:
    pause_edition(user=None)


def resume() -> None:
    resume_edition(user=None, should_notify=False)


def cancel() -> None:
    cancel_edition(user=None)


def clear() -> None:
    """As the sweep does once nobody reads the replaced edition any more."""
    while clear_ended(now=timezone.now() + timedelta(days=1)):
        pass


def watch() -> list[list[str]]:
    """Ask again and again, until edition 2 has answered for a while. Returns: each list of passages that was seen, once."""
    seen: list[list[str]] = []
    after, deadline = 0, time.monotonic() + 60
    while after < 20 and time.monotonic() < deadline:
        engine = serving_engine()
        chunks = Chunk.objects.live().filter(pk__in=list(engine.writer.rows)).select_related("version__document")
        answer = sorted(f"{chunk.version.document.name} {chunk.ordinal}" for chunk in chunks)
        if answer not in seen:
            seen.append(answer)
        after += engine.edition == 2
    return seen


def chunk_ids(edition: int) -> list[int]:
    return sorted(Chunk.objects.filter(edition=edition).values_list("pk", flat=True))


def state() -> dict:
    live = Document.objects.live()
    return {
        "statuses": {f"{v.document.name} v{v.number}": v.status for v in DocumentVersion.objects.select_related("document")},
        "current": {d.name: d.current_version and d.current_version.number for d in live},
        "jobs": sorted({job.state for job in Job.objects.all()}),
        "waits": sorted((job.obstacle, job.attempts) for job in Job.objects.filter(state=Job.State.WAITING)),
        "ordinals": {str(v.pk): list(v.chunks.values_list("ordinal", flat=True)) for v in DocumentVersion.objects.all()},
        "pages": list(Page.objects.filter(version__document__in=live).values_list("version_id", "number")),
        "deleted_pages": Page.objects.exclude(version__document__in=live).count(),
        "chunk_ids": sorted(Chunk.objects.values_list("pk", flat=True)),
        "embedded_ids": sorted(Chunk.objects.filter(embedding__isnull=False).values_list("pk", flat=True)),
        "live_ids": sorted(Chunk.objects.live().values_list("pk", flat=True)),
        "index_ids": sorted(FakeWriter(HOME / "index.json").rows),
        "editions": {str(e.number): e.state for e in Edition.objects.all()},
        "chunks": {
            str(e.number): sorted(Chunk.objects.filter(edition=e.number).values_list("pk", flat=True))
            for e in Edition.objects.all()
        },
        "served_ids": sorted(serving_engine().writer.rows),
        "served_in": sorted({row[2] for row in serving_engine().writer.rows.values()}),
        "collections": {d.name: [d.collection.slug, d.collection_id, d.moved_from_id] for d in live},
        "exact": all(c.page.text[c.start : c.end] == c.text for c in Chunk.objects.select_related("page")),
        "events": sorted(Event.objects.values_list("action", flat=True)),
        "chain": verify_chain().is_intact,
        "temporary": [path.name for path in (HOME / "files").rglob("*.part")],
    }


COMMANDS = {
    "upload": upload,
    "delete": delete,
    "work": work,
    "work_without_room": work_without_room,
    "work_cut_off": work_cut_off,
    "make_due": make_due,
    "free": free_jobs,
    "recover": recover,
    "state": state,
}
COMMANDS |= {"move": move, "remove_collection": remove_collection, "watch": watch}
COMMANDS |= {"start": start, "pause": pause, "resume": resume, "cancel": cancel, "clear": clear}
COMMANDS |= SOURCE_COMMANDS
