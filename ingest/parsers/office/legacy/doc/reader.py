"""Reads a .doc into a DOCX: body, tables, lists, notes, comments, headers, text boxes, fields, pictures."""

import struct
from dataclasses import dataclass

from lxml import etree

from ingest.parsers.office.building.tables import TableStory
from ingest.parsers.office.building.word import Look, Setting, WordFile, set_paragraph
from ingest.parsers.office.legacy.doc import binary
from ingest.parsers.office.legacy.doc.binary import Binary, Places, read_runs
from ingest.parsers.office.legacy.doc.fonts import read_fonts
from ingest.parsers.office.legacy.doc.form_field import shown_box
from ingest.parsers.office.legacy.doc.lists import Lists
from ingest.parsers.office.legacy.doc.marks import Marks, read_marks
from ingest.parsers.office.legacy.doc.pictures import picture_at
from ingest.parsers.office.legacy.doc.properties import (
    Characters,
    Paragraph,
    change_characters,
    change_paragraph,
    style_of_characters,
)
from ingest.parsers.office.legacy.doc.styles import Styles
from ingest.parsers.office.symbols import as_shown
from ingest.parsers.office.word.names import W

PICTURE, NOTE, COMMENT, CELL, LINE, PAGE, PARAGRAPH, COLUMN = "\x01", "\x02", "\x05", "\x07", "\x0b", "\x0c", "\r", "\x0e"
SHAPE, FIELD, RESULT, FIELD_END, HYPHEN, SOFT_HYPHEN = "\x08", "\x13", "\x14", "\x15", "\x1e", "\x1f"
ENDS = frozenset((CELL, PAGE, PARAGRAPH))
MARKS = frozenset((PICTURE, NOTE, COMMENT, SHAPE))
WRITTEN = {LINE: "\n", COLUMN: "\n", HYPHEN: "-", SOFT_HYPHEN: "", "\x03": "", "\x04": "", "\x00": ""}
BODY, NOTES, MARGINS, _MACROS, COMMENTS, END_NOTES, BOXES, HEADER_BOXES = range(8)
SEPARATORS = 6  # the first of the stories of margins
FOOTERS = (2, 3, 5)
MAX_HEADING = 6
MAX_DEPTH = 4  # of boxes and notes in each other


@dataclass(slots=True)
class _Field:
    """`is_shown`: the document shows this part of the field: its result has begun."""

    is_shown: bool = False
    is_object: bool = False
    is_box: bool = False


