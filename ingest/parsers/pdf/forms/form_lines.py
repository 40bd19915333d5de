"""Filled form fields and notes as lines of a page: each field with what the page, its tip or its name calls it."""

import re
from collections.abc import Iterable

from ingest.parsers.cleaning import CJK
from ingest.parsers.pdf.forms.annotations import FormField, Note, Rectangle
from ingest.parsers.pdf.page import PIECE, Line, RawPage, Word

WIDEST_GAP = 250.0  # points between a field and its label on the same line
ABOVE = 1.6  # heights of a line: so near above its field a label stands
FAR = 8.0  # heights of a line: a gap within a line that parts two labels
CHINESE = re.compile(rf"[{CJK}]")
MAX_LABEL_WORDS = 25
MAX_MARKED = 160  # characters of the words that a note belongs to


def place_annotations(page: RawPage) -> None:
    """Put the filled fields and the notes of a page among its lines, in place. Labels go from the text into their fields' lines."""
    annotations = page.annotations
    if annotations.fields:
        _FormLines(page).place(annotations.fields)
    for note in annotations.notes:
        page.lines.append(_note_line(page, note))


def _note_line(page: RawPage, note: Note) -> Line:
    marked = " ".join(word.text for line in page.lines for word in line.words if _is_in(word, note.marks))[:MAX_MARKED]
    chinese = CHINESE.search(note.text)
    head = ("批注" if chinese else "Note") + (f" ({note.author})" if note.author else "") + (f" “{marked}”" if marked else "")
    return _line(f"{head}{'：' if chinese else ':'} {note.text}", note.box)


def _is_in(word: Word, boxes: Iterable[Rectangle]) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)


def _line(text: str, box: Rectangle, before: Iterable[Word] = ()) -> Line:
    """Return a line of its own: the words of `before` where they stand, then those of `text`, all at `box`."""
    words, end = list(before), -1
    for match in PIECE.finditer(text):
        words.append(Word(match.group(), *box, spaced=match.start() != end))
        end = match.end()
    return Line(words, apart=True)


