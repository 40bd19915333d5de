"""What holds at a place of an RTF file; a group ends with what held before it."""

from dataclasses import dataclass, field, replace

from lxml import etree

from ingest.parsers.office.building.word import PLAIN, Look

RISES = {"super": "superscript", "sub": "subscript", "nosupersub": "", "up": "superscript", "dn": "subscript"}
MIN_RISE = 4  # half points, as in a DOCX
DEFAULT_RISE = 6  # of "\\up" and "\\dn" without a number


@dataclass(slots=True)
class State:
    """`sink`: where text goes that is none of the document's, None in the document. `is_skipped`: it goes nowhere.

    `depth`: in how many tables a paragraph stands. `math`: the part of an equation that is read. `fallback`: how many characters
    stand behind a Unicode character for readers that know none. `signs`: the font, where it draws signs instead of letters.
    """

    sink: list[str] | None = None
    is_skipped: bool = False
    codec: str = "cp1252"
    signs: str = ""
    fallback: int = 1
    look: Look = PLAIN
    style: int = 0
    list_id: int = 0
    list_level: int = 0
    outline: int | None = None
    is_in_table: bool = False
    nesting: int = 0
    math: etree._Element | None = None
    ends: list[str] = field(default_factory=list)  # what to do where this group ends; never shared with another group

    @property
    def depth(self) -> int:
        return max(self.nesting, 1) if self.is_in_table else self.nesting

    def inner(self) -> "State":
        """Return what holds where a group begins."""
        return replace(self, ends=[])

    def plain_characters(self, codec: str) -> None:
        """Forget how characters stand (\\plain)."""
        self.look, self.codec, self.signs = Look(is_deleted=self.look.is_deleted), codec, ""

    def plain_paragraph(self) -> None:
        """Forget what a paragraph is (\\pard)."""
        self.style, self.list_id, self.list_level, self.outline = 0, 0, 0, None
        self.is_in_table, self.nesting = False, 0

    def take_character_word(self, word: str, number: int | None) -> bool:
        """Take a control word that says how characters stand. Returns: whether it was one."""
        if word in ("strike", "striked"):
            self.look = replace(self.look, is_struck=number != 0)
        elif word == "v":
            self.look = replace(self.look, is_hidden=number != 0)
        elif word == "deleted":
            self.look = replace(self.look, is_deleted=number != 0)
        elif word in RISES:
            is_on = number != 0 and (word not in ("up", "dn") or (DEFAULT_RISE if number is None else number) >= MIN_RISE)
            self.look = replace(self.look, rise=RISES[word] if is_on else "")
        else:
            return False
        return True

    def take_paragraph_word(self, word: str, number: int | None) -> bool:
        """Take a control word that says what a paragraph is. Returns: whether it was one."""
        if word == "pard":
            self.plain_paragraph()
        elif word == "s":
            self.style = number or 0
        elif word == "ls":
            self.list_id = number or 0
        elif word == "ilvl":
            self.list_level = max(0, number or 0)
        elif word == "outlinelevel":
            self.outline = number
        elif word == "intbl":
            self.is_in_table = number != 0
        elif word == "itap":
            self.nesting = max(0, number or 0)
        else:
            return False
        return True
