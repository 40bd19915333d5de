"""The deletion certificate to take away: the event that proves a purge, as a bundle that anybody can check without Attest."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.models import Event
from audit.receipts.bundle import KEY_FILE, make_bundle, public_key_text
from audit.services import record, write_checkpoint
from retention.purging.words import LOOKED_FOR, METHODS

FONT = "STSong-Light"  # which every reader of PDF has, or replaces: Latin and Chinese alike
BODY = ParagraphStyle("body", fontName=FONT, fontSize=10, leading=15)
TITLE = ParagraphStyle("title", parent=BODY, fontSize=16, leading=22, spaceAfter=6)
ABOUT = """A deletion certificate of Attest.

receipts.json      the event that proves the deletion, to the byte, with its place among all events and its signature
certificate.pdf    the same for people
signing_key.pub    the public key; compare it with one that you have from somebody you trust

Check it without Attest: python3 verify_receipt.py FILE.zip --public-key KEY, or open verify_receipt.html in a browser.
Both programs are in the folder scripts/ of Attest's source.
"""


def export_certificate(event: Event, *, by: User | None) -> bytes:
    """Return the certificate as a ZIP file, and put that on record. `event`: "document.purged", with its payload.

    Raises: AuditInvalid: no signed checkpoint covers it yet.
    """
    write_checkpoint()
    files = {"README.txt": ABOUT.encode(), "certificate.pdf": certificate_as_pdf(event)}
    files[KEY_FILE] = public_key_text(Path(settings.AUDIT_ROOT)).encode()
    bundle = make_bundle([event], files=files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {"receipts.json": bundle, **files}.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    record("document.certificate_exported", by=actor_of(by, otherwise=COMMAND_LINE), subject=event.subject, summary=event.summary)
    return target.getvalue()


def certificate_as_pdf(event: Event) -> bytes:
    """Return the certificate for people, in the active language."""
    registerFont(UnicodeCIDFont(FONT))
    target = io.BytesIO()
    title = _("Deletion certificate")
    page = SimpleDocTemplate(target, pagesize=A4, title=title, author="Attest", leftMargin=22 * mm, rightMargin=22 * mm)
    page.build([Paragraph(escape(title), TITLE), *_lines(event, event.payload.data["certificate"])])
    return target.getvalue()


def _lines(event: Event, certificate: Mapping[str, Any]) -> list[Flowable]:
    document = certificate["document"]
    rows = [
        (_("Document"), document["name"]),
        (_("Number"), document["uid"]),
        (_("Collection"), document["collection"]),
        (_("Uploaded"), certificate["uploaded_at"]),
        (_("Deleted"), certificate["deleted_at"]),
        (_("Purged"), certificate["purged_at"]),
        *((_("Version %(number)s, SHA-256") % {"number": one["number"]}, one["sha256"]) for one in certificate["versions"]),
        *((str(LOOKED_FOR.get(name, name)), str(count)) for name, count in certificate["looked_for"].items()),
        (_("Database"), str(METHODS[certificate["database"]["method"]])),
        (_("Receipts that still quote it"), str(certificate["remaining"]["receipts"])),
        (_("Event of the audit"), f"{event.sequence} · {event.uid}"),
        (_("Hash of the event"), event.hash),
    ]
    return [Paragraph(f"<b>{escape(name)}:</b> {escape(str(value))}", BODY) for name, value in rows]
