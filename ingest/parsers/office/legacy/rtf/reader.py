"""Reads RTF into a DOCX: text, tables, lists, notes, headers, fields, equations, pictures; what it does not know it skips."""

import re
from dataclasses import dataclass, field, replace

from lxml import etree

from ingest.parsers.office.building.package import Properties
from ingest.parsers.office.building.word import WordFile
from ingest.parsers.office.legacy.rtf.colours import white_colours
from ingest.parsers.office.legacy.rtf.fonts import SYSTEMS, Fonts, codec_of_page
from ingest.parsers.office.legacy.rtf.form_field import FormField
from ingest.parsers.office.legacy.rtf.lists import Lists
from ingest.parsers.office.legacy.rtf.rows import RowWords
from ingest.parsers.office.legacy.rtf.state import State
from ingest.parsers.office.legacy.rtf.stories import Stories
from ingest.parsers.office.legacy.rtf.text import TextDecoder
from ingest.parsers.office.legacy.rtf.tokens import BYTES, CLOSE, OPEN, SYMBOL, WORD, Token, read_tokens
from ingest.parsers.office.legacy.rtf.words import BOXES, CHARACTERS, COLLECTED, KNOWN, MARGINS, NOTES, SKIPPED, SYMBOLS
from ingest.parsers.office.symbols import as_shown
from ingest.parsers.office.word.names import M, W
from ingest.parsers.refusal import Refusal

MAX_GROUPS = 5000  # that stand in each other
BAD_NAME = re.compile(r"[^A-Za-z0-9]")


