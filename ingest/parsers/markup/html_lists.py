"""The marks that a browser puts before the items of a list: bullets, numbers, letters, 一、."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from ingest.parsers.markup.html_styles import PageStyles, list_style
from ingest.parsers.office.word.numerals import write_number

BY_TYPE = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
BY_STYLE = {
    **dict.fromkeys(("lower-alpha", "lower-latin"), "lowerLetter"),
    **dict.fromkeys(("upper-alpha", "upper-latin"), "upperLetter"),
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "decimal-leading-zero": "decimalZero",
    **dict.fromkeys(("cjk-ideographic", "simp-chinese-informal", "trad-chinese-informal", "cjk-decimal"), "chineseCounting"),
    **dict.fromkeys(("simp-chinese-formal", "trad-chinese-formal"), "chineseLegalSimplified"),
    "cjk-heavenly-stem": "ideographTraditional",
    "cjk-earthly-branch": "ideographZodiac",
}
IDEOGRAPHS = frozenset(("chineseCounting", "chineseLegalSimplified", "ideographTraditional", "ideographZodiac"))
MAX_DIGITS = 6


@dataclass(slots=True)
class OpenList:
    """A list that is being read. `next`: number of its next item; None for bullets."""

    next: int | None = None
    form: str = "decimal"
    step: int = 1

    def mark(self, item: LexborNode) -> str:
        """Return what stands before an item, and count it."""
        if self.next is None:
            return "- "
        number = _whole(item, "value", self.next)
        self.next = number + self.step
        form = BY_TYPE.get((item.attributes.get("type") or "").strip(), self.form)
        return f"{write_number(number, form)}{'、' if form in IDEOGRAPHS else '. '}"


def open_list(node: LexborNode, styles: PageStyles) -> OpenList:
    """Return the list that begins with an element <ol> or <ul>."""
    if node.tag != "ol":
        return OpenList()
    style = list_style(node.attributes.get("style") or "") or styles.numbers.get(node.mem_id, "")
    form = BY_STYLE.get(style) or BY_TYPE.get((node.attributes.get("type") or "").strip(), "decimal")
    if "reversed" in node.attributes:
        items = sum(child.tag == "li" for child in node.iter())
        return OpenList(next=_whole(node, "start", items), form=form, step=-1)
    return OpenList(next=_whole(node, "start", 1), form=form)


def _whole(node: LexborNode, name: str, otherwise: int) -> int:
    text = (node.attributes.get(name) or "").strip()
    return (
        int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < MAX_DIGITS else otherwise
    )
