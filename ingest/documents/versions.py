"""How a version comes into the queue: it and its job are one, so that neither is ever without the other."""

from typing import Any

from django.db.models import Max

from ingest.models import Job
from kb.models import Document, DocumentVersion

SIZE_CLASSES = (256 * 1024, 2 * 1024**2, 20 * 1024**2)  # bytes: a small file never waits behind a large one


def open_version(document: Document, *, size: int, **values: Any) -> DocumentVersion:
    """Write the next version of a document and its job. In the caller's transaction, which holds the document.

    Args:
        size: of the file, in bytes.
        values: the other fields of the version.
    """
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    version = DocumentVersion.objects.create(document=document, number=last + 1, size=size, **values)
    queue_version(version)
    return version


def queue_version(version: DocumentVersion) -> Job:
    """Write the job that processes a version. In the caller's transaction."""
    return Job.objects.create(version=version, priority=sum(version.size > limit for limit in SIZE_CLASSES))