class _FormLines:
    """Finds what the fields of one page are called, and writes their lines."""

    def __init__(self, page: RawPage) -> None:
        self.page = page
        self.used: set[int] = set()  # words that became labels, by their id
        self.size = page.lines[0].size if page.lines else 12.0

    def place(self, fields: tuple[FormField, ...]) -> None:
        if not any(field.value or field.is_checked for field in fields):
            return  # nobody filled it in: an empty box says nothing
        self.boxes = [field.box for field in fields]
        ordered = sorted(fields, key=lambda field: (round(field.box[1] / 6), field.box[0]))
        radios = {field.name for field in fields if field.is_radio}
        lines: list[Line] = []
        for field in ordered:
            if field.is_radio:
                if field.name in radios:
                    radios.discard(field.name)
                    lines += self._choice([other for other in ordered if other.is_radio and other.name == field.name])
            elif self._in_grid(field) or self._in_rows(field):
                lines.append(_cell_line(field))
            else:
                lines.append(self._single(field))
        self._insert(lines)

    def _in_grid(self, field: FormField) -> bool:
        left, top, right, bottom = field.box
        return any(grid.cell_at((left + right) / 2, (top + bottom) / 2) for grid in self.page.grids)

    def _in_rows(self, field: FormField) -> bool:
        """Tell whether a field stands in rows and columns of fields without words between them: a table to be filled."""
        left, top, right, bottom = field.box
        size = bottom - top
        level = [box for box in self.boxes if box != field.box and abs(box[1] - top) < 3 and abs(box[3] - bottom) < 3]
        below = [box for box in self.boxes if box != field.box and abs(box[0] - left) < 3 and abs(box[2] - right) < 3]
        beside = any(
            0 <= max(box[0] - right, left - box[2]) < 2 * size
            and not self._has_words(min(right, box[2]), max(top, box[1]), max(left, box[0]), min(bottom, box[3]))
            for box in level
        )
        return beside and any(
            0 <= max(box[1] - bottom, top - box[3]) < size
            and not self._has_words(max(left, box[0]), min(bottom, box[3]), min(right, box[2]), max(top, box[1]))
            for box in below
        )

    def _has_words(self, left: float, top: float, right: float, bottom: float) -> bool:
        return any(
            left < (word.left + word.right) / 2 < right and top < (word.top + word.bottom) / 2 < bottom
            for line in self.page.lines
            for word in line.words
        )

    def _single(self, field: FormField) -> Line:
        words = self._beside(field, right_first=field.is_button)
        label = _called(words, field)
        value = field.value
        if field.is_button:
            yes, no = ("是", "否") if CHINESE.search(label or _text(words)) else ("yes", "no")
            value = f"☑ {yes}" if field.is_checked else f"☐ {no}"
        return self._labelled(words, label, value, field.box)

    def _choice(self, fields: list[FormField]) -> list[Line]:
        """Return the line of a group of radio buttons, the chosen one marked; none where nothing is chosen."""
        if not any(field.is_checked for field in fields):
            return []
        options = []
        for field in fields:
            words = self._beside(field, right_first=True, only_right=True)
            self.used.update(map(id, words))
            options.append(("☑ " if field.is_checked else "☐ ") + (_text(words) or field.export or field.value or field.name))
        words = self._beside(fields[0], right_first=False)
        label = _called(words, fields[0])
        box = next(field.box for field in fields if field.is_checked)
        return [self._labelled(words, label, "; ".join(options), box)]

    def _labelled(self, words: list[Word], label: str, value: str, box: Rectangle) -> Line:
        """Return a field's line. `label`: what it is called where that is not what stands on the page beside it."""
        shown = _text(words)
        if label and _plain(shown) and _plain(shown) not in _plain(label):
            words = []  # the page says something else there: both stay
        self.used.update(map(id, words))
        if label:
            return _line(f"{label.rstrip(' :：')}{'：' if CHINESE.search(label) else ':'} {value}", box)
        colon = "" if shown.endswith((":", "：", "?", "？")) else "：" if CHINESE.search(shown) else ":"
        *rest, last = words
        return _line(value, box, [*rest, Word(last.text + colon, last.left, last.top, last.right, last.bottom, last.spaced)])

    def _beside(self, field: FormField, *, right_first: bool, only_right: bool = False) -> list[Word]:
        """Return the words that the page calls a field by: left of it, right of a button, or above."""
        left, right = self._on_line(field.box, to_right=False), self._on_line(field.box, to_right=True)
        if only_right:
            return right
        if right_first and right and not (left and _text(left).endswith((":", "：", "?", "？"))):
            gap_right = right[0].left - field.box[2]
            gap_left = field.box[0] - left[-1].right if left else WIDEST_GAP
            if gap_right <= gap_left or gap_right < self.size:
                return right
        return left or self._above(field.box)

    def _on_line(self, box: Rectangle, *, to_right: bool) -> list[Word]:
        """Return the nearest run of words beside a rectangle, on its line, that no other field parts from it."""
        left, top, right, bottom = box
        words = sorted(
            (
                word
                for line in self.page.lines
                for word in line.words
                if not line.apart
                and not line.turn
                and id(word) not in self.used
                and min(bottom, word.bottom) - max(top, word.top) > 0.5 * min(bottom - top, word.bottom - word.top)
                and (word.left >= right - 1 if to_right else word.right <= left + 1)
            ),
            key=lambda word: word.left if to_right else -word.right,
        )
        found: list[Word] = []
        edge = right if to_right else left
        for word in words:
            gap = word.left - edge if to_right else edge - word.right
            if gap > (FAR / 4 * (word.bottom - word.top) if found else WIDEST_GAP) or self._parted(edge, word, box):
                break
            found.append(word)
            edge = word.right if to_right else word.left
        return (found if to_right else found[::-1])[:MAX_LABEL_WORDS]

    def _parted(self, edge: float, word: Word, own: Rectangle) -> bool:
        """Tell whether another field stands between an edge and a word on the same line."""
        low, high = sorted((edge, (word.left + word.right) / 2))
        return any(
            box != own and low < (box[0] + box[2]) / 2 < high and min(box[3], word.bottom) - max(box[1], word.top) > 2
            for box in self.boxes
        )

    def _above(self, box: Rectangle) -> list[Word]:
        left, top, right, _ = box
        for line in sorted(self.page.lines, key=lambda line: -line.bottom):
            if line.apart or line.turn or not -0.3 * line.size <= top - line.bottom <= ABOVE * line.size:
                continue
            words = [word for word in line.words if word.left < right and word.right > left and id(word) not in self.used]
            if words:
                return words[:MAX_LABEL_WORDS]
        return []

    def _insert(self, lines: list[Line]) -> None:
        """Take the labels out of the page's lines, and put each field's line where its field stands."""
        kept: list[Line] = []
        for line in self.page.lines:
            words = [word for word in line.words if id(word) not in self.used]
            if len(words) == len(line.words):
                kept.append(line)
            elif words:
                kept.append(Line(words, bold=line.bold, hyphenated=line.hyphenated))
        for line in lines:
            bottom, middle = line.words[-1].bottom, (line.words[-1].top + line.words[-1].bottom) / 2
            position = next((at for at, other in enumerate(kept) if not other.apart and other.top >= bottom - 1), len(kept))
            while not line.apart and position and _is_right_of(kept[position - 1], line, middle):
                position -= 1  # cells of one row, from left to right
            kept.insert(position, line)
        self.page.lines = kept


def _is_right_of(other: Line, line: Line, middle: float) -> bool:
    return not other.apart and other.top < middle < other.bottom and other.left > line.right


def _cell_line(field: FormField) -> Line:
    """Return the value of a field as words of the page, so that it becomes a cell of the table around it."""
    text = field.value or ("☑" if field.is_checked else "☐")
    left, top, right, bottom = field.box
    width = min(0.5 * min(bottom - top, 12.0) * len(text), 0.9 * (right - left))
    box = (left + 1, top + 1, max(left + 2, left + width), max(top + 2, bottom - 1))
    return Line([Word(word.text, *box, word.spaced) for word in _line(text, box).words])


def _text(words: list[Word]) -> str:
    return "".join((" " if word.spaced and number else "") + word.text for number, word in enumerate(words))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _called(words: list[Word], field: FormField) -> str:
    """Return a field's tip where it says more than the words beside it, its name where there are none; empty: the words serve."""
    shown = _plain(_text(words))
    if shown:
        return field.tip if field.tip and _plain(field.tip) not in shown else ""
    return field.tip or _spoken_name(field.name)


def _spoken_name(name: str) -> str:
    """Return a field's name as words: "form1.page[0].costCentre_1" reads "cost Centre 1"."""
    last = re.sub(r"\[\d+\]", "", name).rpartition(".")[2] or name
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[_]+", " ", last).split())