class DocReader:
    """Reads one file. Raises: struct.error, IndexError and the like where it is broken."""

    def __init__(self, document: Binary) -> None:
        self.document, self.word = document, WordFile()
        self._fields: list[_Field] = []
        self.places = Places(document.pieces)
        self.characters = read_runs(document, binary.CHARACTERS, is_paragraph=False)
        self.paragraphs = read_runs(document, binary.PARAGRAPHS, is_paragraph=True)
        self.styles, self.lists = Styles(document), Lists(document)
        self.fonts = read_fonts(document.part(binary.FONTS))
        self.marks: Marks = read_marks(document)
        self._known: dict[tuple[int, bytes], Characters] = {}

    def read(self) -> WordFile:
        """Return the DOCX."""
        self._margins()
        self._story(self.word.body, 0, self.document.lengths[BODY], depth=0)
        self.lists.write(self.word)
        return self.word

    def _margins(self) -> None:
        first = self.document.start_of(MARGINS)
        positions = self.marks.margins
        for number in range(SEPARATORS, len(positions) - 1):
            start, end = first + positions[number], first + positions[number + 1]
            if end - start > 1:
                kind = "footer" if (number - SEPARATORS) % 6 in FOOTERS else "header"
                self._story(self.word.margin(kind), start, end, depth=1)
        for start, end in self.marks.header_boxes:
            self._story(self.word.margin("header"), start, end, depth=1)

    def _story(self, element: etree._Element, start: int, end: int, *, depth: int) -> None:
        """Read the paragraphs between two places of the text."""
        tables = TableStory(element)
        outer, self._fields = self._fields, []
        text = self.document.text
        end = min(end, len(text))
        position = start
        while position < end:
            stop = position
            while stop < end and text[stop] not in ENDS:
                stop += 1
            self._paragraph(tables, position, min(stop, end - 1), depth=depth)
            position = stop + 1
        tables.finish()
        self._fields = outer

    def _paragraph(self, tables: TableStory, start: int, mark: int, *, depth: int) -> None:
        """Read one paragraph. `mark`: the place of the character that ends it."""
        piece = self.places.piece_at(mark)
        offset = self.places.offset_of(mark)
        own = self.paragraphs.at(offset)
        style = struct.unpack_from("<H", own)[0] if len(own) >= 2 else 0
        what = change_paragraph(self.styles.paragraph(style), own[2:] + piece.change, self.document.data)
        letter = self.document.text[mark]
        if what.ends_row and letter in (CELL, PARAGRAPH):
            tables.end_row(max(1, what.depth), what.row)
            return
        paragraph = etree.Element(f"{W}p", nsmap=self.word.body.nsmap)
        end = mark if letter in ENDS else mark + 1
        self._runs(paragraph, start, end, style, depth=depth)
        characters = self._characters_at(mark, style)
        set_paragraph(paragraph, self._setting(what, is_deleted=characters.look.is_deleted))
        tables.add(paragraph, what.depth)
        if letter == CELL or what.ends_cell:
            tables.end_cell(max(1, what.depth))

    def _setting(self, what: Paragraph, *, is_deleted: bool) -> Setting:
        name = self.styles.name(what.style)
        level = what.list_level
        is_listed = what.list_number in self.lists
        if is_listed and level is None:
            level = self.lists.level_of_style(what.list_number, what.style)
        return Setting(
            heading=what.outline + 1 if what.outline < MAX_HEADING else 0,
            style=self.word.style(name) if name else "",
            list_id=str(what.list_number) if is_listed else "",
            list_level=level or 0,
            is_deleted=is_deleted,
        )

    # --- characters ---

    def _characters_at(self, position: int, style: int) -> Characters:
        """Return how a character stands."""
        piece = self.places.piece_at(position)
        return self._characters(style, self.characters.at(self.places.offset_of(position)) + piece.change)

    def _characters(self, style: int, own: bytes) -> Characters:
        key = (style, own)
        if key not in self._known:
            base = self.styles.characters(style)
            named = style_of_characters(own)
            found = change_characters(base, self.styles.change(named), base) if named else base
            self._known[key] = change_characters(found, own, found)
        return self._known[key]

    def _runs(self, paragraph: etree._Element, start: int, end: int, style: int, *, depth: int) -> None:
        position = start
        while position < end:
            stop = self._end_of_run(position, end)
            characters = self._characters_at(position, style)
            self._run(paragraph, position, stop, characters, depth=depth)
            position = stop

    def _end_of_run(self, position: int, end: int) -> int:
        """Return where the properties of a character end to hold."""
        piece = self.places.piece_at(position)
        offset = self.places.offset_of(position)
        stop = self.characters.end_at(offset)
        length = max(1, -(-(stop - offset) // piece.width)) if stop else 1
        return min(end, piece.end, position + length)

    def _run(self, paragraph: etree._Element, start: int, stop: int, characters: Characters, *, depth: int) -> None:
        letters: list[str] = []
        for position in range(start, stop):
            letter = self.document.text[position]
            is_mark = (letter in MARKS and characters.is_special) or letter in (FIELD, RESULT, FIELD_END)
            if is_mark or position in self.marks.notes:
                self._write(paragraph, letters, characters.look)
                if position in self.marks.notes:
                    self._note(paragraph, position, is_marked=letter != NOTE, depth=depth)
                if is_mark:
                    self._mark(paragraph, letter, position, characters, depth=depth)
                    continue
            if characters.symbol and letter == "(":
                font = self.fonts[characters.symbol_font] if 0 <= characters.symbol_font < len(self.fonts) else ""
                letter = as_shown(characters.symbol, font)
            letters.append(WRITTEN.get(letter, letter))
        self._write(paragraph, letters, characters.look)

    def _write(self, paragraph: etree._Element, letters: list[str], look: Look) -> None:
        """Write what was read, but not the instruction of a field."""
        text = "".join(letters)
        letters.clear()
        if text and all(one.is_shown and not one.is_object for one in self._fields):
            self.word.text(paragraph, text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), look)

    def _mark(self, paragraph: etree._Element, letter: str, position: int, characters: Characters, *, depth: int) -> None:
        if letter == FIELD:
            self._begin_field(paragraph, position)
        elif letter == RESULT and self._fields:
            self._fields[-1].is_shown = True
            self.word.field(paragraph, "separate")
        elif letter == FIELD_END and self._fields:
            self._fields.pop()
            self.word.field(paragraph, "end")
        elif letter == COMMENT and position in self.marks.comments:
            start, end, author = self.marks.comments[position]
            self._inner(self.word.note(paragraph, "comment", author=author), start, end, depth=depth)
        elif letter == SHAPE:
            box = self.marks.boxes.get(position)
            if box is not None:
                self._inner(self.word.box(paragraph), *box, depth=depth)
            elif not characters.look.is_hidden and not characters.look.is_deleted:
                self.word.embedded(paragraph)
        elif letter == PICTURE and self._fields and self._fields[-1].is_box:
            self.word.text(paragraph, shown_box(self.document.data, characters.picture), characters.look)
        elif (
            letter == PICTURE
            and characters.picture >= 0
            and not characters.is_object
            and not any(one.is_object for one in self._fields)
        ):
            data = picture_at(self.document.data, characters.picture)
            if data and not characters.look.is_deleted and not characters.look.is_hidden:
                self.word.picture(paragraph, data)

    def _begin_field(self, paragraph: etree._Element, position: int) -> None:
        text = self.document.text
        stop = position + 1
        while stop < len(text) and text[stop] not in (FIELD, RESULT, FIELD_END, PARAGRAPH):
            stop += 1
        instruction = text[position + 1 : stop].strip()
        words = instruction.split()
        is_object = bool(words) and words[0].upper() == "EMBED"
        if is_object:
            self.word.embedded(paragraph, words[1] if len(words) > 1 else "")
        is_box = bool(words) and words[0].upper() == "FORMCHECKBOX"
        self._fields.append(_Field(is_object=is_object, is_box=is_box))
        self.word.field(paragraph, "begin", instruction)

    def _note(self, paragraph: etree._Element, position: int, *, is_marked: bool, depth: int) -> None:
        kind, start, end = self.marks.notes[position]
        self._inner(self.word.note(paragraph, kind, is_marked=is_marked), start, end, depth=depth)

    def _inner(self, element: etree._Element, start: int, end: int, *, depth: int) -> None:
        if depth < MAX_DEPTH:
            self._story(element, start, end, depth=depth + 1)
