"""A PDF page before its layout is understood: words on lines, rules and grids, in points from the top left of the page."""

import re
from dataclasses import dataclass, field

from ingest.parsers.cleaning import CJK
from ingest.parsers.pdf.forms.annotations import Annotations
from ingest.parsers.pdf.reading_order.turning import turned_back
from ingest.parsers.pdf.tables.rules import Grid, Rule

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom
PIECE = re.compile(rf"[{CJK}]|[^\s{CJK}]+")  # a character of a script without spaces, or a word


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or one character of a script without spaces. `spaced`: white space stood before it.

    `turn`: where it does not stand upright; its edges are those of the page turned for it (`reading_order.turning`).
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool = True
    turn: int = 0

    def upright(self, *, width: float, height: float) -> "Word":
        """Return the word where it stands on the page as it is. `width`, `height`: of the page."""
        if not self.turn:
            return self
        edges = turned_back((self.left, self.top, self.right, self.bottom), self.turn, width=width, height=height)
        return Word(self.text, *edges, self.spaced)


@dataclass(slots=True)
class Line:
    """Words on one baseline. `size`: the height of its characters in points, about 1.15 times the font size.

    `bold`: its first word is. `is_mixed`: its last word is not, as a value behind its label. `apart`: a form field or a note, which
    belongs to no paragraph.
    """

    words: list[Word]
    bold: bool = False
    hyphenated: bool = False  # ends in a hyphen that only the line break needs
    apart: bool = False
    is_mixed: bool = False

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    size: float = 0.0
    characters: int = 0

    def __post_init__(self) -> None:
        self.left = min(word.left for word in self.words)
        self.top = min(word.top for word in self.words)
        self.right = max(word.right for word in self.words)
        self.bottom = max(word.bottom for word in self.words)
        heights = sorted(word.bottom - word.top for word in self.words)
        self.size = heights[len(heights) // 2]
        self.characters = sum(len(word.text) for word in self.words)

    @property
    def turn(self) -> int:
        return self.words[0].turn

    @property
    def text(self) -> str:
        return "".join((" " if word.spaced and i else "") + word.text for i, word in enumerate(self.words))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on a page. `key`: of its data, the same wherever it stands."""

    box: Rectangle
    key: bytes


@dataclass(slots=True)
class RawPage:
    """A page before its layout is understood. `objects`: how many things are drawn on it."""

    number: int
    width: float
    height: float
    label: str = ""
    lines: list[Line] = field(default_factory=list)
    grids: tuple[Grid, ...] = ()
    strokes: tuple[Rule, ...] = ()  # horizontal lines, those of grids too
    bars: tuple[Rule, ...] = ()  # these, and the upper and lower edges of shaded boxes
    turned_grids: dict[int, tuple[Grid, ...]] = field(default_factory=dict)  # those of sideways text, by its turn
    pictures: tuple[Picture, ...] = ()  # those that are large enough to hold a text
    objects: int = 0
    hidden: int = 0
    annotations: Annotations = field(default_factory=Annotations)
    unmapped: int = 0  # lines whose font does not say which characters its glyphs are

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)
