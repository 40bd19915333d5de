"""What hangs on places of the text of a .doc: notes, comments, text boxes; and where headers and footers lie."""

import struct
from dataclasses import dataclass, field

from ingest.parsers.office.legacy.doc import binary
from ingest.parsers.office.legacy.doc.binary import Binary

NOTES, MARGINS, COMMENTS, END_NOTES, BOXES, HEADER_BOXES = 1, 2, 4, 5, 6, 7  # the stories, in their order
COMMENT_BYTES, BOX_BYTES, SHAPE_BYTES = 30, 22, 26
MAX_NAME = 200


@dataclass(slots=True)
class Marks:
    """By the place of the mark in the text. A stretch is (start, end). `margins`: from the beginning of their story."""

    notes: dict[int, tuple[str, int, int]] = field(default_factory=dict)  # footnote or endnote
    comments: dict[int, tuple[int, int, str]] = field(default_factory=dict)  # and who wrote it
    boxes: dict[int, tuple[int, int]] = field(default_factory=dict)
    header_boxes: list[tuple[int, int]] = field(default_factory=list)
    margins: list[int] = field(default_factory=list)


def read_marks(document: Binary) -> Marks:
    """Return the marks of a document."""
    marks = Marks(margins=document.positions(binary.MARGINS, 0)[0])
    _notes(document, marks, "footnote", NOTES, binary.NOTE_MARKS, binary.NOTES)
    _notes(document, marks, "endnote", END_NOTES, binary.END_MARKS, binary.END_NOTES)
    _comments(document, marks)
    _boxes(document, marks)
    return marks


def _notes(document: Binary, marks: Marks, kind: str, story: int, references: int, texts: int) -> None:
    places, entries = document.positions(references, 2)
    bounds = document.positions(texts, 0)[0]
    first = document.start_of(story)
    for number in range(min(len(entries), len(bounds) - 1)):
        marks.notes[places[number]] = (kind, first + bounds[number], first + bounds[number + 1])


def _comments(document: Binary, marks: Marks) -> None:
    places, entries = document.positions(binary.COMMENT_MARKS, COMMENT_BYTES)
    bounds = document.positions(binary.COMMENTS, 0)[0]
    first, authors = document.start_of(COMMENTS), _authors(document)
    for number in range(min(len(entries), len(bounds) - 1)):
        author = struct.unpack_from("<h", entries[number], 20)[0]
        name = authors[author] if 0 <= author < len(authors) else ""
        marks.comments[places[number]] = (first + bounds[number], first + bounds[number + 1], name)


def _authors(document: Binary) -> list[str]:
    data, place = document.part(binary.AUTHORS), 0
    found: list[str] = []
    while place + 2 <= len(data):
        length = min(struct.unpack_from("<H", data, place)[0], MAX_NAME)
        found.append(data[place + 2 : place + 2 + 2 * length].decode("utf-16-le", "replace"))
        place += 2 + 2 * length
    return found


def _boxes(document: Binary, marks: Marks) -> None:
    """Find the text of a shape by the shape's number, which stands in both tables."""
    bounds, boxes = document.positions(binary.BOXES, BOX_BYTES)
    first = document.start_of(BOXES)
    by_shape = {
        struct.unpack_from("<i", box, 14)[0]: (first + bounds[number], first + bounds[number + 1])
        for number, box in enumerate(boxes)
    }
    places, shapes = document.positions(binary.SHAPES, SHAPE_BYTES)
    for number, shape in enumerate(shapes):
        box = by_shape.pop(struct.unpack_from("<i", shape)[0], None)
        if box is not None:
            marks.boxes[places[number]] = box
    bounds, boxes = document.positions(binary.HEADER_BOXES, BOX_BYTES)
    first = document.start_of(HEADER_BOXES)
    # The last entry of the table stands for no box.
    marks.header_boxes = [(first + bounds[number], first + bounds[number + 1]) for number in range(len(boxes) - 1)]
