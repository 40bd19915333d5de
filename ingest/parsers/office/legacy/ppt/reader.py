"""Reads a .ppt into a PPTX: slides in their order, with titles, texts, tables, pictures, links, notes and comments."""

import struct
from collections.abc import Iterator

from ingest.parsers.office.building.slides import Line, SlideFile, SlidesFile, TableCell, TextRun
from ingest.parsers.office.legacy.ppt import records
from ingest.parsers.office.legacy.ppt.records import HEADER, Record, record_at, text_of
from ingest.parsers.office.legacy.ppt.shapes import Shape, grid, read_shapes
from ingest.parsers.office.legacy.ppt.texts import BODIES, NOTES_TEXT, TITLES, Text, read_texts
from ingest.parsers.refusal import Refusal

PLAIN, ENCRYPTED = 0xE391C05F, 0xF3D1C4DF
SLIDES, NOTES = 0, 2  # of the lists in the document
IS_HIDDEN = 0x4
HAS_FOOTER = 0x20
FOOTER, ADDRESS, AUTHOR, WORDS = 2, 1, 0, 1  # instances of strings
# Placeholders by their number (MS-PPT 2.13.23).
FOR_MARGINS, FOR_TITLES, FOR_BODIES = frozenset((7, 8, 9, 10)), frozenset((13, 15, 17)), frozenset((14, 16, 18, 19))
MAX_EDITS = 10_000
MAX_PICTURE_BYTES = 64 << 20
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
BOTTOM = (0, 6_858_000)  # where a footer stands, in EMU
MAX_TABLE = 200  # rows or columns


class PptReader:
    """Reads one file. `stream`: "PowerPoint Document"; `current`: "Current User"; `pictures`: "Pictures".

    Raises: Refusal: damaged, locked; struct.error and the like where the file is broken.
    """

    def __init__(self, stream: bytes, current: bytes, pictures: bytes) -> None:
        self.stream, self.pictures = stream, pictures
        self.file = SlidesFile()
        self.places, document = _read_edits(stream, current)
        found = self._persisted(document)
        if found is None or found.kind != records.DOCUMENT:
            raise Refusal("damaged", "no document")
        self.document = found
        self.addresses = dict(_addresses(found))
        self.picture_places = _picture_places(found)
        self.notes = {slide_id: place for place, slide_id, _ in self._list(NOTES)}

    def read(self) -> SlidesFile:
        """Return the PPTX."""
        for place, _, texts in self._list(SLIDES):
            slide = self.file.slide()
            container = self._persisted(place)
            if container is not None and container.kind == records.SLIDE:
                self._slide(container, slide, texts)
        return self.file

    def _persisted(self, number: int) -> Record | None:
        return record_at(self.stream, self.places[number]) if number in self.places else None

    def _list(self, instance: int) -> Iterator[tuple[int, int, list[Text]]]:
        """Yield where each slide of a list lies, its number, and those of its texts that stand in the list."""
        found = next((one for one in self.document if one.kind == records.LIST and one.instance == instance), None)
        waiting: list[Record] = []
        head: tuple[int, int] | None = None
        for record in found or ():
            if record.kind == records.PERSIST and len(record.data) >= 16:
                if head is not None:
                    yield (*head, read_texts(iter(waiting)))
                place, _, _, slide_id = struct.unpack_from("<IIiI", record.data)
                head, waiting = (place, slide_id), []
            else:
                waiting.append(record)
        if head is not None:
            yield (*head, read_texts(iter(waiting)))

    def _slide(self, container: Record, slide: SlideFile, texts: list[Text]) -> None:
        info = container.first(records.SLIDE_INFO)
        if info is not None and len(info.data) >= 12 and struct.unpack_from("<H", info.data, 10)[0] & IS_HIDDEN:
            slide.hide()
        for shape in self._shapes(container):
            self._shape(shape, slide, texts, None)
        footer = self._footer(container)
        if footer:
            slide.box([Line(runs=(TextRun(text=footer),))], BOTTOM)
        notes = self._notes(container)
        notes += [Line(runs=(TextRun(text=text),)) for text in _comments(container)]
        if notes:
            slide.notes(notes)

    def _shapes(self, container: Record) -> Iterator[Shape]:
        drawing = container.first(records.DRAWING)
        for part in drawing or ():
            group = part.first(records.GROUP)
            if group is not None:
                yield from read_shapes(group)

    def _shape(self, shape: Shape, slide: SlideFile, texts: list[Text], outer: tuple[int, int] | None) -> None:
        place = outer or shape.corner
        if shape.is_table:
            self._table(shape, slide, texts, place)
            return
        for child in shape.children:
            self._shape(child, slide, texts, place)
        if shape.is_object:
            self.file.objects += 1
        elif shape.picture and (data := self._picture(shape.picture)):
            slide.picture(data, place)
        for text in self._texts(shape, texts):
            lines = text.lines(self.addresses)
            if text.kind in TITLES or shape.placeholder in FOR_TITLES:
                slide.title(lines)
            elif text.kind in BODIES or shape.placeholder in FOR_BODIES:
                slide.body(lines, place)
            elif shape.placeholder not in FOR_MARGINS or text.text.strip("*"):
                slide.box(lines, place)

    def _texts(self, shape: Shape, texts: list[Text]) -> list[Text]:
        """Return the texts of a shape: its own, or those in the document's list that it refers to."""
        if shape.text is None:
            return []
        own = read_texts(iter(shape.text))
        reference = shape.text.first(records.TEXT_REFERENCE)
        if not own and reference is not None and len(reference.data) >= 4:
            number = struct.unpack_from("<i", reference.data)[0]
            return texts[number : number + 1] if number >= 0 else []
        return own

    def _table(self, shape: Shape, slide: SlideFile, texts: list[Text], place: tuple[int, int]) -> None:
        cells: list[TableCell] = []
        for cell, row, column, rows, columns in grid(tuple(child for child in shape.children if child.is_cell)):
            if row + rows > MAX_TABLE or column + columns > MAX_TABLE:
                raise Refusal("too_complex", "a table without end")
            lines = tuple(line for text in self._texts(cell, texts) for line in text.lines(self.addresses))
            cells.append(TableCell(row=row, column=column, lines=lines, rows=rows, columns=columns))
        slide.table(cells, place)

    def _picture(self, number: int) -> bytes:
        if not 0 < number <= len(self.picture_places):
            return b""
        found = record_at(self.pictures, self.picture_places[number - 1])
        if found is None or len(found.data) > MAX_PICTURE_BYTES:
            return b""
        starts = [start for mark in STARTS if (start := found.data.find(mark, 0, 64)) >= 0]
        return found.data[min(starts) :] if starts else b""

    def _footer(self, container: Record) -> str:
        own = container.first(records.MARGINS) or next(
            (one for one in self.document if one.kind == records.MARGINS and one.instance == 3), None
        )
        atom = own.first(records.MARGINS_ATOM) if own is not None else None
        if own is None or atom is None or len(atom.data) < 4 or not struct.unpack_from("<H", atom.data, 2)[0] & HAS_FOOTER:
            return ""
        return text_of(next((one for one in own if one.kind == records.STRING and one.instance == FOOTER), None))

    def _notes(self, container: Record) -> list[Line]:
        atom = container.first(records.SLIDE_ATOM)
        if atom is None or len(atom.data) < 20:
            return []
        notes = self._persisted(self.notes.get(struct.unpack_from("<I", atom.data, 16)[0], -1))
        lines: list[Line] = []
        for shape in self._shapes(notes) if notes is not None and notes.kind == records.NOTES else ():
            for text in self._texts(shape, []):
                if text.kind == NOTES_TEXT and text.text.strip():
                    lines += text.lines(self.addresses)
        return lines


