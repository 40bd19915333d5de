"""Putting an evaluation set into a collection of its own, through production's parsing, chunking, embedding and publishing."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from evals.datasets import Entry
from ingest.models import Job
from ingest.parsers.content import ParsedPage
from ingest.parsers.plain.text import parse_text
from ingest.queue.running import run_job
from ingest.services import accept_upload
from ingest.stages.chunking import SourcePage, cut_pages
from kb.index.engine import Engine
from kb.index.entries import to_indexed_chunk
from kb.index.identity import chunk_id
from kb.models import Chunk, ChunkEmbedding, Collection, Document, DocumentVersion, Page
from retrieval.types import IndexEntry

BATCH_DOCUMENTS = 500
NAME = "Evaluation"  # of the collection, its group and, in small letters, its reader
Progress = Callable[[int], object]


def make_collection() -> tuple[Collection, User]:
    """Return a collection and an employee whose group may read it, so that scope and permissions are at work."""
    group = Group.objects.create(name=NAME)
    collection = Collection.objects.create(name=NAME, slug=NAME.lower())
    collection.groups.add(group)
    user = User.objects.create_user(username=NAME.lower())
    user.groups.add(group)
    return collection, user


def index_entries(
    entries: Iterable[Entry], *, collection: Collection, user: User, engine: Engine, progress: Progress
) -> dict[int, str]:
    """Index every entry. Files are uploaded one by one as a person would; texts go through the same steps in batches.

    Returns: the entry's id for each document's primary key; a file that could not be read is missing.
    """
    iterator = iter(entries)
    names: dict[int, str] = {}
    while batch := list(islice(iterator, BATCH_DOCUMENTS)):
        texts = [entry for entry in batch if entry.path is None]
        if texts:
            names.update(_index_texts(texts, collection=collection, engine=engine))
            progress(len(texts))
        for entry in batch:
            if entry.path is not None:
                names.update([_upload(entry, collection=collection, user=user)])
                progress(1)
    return names


def _upload(entry: Entry, *, collection: Collection, user: User) -> tuple[int, str]:
    if entry.path is None:
        raise ValueError(f"{entry.id} has no file")
    with entry.path.open("rb") as stream:
        name = entry.id if entry.id.endswith(entry.path.suffix) else entry.id + entry.path.suffix
        accepted = accept_upload(collection=collection, name=name, stream=stream, user=user, should_notify=False)
    for job in Job.objects.filter(version=accepted.version, state=Job.State.WAITING):
        run_job(job.pk)
    return accepted.version.document_id, entry.id


def _index_texts(entries: list[Entry], *, collection: Collection, engine: Engine) -> dict[int, str]:
    """The stages of ingest.stages.pipeline over many short texts at once: the same functions, without a lease and a process for
    each."""
    names: dict[int, str] = {}
    chunks: list[Chunk] = []
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        for entry in entries:
            document = Document.objects.create(collection=collection, name=entry.id, title=entry.title)
            names[document.pk] = entry.id
            chunks.extend(_cut(document, entry, Path(folder) / "text.txt", engine))
        Chunk.objects.bulk_create(chunks, batch_size=1000)
        vectors = engine.embedder.embed_passages([to_indexed_chunk(chunk).contextual_text for chunk in chunks])
        ChunkEmbedding.objects.bulk_create(
            [
                ChunkEmbedding(chunk=chunk, encoder=engine.embedder.fingerprint, dense=vector.dense, tokens=vector.tokens)
                for chunk, vector in zip(chunks, vectors, strict=True)
            ],
            batch_size=1000,
        )
        engine.writer.publish(
            [IndexEntry(chunk=to_indexed_chunk(chunk), embedding=vector) for chunk, vector in zip(chunks, vectors, strict=True)]
        )
    return names


def _cut(document: Document, entry: Entry, path: Path, engine: Engine) -> list[Chunk]:
    data = entry.text.encode("utf-8", "replace")
    path.write_bytes(data)
    version = DocumentVersion.objects.create(
        document=document,
        number=1,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        media_type="text/plain",
        storage_path="",
        metadata={"title": entry.title},
        status=DocumentVersion.Status.INDEXED,
        indexed_at=timezone.now(),
    )
    document.current_version = version
    document.save(update_fields=["current_version"])
    with path.open("rb") as stream:
        parsed = [item for item in parse_text(stream, name=entry.id) if isinstance(item, ParsedPage)]
    pages = {
        page.number: Page(version=version, number=page.number, text=page.text, blocks=[block.as_dict() for block in page.blocks])
        for page in parsed
    }
    Page.objects.bulk_create(pages.values())
    source = [SourcePage(number=page.number, text=page.text, blocks=page.blocks) for page in parsed]
    return [
        Chunk(
            id=chunk_id(version.uid, ordinal, edition=engine.edition),
            version=version,
            ordinal=ordinal,
            edition=engine.edition,
            page=pages[cut.page_number],
            start=cut.start,
            end=cut.end,
            text=cut.text,
            prefix=cut.prefix,
            text_hash=hashlib.sha256(cut.text.encode()).hexdigest(),
            heading_path=list(cut.heading_path),
            token_count=cut.token_count,
        )
        for ordinal, cut in enumerate(cut_pages(source, title=entry.title, count_tokens=engine.embedder.count_tokens))
    ]
