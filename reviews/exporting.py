"""Receipts as a file that stands alone: the signed bundle, a PDF for people, pictures of the pages that were cited."""

import io
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit.actor import actor_of
from audit.models import Event
from audit.receipts.bundle import KEY_FILE, make_bundle, public_key_text
from audit.receipts.document import receipt_as_pdf
from audit.services import record, write_checkpoint
from kb.models import Document, DocumentVersion
from kb.viewing.rendering import PictureUnavailable, page_picture

logger = logging.getLogger(__name__)
MOST_PAGES = 40  # pictures in one bundle
ABOUT = """Receipts of Attest.

receipts.json      what was recorded, to the byte, with its proofs
receipt-N.pdf      the same for people
pages/             the pages that were cited, as pictures
signing_key.pub    the public key; compare it with one that you have from somebody you trust

Check all of it without Attest: python3 verify_receipt.py FILE.zip --public-key KEY, or open verify_receipt.html in a browser.
Both programs are in the folder scripts/ of Attest's source.
"""


def export_receipts(events: Sequence[Event], *, by: User | None) -> bytes:
    """Return a ZIP file with the receipts, and put it on record. Pictures are of pages that `by` may read now.

    Args:
        events: with their payloads. by: None for the command line, which gets every picture.
    Raises: AuditInvalid: none or too many, or one that no signed checkpoint covers yet.
    """
    files = {"README.txt": ABOUT.encode()}
    files |= {f"receipt-{event.sequence}.pdf": receipt_as_pdf(event) for event in events}
    files |= dict(_pictures(events, by=by))
    write_checkpoint()  # makes the key of an installation that never signed
    files[KEY_FILE] = public_key_text(Path(settings.AUDIT_ROOT)).encode()
    bundle = make_bundle(events, files=files)
    packed = _zip({"receipts.json": bundle, **files})
    with transaction.atomic():
        record(
            "audit.receipts_exported",
            by=actor_of(by),
            summary=", ".join(f"#{event.sequence}" for event in events),
            payload={"receipts": [event.uid for event in events], "files": len(files)},
        )
    return packed


def _pictures(events: Sequence[Event], *, by: User | None) -> Iterator[tuple[str, bytes]]:
    """Yield the cited pages, each once. What cannot be had any more, or not by this reader, is left out."""
    wanted: dict[tuple[str, int], None] = {}
    for event in events:
        for citation in event.payload.data.get("citations") or ():
            if isinstance(citation, Mapping):
                wanted[str(citation.get("version_uid")), _page(citation)] = None
    documents = Document.objects.all() if by is None else Document.objects.visible_to(by)
    uids = {uid for uid, _number in wanted}
    versions = {str(one.uid): one for one in DocumentVersion.objects.filter(uid__in=uids, document__in=documents)}
    for uid, number in list(wanted)[:MOST_PAGES]:
        if uid in versions:
            try:
                yield f"pages/{uid}-{number}.webp", page_picture(version=versions[uid], page_number=number)
            except PictureUnavailable:
                logger.info("a bundle of receipts has no picture of %s, page %s", uid, number)


def _page(citation: Mapping[str, Any]) -> int:
    number = citation.get("page_number")
    return number if isinstance(number, int) else 0


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack without compression, so that a page in a browser can read it too."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()
