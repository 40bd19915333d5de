"""Which code page the bytes of an RTF file are in: the document's own, or that of their font."""

import codecs
from dataclasses import dataclass, field

# Character sets of fonts (RTF 1.9.1, "Font Table") by their Python names; others are the document's own.
CHARSETS = {77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254"}
CHARSETS |= {163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437"}
CODE_PAGES = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 708: "cp864", 1361: "johab"}
SIGNS = 2  # the character set of fonts that draw signs instead of letters
CHARSETS |= {SIGNS: "latin-1"}
SYSTEMS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


@dataclass(slots=True)
class Fonts:
    """The table of fonts. `codec`: the document's own code page, by its Python name. `default`: number of plain text's font."""

    codec: str = "cp1252"
    default: int = -1
    _codecs: dict[int, str] = field(default_factory=dict)
    _described: int = 0
    _order: list[int] = field(default_factory=list)
    _signs: set[int] = field(default_factory=set)
    _names: dict[int, str] = field(default_factory=dict)

    def codec_of(self, number: int) -> str:
        return self._codecs.get(number, self.codec)

    @property
    def plain_codec(self) -> str:
        return self.codec_of(self.default)

    def describe(self, number: int) -> str:
        """Begin the description of a font. Returns: its code page as far as it is known."""
        self._described = number
        self._order.append(number)
        return self.codec_of(number)

    def set_charset(self, charset: int) -> str:
        """Set the character set of the font that is described. Returns: its code page."""
        if charset == SIGNS:
            self._signs.add(self._described)
        self._codecs[self._described] = CHARSETS.get(charset, self.codec)
        return self._codecs[self._described]

    def take_names(self, text: str) -> None:
        """Take the names of all fonts, in the order of their descriptions, each ended by a semicolon."""
        self._names.update(zip(self._order, (name.strip() for name in text.split(";")), strict=False))

    def signs_of(self, number: int) -> str:
        """Return the name of a font that draws signs instead of letters, "" for others."""
        return self._names.get(number, "") if number in self._signs else ""


def codec_of_page(page: int) -> str:
    """Return the Python name of a Windows code page; cp1252 for one that Python does not know."""
    try:
        return codecs.lookup(CODE_PAGES.get(page, f"cp{page}")).name
    except LookupError:
        return "cp1252"
