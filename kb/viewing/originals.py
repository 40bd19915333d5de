"""Serving a version's file as it was uploaded, always as a download: its content is not ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.models import DocumentVersion
from vault.kept import is_kept, open_kept, size_of

AT_ONCE = 256 * 1024  # bytes read


def send_original(version: DocumentVersion, *, user: User) -> StreamingHttpResponse:
    """Record that somebody gets the file, and send it. Raises: Http404: it is not there any more."""
    path = settings.MEDIA_ROOT / version.storage_path
    if not is_kept(path):
        raise Http404
    record(
        "document.downloaded",
        by=actor_of(user),
        subject=f"version:{version.uid}",
        summary=version.document.name,
        payload={"document": version.document.name, "document_uid": version.document.uid, "version": version.number},
    )
    disposition = content_disposition_header(True, version.document.name.rsplit("/", 1)[-1])
    headers = {"Content-Disposition": disposition, "Content-Length": str(size_of(path))}
    return StreamingHttpResponse(read_file(path), content_type="application/octet-stream", headers=headers)


async def read_file(path: Path) -> AsyncIterator[bytes]:
    """Yield a file in clear, piece by piece; under ASGI a FileResponse would be read into memory whole."""
    with await asyncio.to_thread(open_kept, path) as stream:
        while piece := await asyncio.to_thread(stream.read, AT_ONCE):
            yield piece
