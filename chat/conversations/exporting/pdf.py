"""An export as PDF, with the sources of each answer right below it."""

import io
from collections.abc import Iterator
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from audit.receipts.fonts import LATIN, register_fonts, style_for
from chat.conversations.exporting.script import Part, Script
from chat.rendering import ShownSentence

BODY = ParagraphStyle("body", fontName=LATIN, fontSize=10, leading=15, spaceAfter=5)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8, leading=11, spaceAfter=2, textColor=colors.HexColor("#555555"))
TITLE = ParagraphStyle("title", parent=BODY, fontSize=16, leading=21, spaceAfter=3)
QUESTION = ParagraphStyle("question", parent=BODY, fontSize=12, leading=16, spaceBefore=12, spaceAfter=5, keepWithNext=1)
HEADING = ParagraphStyle("heading", parent=BODY, fontSize=10.5, leading=15, spaceBefore=4, keepWithNext=1)
ITEM = ParagraphStyle("item", parent=BODY, leftIndent=14, bulletIndent=2, spaceAfter=3)


def as_pdf(script: Script) -> bytes:
    """Return the file."""
    register_fonts()
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=script.title,
        author="Attest",
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
    )
    document.build([*_head(script), *(flowable for part in script.parts for flowable in _part(part))])
    return target.getvalue()


def _head(script: Script) -> Iterator[Flowable]:
    yield _paragraph(escape(script.title), TITLE)
    yield _paragraph(escape(script.head), SMALL)


def _part(part: Part) -> Iterator[Flowable]:
    yield _paragraph(f"<b>{escape(' '.join(part.question.split()))}</b>", QUESTION)
    for block in part.blocks:
        for number, item in enumerate(block.items, start=block.start):
            text = "".join(_sentence(part, sentence) for sentence in item)
            if block.kind in ("bullets", "numbers"):
                yield _paragraph(text, ITEM, bullet=f"{number}." if block.kind == "numbers" else "•")
            else:
                yield _paragraph(
                    f"<b>{text}</b>" if block.kind == "heading" else text, HEADING if block.kind == "heading" else BODY
                )
    for said in part.said:
        yield _paragraph(escape(said), BODY)
    if part.notes:
        yield _paragraph(escape(_("Sources")), SMALL)
    for note in part.notes.values():
        yield _paragraph(f'{note.number}. <a href="{escape(note.address)}">{escape(note.place)}</a>: “{escape(note.quote)}”', SMALL)
    yield Spacer(1, 4)


def _sentence(part: Part, sentence: ShownSentence) -> str:
    text = "".join(f"<b>{escape(run.text)}</b>" if run.kind == "strong" else escape(run.text) for run in sentence.runs)
    numbers = ", ".join(str(note.number) for note in part.notes_of(sentence))
    return f"{sentence.space}{text}{f'<super>{numbers}</super>' if numbers else ''}"


def _paragraph(markup: str, style: ParagraphStyle, *, bullet: str | None = None) -> Paragraph:
    return Paragraph(markup.replace("\n", "<br/>"), style_for(markup, style), bulletText=bullet)