def _read_edits(stream: bytes, current: bytes) -> tuple[dict[int, int], int]:
    """Return where each persisted object lies, as the last edit left it, and the number of the document."""
    if len(current) < 20:
        raise Refusal("damaged", "no current user")
    token, place = struct.unpack_from("<II", current, 12)
    if token == ENCRYPTED:
        raise Refusal("locked", "encrypted PPT")
    places: dict[int, int] = {}
    document = -1
    seen: set[int] = set()
    while place not in seen and len(seen) < MAX_EDITS:
        seen.add(place)
        edit = record_at(stream, place)
        if edit is None or edit.kind != records.EDIT or len(edit.data) < 20:
            break
        before, directory, number = struct.unpack_from("<III", edit.data, 8)
        if len(edit.data) >= 32:
            raise Refusal("locked", "encrypted PPT")
        document = number if document < 0 else document
        for key, value in _directory(stream, directory):
            places.setdefault(key, value)
        if not before:
            break
        place = before
    return places, document


def _directory(stream: bytes, place: int) -> Iterator[tuple[int, int]]:
    found = record_at(stream, place)
    if found is None or found.kind != records.PERSISTED:
        return
    position = 0
    while position + 4 <= len(found.data):
        head = struct.unpack_from("<I", found.data, position)[0]
        position += 4
        for number in range(head >> 20):
            if position + 4 > len(found.data):
                return
            yield (head & 0xFFFFF) + number, struct.unpack_from("<I", found.data, position)[0]
            position += 4


def _addresses(document: Record) -> Iterator[tuple[int, str]]:
    for objects in document:
        for link in objects if objects.kind == records.OBJECTS else ():
            atom = link.first(records.LINK_ATOM) if link.kind == records.LINK else None
            if atom is not None and len(atom.data) >= 4:
                address = next((one for one in link if one.kind == records.STRING and one.instance == ADDRESS), None)
                yield struct.unpack_from("<I", atom.data)[0], text_of(address)


def _picture_places(document: Record) -> list[int]:
    """Return where the pictures lie in their stream, in the order in which shapes number them."""
    group = document.first(records.DRAWING_GROUP)
    store = next(group.walk(records.PICTURES), None) if group is not None else None
    found = [one for one in store or () if one.kind == records.PICTURE]
    return [struct.unpack_from("<I", one.data, 28)[0] if len(one.data) >= 32 else len(one.data) + HEADER for one in found]


def _comments(container: Record) -> Iterator[str]:
    for comment in container.walk(records.COMMENT):
        strings = {one.instance: text_of(one) for one in comment if one.kind == records.STRING}
        author = strings.get(AUTHOR, "")
        if strings.get(WORDS):
            yield f"Comment{f' by {author}' if author else ''}: {strings[WORDS]}"
