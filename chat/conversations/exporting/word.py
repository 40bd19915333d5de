"""An export as DOCX, with Word's own footnotes. python-docx knows none: their part of the file is written here."""

import io
from xml.sax.saxutils import escape

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part as FilePart
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from chat.conversations.exporting.script import Note, Part, Script
from chat.rendering import ShownSentence

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_LINES = "".join(  # which Word draws above the notes of a page
    f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{tag}/></w:r></w:p></w:footnote>'
    for kind, number, tag in (("separator", -1, "separator"), ("continuationSeparator", 0, "continuationSeparator"))
)
_STYLES = {"bullets": "List Bullet", "numbers": "List Number", "heading": "Heading 3"}


def as_word(script: Script) -> bytes:
    """Return the file."""
    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Microsoft YaHei")
    document.core_properties.title, document.core_properties.author = script.title[:250], "Attest"
    document.add_heading(_storable(script.title), level=1)
    document.add_paragraph(_storable(script.head))
    for part in script.parts:
        document.add_heading(_storable(" ".join(part.question.split())), level=2)
        for block in part.blocks:
            for item in block.items:
                paragraph = document.add_paragraph(style=_STYLES.get(block.kind))
                for sentence in item:
                    _write(paragraph, part, sentence)
        for said in part.said:
            document.add_paragraph().add_run(_storable(said)).italic = True
    if script.notes:
        notes = FilePart(PackURI("/word/footnotes.xml"), _TYPE, _footnotes(script.notes), document.part.package)
        document.part.relate_to(notes, RELATIONSHIP_TYPE.FOOTNOTES)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _write(paragraph: Paragraph, part: Part, sentence: ShownSentence) -> None:
    paragraph.add_run(sentence.space)
    for run in sentence.runs:
        written = paragraph.add_run(_storable(run.text))
        written.bold = run.kind == "strong" or None
    for note in part.notes_of(sentence):
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), str(note.number))
        mark = paragraph.add_run()
        mark.font.superscript = True
        mark._r.append(reference)  # type: ignore[arg-type]  # any element may stand in a run


def _footnotes(notes: list[Note]) -> bytes:
    mark = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
    written = "".join(
        f'<w:footnote w:id="{note.number}"><w:p>{mark}<w:r><w:rPr><w:sz w:val="18"/></w:rPr>'
        f'<w:t xml:space="preserve"> {escape(_storable(_text(note)))}</w:t></w:r></w:p></w:footnote>'
        for note in notes
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}<w:footnotes xmlns:w="{_MAIN}">{_LINES}{written}</w:footnotes>'.encode()


def _text(note: Note) -> str:
    return f"{note.place}: “{note.quote}” {note.address}"


def _storable(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return "".join(mark for mark in text if mark in "\t\n" or (mark >= " " and mark not in "\ufffe\uffff"))
