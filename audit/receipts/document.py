"""A receipt for people, as PDF: question, answer, sources with marked quotes, verdicts, proof; three pages at most as a rule."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from audit.models import Event
from audit.receipts.fonts import LATIN, register_fonts, style_for
from audit.receipts.receipt import Passage, Receipt, read_receipt
from audit.words import ACTIONS

MOST_SOURCES = 8  # all of them are in receipts.json
AROUND = 350  # characters of a passage before and behind its quotes
LONGEST = 6_000  # characters of an answer
MARKED = "#fff2a8"
BODY = ParagraphStyle("body", fontName=LATIN, fontSize=9.5, leading=13.5)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8, leading=11, textColor=colors.HexColor("#555555"))
TITLE = ParagraphStyle("title", parent=BODY, fontSize=15, leading=20, spaceAfter=4)
HEADING = ParagraphStyle("heading", parent=BODY, fontSize=11, leading=15, spaceBefore=9, spaceAfter=3)


def receipt_as_pdf(event: Event) -> bytes:
    """Return the receipt of an event that comes with its payload, in the active language."""
    register_fonts()
    receipt = read_receipt(event.payload.data)
    target = io.BytesIO()
    title = _("Receipt %(number)s") % {"number": str(event.uid)[:8]}
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=title,
        author="Attest",
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    document.build([*_head(event, title), *_answer(receipt), *_sources(receipt), *_sentences(receipt), *_proof(event)])
    return target.getvalue()


def _head(event: Event, title: str) -> Iterator[Flowable]:
    yield _paragraph(title, TITLE)
    who = f"{event.actor_name} · " if event.actor_name else ""
    at = event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield _paragraph(f"{ACTIONS.get(event.action, event.action)} · {who}{at}", SMALL)
    if event.payload.erased_at is not None:
        yield _paragraph(str(_("Personal data erased")), BODY)


def _answer(receipt: Receipt) -> Iterator[Flowable]:
    if receipt.question:
        yield _paragraph(_("Question"), HEADING)
        yield _paragraph(receipt.question[:LONGEST], BODY)
        yield _paragraph(_("Answer as given"), HEADING)
        yield _paragraph((receipt.answer or str(_("No sentence was shown.")))[:LONGEST], BODY)
    if receipt.reason:
        yield _paragraph(f"{_('Reason:')} {receipt.reason}", SMALL)


def _sources(receipt: Receipt) -> Iterator[Flowable]:
    cited = [passage for passage in receipt.passages if passage.is_cited]
    if cited:
        yield _paragraph(_("Sources"), HEADING)
    for passage in cited[:MOST_SOURCES]:
        place = [passage.title or passage.document, passage.document]
        if passage.version:
            place.append(_("version %(version)s") % {"version": passage.version})
        if passage.page:
            place.append(_("page %(page)s") % {"page": passage.page})
        yield _paragraph(f"[{passage.marker}] {' · '.join(dict.fromkeys(place))}", SMALL)
        yield Paragraph(_marked(passage), style_for("".join(span.text for span in passage.spans), BODY))
        yield Spacer(1, 3)


def _marked(passage: Passage) -> str:
    """Return the passage around its quotes, as reportlab's markup: the quotes on yellow, what is far from them left out."""
    parts = []
    for at, span in enumerate(passage.spans):
        text = span.text
        if not span.markers:
            first, last = at == 0, at == len(passage.spans) - 1
            if not first and not last and len(text) > 2 * AROUND:
                text = f"{text[:AROUND]} … {text[-AROUND:]}"
            elif first and len(text) > AROUND:
                text = f"… {text[-AROUND:]}"
            elif last and len(text) > AROUND:
                text = f"{text[:AROUND]} …"
        shown = escape(text).replace("\n", "<br/>")
        parts.append(f'<font backColor="{MARKED}">{shown}</font>' if span.markers else shown)
    return "".join(parts)


def _sentences(receipt: Receipt) -> Iterator[Flowable]:
    if not receipt.sentences:
        return
    yield _paragraph(_("Verdict for each sentence"), HEADING)
    rows = [
        [
            _paragraph(sentence.text[:600], SMALL),
            _paragraph(f"{sentence.word} {''.join(f'[{marker}]' for marker in sentence.citations)}", SMALL),
            _paragraph(sentence.score, SMALL),
        ]
        for sentence in receipt.sentences
    ]
    yield _table(rows, widths=(115 * mm, 40 * mm, 15 * mm))


def _proof(event: Event) -> Iterator[Flowable]:
    yield _paragraph(_("Proof"), HEADING)
    rows = (
        (_("Receipt"), str(event.uid)),
        (_("Position in the chain"), f"#{event.sequence}"),
        (_("Hash"), event.hash),
        (_("Previous hash"), event.previous_hash),
        (_("Content hash"), event.payload_hash),
    )
    yield _table([[_paragraph(str(name), SMALL), _paragraph(value, SMALL)] for name, value in rows], widths=(45 * mm, 125 * mm))
    yield Spacer(1, 4)
    yield _paragraph(
        _("This page proves nothing by itself. Check receipts.json, which lies beside it, with verify_receipt.py."), SMALL
    )


def _table(rows: Sequence[Sequence[Flowable]], *, widths: tuple[float, ...]) -> Table:
    line = ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#cccccc"))
    style = TableStyle(
        [("VALIGN", (0, 0), (-1, -1), "TOP"), line, ("LEFTPADDING", (0, 0), (0, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 2)]
    )
    return Table([list(row) for row in rows], colWidths=widths, style=style)


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(str(text)).replace("\n", "<br/>"), style_for(str(text), style))