@dataclass(slots=True)
class RtfReader:
    """Reads one file. `word`: the DOCX that it becomes."""

    word: WordFile = field(default_factory=WordFile)
    lists: Lists = field(default_factory=Lists)
    row: RowWords = field(default_factory=RowWords)
    state: State = field(default_factory=State)
    fonts: Fonts = field(default_factory=Fonts)
    text: TextDecoder = field(default_factory=TextDecoder)
    stories: Stories = field(init=False)
    _outer: list[State] = field(default_factory=list)
    _style: int = 0  # that is described
    _starred: bool = False
    _begins: bool = False  # the token before opened a group
    _info: dict[str, str] = field(default_factory=dict)
    _author: str = ""
    _form: FormField | None = None  # of the field whose instruction is read
    _comment: etree._Element | None = None
    _white: frozenset[int] = frozenset()  # numbers of colours

    def __post_init__(self) -> None:
        self.stories = Stories(self.word)

    def read(self, data: bytes) -> WordFile:
        """Return the document. Raises: Refusal: damaged, too_complex."""
        if not data.lstrip()[:5] == b"{\\rtf":
            raise Refusal("damaged", "no RTF")
        self._white = white_colours(data)
        self.stories.open(self.word.body)
        for token in read_tokens(data):
            self._take(token)
        self._flush()
        while self._outer:
            self._close()
        self.stories.close()
        self.lists.write(self.word)
        self.word.properties = Properties(title=self._info.get("title", ""), author=self._info.get("author", ""))
        return self.word

    def _take(self, token: Token) -> None:
        if token.kind == BYTES:
            self.text.add_bytes(token.data)
            self._begins = False
            return
        if not (token.kind == WORD and token.text == "u"):
            self._flush()
        begins, self._begins = self._begins, token.kind == OPEN or (token.kind == SYMBOL and token.text == "*")
        if token.kind == OPEN:
            if len(self._outer) > MAX_GROUPS:
                raise Refusal("too_complex", "groups in groups")
            self._outer.append(self.state)
            self.state, self.text.to_skip = self.state.inner(), 0
        elif token.kind == CLOSE:
            self.text.to_skip = 0
            self._close()
        elif token.kind == SYMBOL:
            self._symbol(token.text)
        elif self.text.to_skip > 0 and token.text != "u":
            self.text.to_skip -= 1
        else:
            self._word(token, begins=begins)
            self._starred = False

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif self.text.to_skip > 0:
            self.text.to_skip -= 1
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in SYMBOLS:
            self._emit(SYMBOLS[symbol])

    def _flush(self) -> None:
        for text in self.text.flush(self.state.codec):
            self._emit(text)

    def _emit(self, text: str) -> None:
        state = self.state
        if state.is_skipped:
            return
        text = as_shown(text, state.signs) if state.signs else text
        if state.sink is not None:
            state.sink.append(text)
        elif state.math is not None:
            etree.SubElement(state.math, f"{M}t").text = "".join(letter for letter in text if letter >= " ")
        else:
            self.word.text(self.stories.paragraph, text, state.look)

    # --- where a group ends ---

    def _close(self) -> None:
        if not self._outer:
            return
        closed, self.state = self.state, self._outer.pop()
        for what in reversed(closed.ends):
            if what == "story":
                self.stories.close()
            elif what == "field":
                self.word.field(self.stories.paragraph, "end")
            else:
                self._collected(what, closed)

    def _collected(self, what: str, closed: State) -> None:
        text = "".join(closed.sink or ())
        if what == "fldinst" and not self.state.is_skipped:
            self.word.field(self.stories.paragraph, "begin", text)
            self.word.field(self.stories.paragraph, "separate")
            if self._form is not None:
                self.word.text(self.stories.paragraph, self._form.shown, self.state.look)
            self._form = None
        elif what == "ffl" and self._form is not None:
            self._form.choices.append(text)
        elif what == "fonttbl":
            self.fonts.take_names(text)
        elif what in ("listtext", "pntext") and not self.state.is_skipped:
            self.stories.current.label = " ".join(text.split())
        elif what == "leveltext":
            self.lists.take_text(text)
        elif what in ("title", "author"):
            self._info[what] = text.strip()
        elif what == "atnauthor":
            self._author = text.strip()
        elif what == "atndate" and self._comment is not None and text.strip().lstrip("-").isdecimal():
            self._comment.set(f"{W}date", _date(int(text)))
        elif what == "objclass":
            self.word.embedded(self.stories.paragraph, text.strip())
        elif what == "pict" and not self.state.is_skipped:
            self._picture(text)
        elif what == "style":
            self.stories.styles[self._style] = text.strip().rstrip(";")
        elif what == "math" and closed.math is not None and str(closed.math.tag).endswith("Pr"):
            for part in closed.math:
                part.set(f"{M}val", "".join(part.itertext()))

    def _picture(self, text: str) -> None:
        try:
            data = bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", text.partition("\0")[0])) or text.partition("\0")[2].encode("latin-1")
        except ValueError:
            return
        if data:
            self.word.picture(self.stories.paragraph, data)

    # --- where a group begins ---

    def _destination(self, word: str) -> bool:
        """Handle the first control word of a group, which may say what the group is."""
        state = self.state
        is_starred, self._starred = self._starred, False
        if word in SKIPPED or (is_starred and word not in KNOWN):
            state.is_skipped = True
        elif state.is_skipped:
            return True
        elif word in ("title", "author") and state.sink is None:  # outside of the group "info"
            return False
        elif word in COLLECTED:
            state.sink = []
            state.ends.append(word)
            self._form = FormField() if word == "formfield" else self._form
        elif word in ("listtable", "listoverridetable", "info"):
            state.sink = []
        elif word in MARGINS:
            self._open_story(self.word.margin(word[:6]))
        elif word in NOTES and state.sink is None:
            self._note(NOTES[word])
        elif word in BOXES and state.sink is None:
            self._open_story(self.word.box(self.stories.paragraph))
        elif word == "field" and state.sink is None:
            state.ends.append("field")
        elif word in ("moMath", "moMathPara") or (state.math is not None and word[:1] == "m"):
            self._equation(word)
        else:
            return False
        return True

    def _open_story(self, element: etree._Element) -> None:
        self.state.plain_paragraph()
        self.stories.open(element)
        self.state.ends.append("story")

    def _note(self, kind: str) -> None:
        story = self.stories.current
        is_marked = kind != "comment" and not story.has_counted_mark
        story.has_counted_mark = False
        note = self.word.note(story.paragraph, kind, is_marked=is_marked, author=self._author)
        self._comment = note if kind == "comment" else None
        self.state.plain_characters(self.state.codec)
        self._open_story(note)

    def _equation(self, word: str) -> None:
        name = BAD_NAME.sub("", word[1:]) or "e"
        above = self.state.math if self.state.math is not None else self.stories.paragraph
        self.state.math = etree.SubElement(above, f"{M}{name}")
        self.state.ends.append("math")

    # --- control words ---

    def _word(self, token: Token, *, begins: bool) -> None:
        word, number = token.text, token.number
        if begins and self._destination(word):
            return
        if self.state.is_skipped:
            return
        if word == "bin":
            if self.state.sink is not None:
                self.state.sink.append("\0" + token.data.decode("latin-1"))
        elif word == "u":
            self.text.add_unit(number or 0, fallback=self.state.fallback)
        elif word == "uc":
            self.state.fallback = max(0, number or 0)
        elif self.state.sink is not None:
            self._described(word, number)
        elif word == "cf":
            self.state.look = replace(self.state.look, is_white=(number or 0) in self._white)
        elif not (self.state.take_character_word(word, number) or self._character(word, number) or self._paragraph(word, number)):
            self._other(word, number)

    def _described(self, word: str, number: int | None) -> None:
        """Take a word in a group that describes: a font, a style, a list, a picture."""
        if word == "f":
            self.state.codec = self.fonts.describe(number or 0)
        elif word == "fcharset":
            self.state.codec = self.fonts.set_charset(number or 0)
        elif word == "s":
            self._style = number or 0
            self.state.sink = []
            self.state.ends.append("style")
        elif word in CHARACTERS and self.state.sink is not None:
            self.state.sink.append(CHARACTERS[word])
        elif word[:2] == "ff" and self._form is not None:
            self._form.take(word, number)
        else:
            self.lists.take(word, number)

    def _character(self, word: str, number: int | None) -> bool:
        if word == "plain":
            self.state.plain_characters(self.fonts.plain_codec)
        elif word in ("f", "af"):
            self.state.codec = self.fonts.codec_of(number or 0)
            self.state.signs = self.fonts.signs_of(number or 0)
        elif word in CHARACTERS:
            self._emit(CHARACTERS[word])
        else:
            return False
        return True

    def _paragraph(self, word: str, number: int | None) -> bool:
        if self.state.take_paragraph_word(word, number):
            return True
        if word in ("par", "sect"):
            self._end_paragraph()
        elif word in ("cell", "nestcell"):
            depth = 1 if word == "cell" else max(2, self.state.nesting)
            self._end_paragraph(depth=depth)
            self.stories.current.tables.end_cell(depth)
        elif word in ("row", "nestrow"):
            self.stories.current.tables.end_row(1 if word == "row" else max(2, self.state.nesting), self.row.shape)
        else:
            return self.row.take(word, number)
        return True

    def _other(self, word: str, number: int | None) -> None:
        if word == "ansicpg" and number:
            self.fonts.codec = self.state.codec = codec_of_page(number)
        elif word in SYSTEMS:
            self.fonts.codec = self.state.codec = SYSTEMS[word]
        elif word == "deff":
            self.fonts.default = number or 0
        elif word == "chftn" and self.stories.is_in_body:
            self.stories.current.has_counted_mark = True

    def _end_paragraph(self, *, depth: int | None = None) -> None:
        if not self.state.is_skipped and self.state.sink is None:
            self.stories.end_paragraph(self.state, is_numbered=self.state.list_id in self.lists.list_of, depth=depth)


def _date(stamp: int) -> str:
    """Return the day of a DTTM: bits 11 to 15 day, 16 to 19 month, 20 to 28 year since 1900 (MS-DOC 2.9.68)."""
    stamp &= 0xFFFFFFFF
    return f"{1900 + (stamp >> 20 & 0x1FF):04}-{stamp >> 16 & 15:02}-{stamp >> 11 & 31:02}"
