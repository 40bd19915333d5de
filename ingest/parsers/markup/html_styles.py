"""What the rules of a page say of its elements: struck out, hidden, raised, lowered, how a list is numbered.

The rules stand in its own <style>, or beside it in the same file: in a book, in a web archive.

Attributes of an element say the same in its `style`, so both are read by the same expressions.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

# Of lower case, and not compiled: most pages need none of them, and to compile them takes longer than to read a page.
LINE_THROUGH = r"text-decoration(?:-line)?\s*:[^;}]*line-through"
NOT_SHOWN = r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden)"
VERTICAL = r"(?<![\w-])vertical-align\s*:\s*(?:(?P<word>super|sub)\b|(?P<size>-?[\d.]+))"
EDGE = r"(?<![\w-])vertical-align\s*:\s*(?:text-)?(?P<edge>top|bottom)\b"  # raises and lowers what is smaller
SHIFTED = r"(?<![\w-])(?P<edge>top|bottom)\s*:\s*(?P<sign>-?)[\d.]*[1-9]"
SMALLER = r"font(?:-size)?\s*:[^;}]*(?:small|(?<![\d.])0?\.\d|\b[5-9]\d(?:\.\d+)?%|\b[5-9](?:\.\d+)?p[xt])"
SMALL_FONTS = frozenset(("1", "2", "-1", "-2"))
MARK = r"\W*(?:\d{1,3}|[a-z])?\W*"  # what may be a mark; other small words at the upper edge are a label
LIST_STYLE = r"list-style(?:-type)?\s*:[^;}]*?\b([a-z]+(?:-[a-z]+)+|decimal|disc|circle|square)\b"
WHITE = r"(?<![\w-])color\s*:\s*(?:white\b|#(?:f[c-f]){3}\b|#fff\b|rgba?\(\s*25[2-5]\s*,\s*25[2-5]\s*,\s*25[2-5]\b)"
CLEAR = r"(?<![\w-])opacity\s*:\s*(?:0|0?\.0\d*|0%)(?![.\d%])"
TINY = r"(?<![\w-])font-size\s*:\s*(?:0(?![.\d])|(?:0?\.\d+|1(?:\.0+)?)p[xt]\b)"
SIZED = r"(?<![\w-])font(?:-size)?\s*:"
MOVING = r"(?<![\w-])(?:animation|transition)[\w-]*\s*:"  # what comes to be seen
FAR = r"(?<![\w-])(?:left|top|text-indent|margin-left)\s*:\s*-\d{3,}(?:\.\d+)?(?:px|pt|r?em|vw|%)"
PLACED = r"(?<![\w-])position\s*:\s*(?:absolute|fixed)"
GROUND = "[style*=background], [bgcolor], [background]"  # what may give white words a ground of a colour
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IN_USE = re.compile(r":(?:hover|focus|active|visited|checked|target|disabled|:)")
CONDITION = re.compile(r"@(?:media|supports|container)\b[^{]*\{")
INTERESTING = (
    "line-through",
    "vertical-align",
    "display",
    "visibility",
    "list-style",
    "position",
    "opacity",
    "font-size",
    "text-indent",
)
MAX_RULES = 5000
MAX_SHEETS = 20
MAX_SHEET_BYTES = 2 << 20
ON_SCREEN = re.compile(r"(?:all|screen)?", re.IGNORECASE)  # the devices for which a sheet counts here
Load = Callable[[str], bytes]  # of an address in the file; b"" where there is no such part


@dataclass(frozen=True, slots=True)
class PageStyles:
    """Elements by their mem_id. `is_static`: nothing on the page opens what it hides. `numbers`: the list-style-type of lists.

    `is_white`: the page is white all over, so that nobody sees white words.
    """

    struck: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    raised: frozenset[int] = frozenset()
    lowered: frozenset[int] = frozenset()
    numbers: dict[int, str] = field(default_factory=dict)
    white: frozenset[int] = frozenset()
    is_static: bool = True
    is_white: bool = False

    def level(self, node: LexborNode, style: str) -> int:
        """Return 1 where an element stands raised, -1 where lowered, 0 otherwise. `style`: its own attribute."""
        found = (level_in(style) or _edge_level(node, style)) if style else 0
        return found or int(node.mem_id in self.raised) - int(node.mem_id in self.lowered)


def read_styles(tree: LexborHTMLParser, load: Load | None = None) -> PageStyles:
    """Return what the page's rules say. What a rule hides counts only where no script and no switch of the page can show it.

    `load`: gives what lies beside the page in a file.
    """
    found: dict[str, set[int]] = {name: set() for name in ("struck", "hidden", "raised", "lowered", "white")}
    sheets = list(_sheets(tree, load))
    is_white = tree.css_first(GROUND) is None and not any(sheet is None or "background" in sheet for sheet in sheets)
    numbers: dict[int, str] = {}
    tiny: list[LexborNode] = []
    opens = tree.css_first("[onclick]") is not None or any(map(_runs, tree.css("script")))
    for selectors, body, is_conditional in _rules(sheets, (*INTERESTING, "color") if is_white else INTERESTING):
        opens = opens or bool(re.search(r":(?:checked|target|focus|hover)", selectors) and "display" in body)
        names = _names(body, is_conditional=is_conditional)
        names += ["white"] if is_white and writes_white(body) else []
        kind = list_style(body)
        is_edge = "vertical-align" in body.lower() and re.search(EDGE, body.lower()) is not None
        is_tiny = "font-size" in body.lower() and re.search(TINY, body.lower()) is not None
        if not is_tiny and not is_conditional and hides(body):
            names.append("hidden")
        if not names and not kind and not is_edge and not is_tiny:
            continue
        for node in _matching(tree, selectors):
            level = _edge_level(node, body) if is_edge else 0
            for name in [*names, "raised" if level > 0 else "lowered"] if level else names:
                found[name].add(node.mem_id)
            if kind:
                numbers[node.mem_id] = kind
            if is_tiny and not is_conditional:
                tiny.append(node)
    found["hidden"] |= _all_tiny(tree, tiny, sheets) if tiny else set()
    if opens:
        found["hidden"] = set()
    sets = {name: frozenset(ids) for name, ids in found.items()}
    return PageStyles(**sets, numbers=numbers, is_static=not opens, is_white=is_white)


def _all_tiny(tree: LexborHTMLParser, tiny: list[LexborNode], sheets: list[str | None]) -> set[int]:
    """Return which elements of a tiny font hold nothing that has a font of its own: a row of boxes is closed up by such a font."""
    sized = {
        node.mem_id
        for selectors, body, _ in _rules(sheets, ("font",))
        if re.search(SIZED, body.lower()) and not re.search(TINY, body.lower())
        for node in _matching(tree, selectors)
    }
    return {
        node.mem_id
        for node in tiny
        if node.mem_id not in sized
        and not any(
            inner.mem_id in sized or re.search(SIZED, ((inner.attributes or {}).get("style") or "").lower())
            for inner in node.css("*")
            if inner.mem_id != node.mem_id
        )
    }


def strikes(style: str) -> bool:
    """True for declarations that strike text through."""
    style = style.lower()
    return "line-through" in style and re.search(LINE_THROUGH, style) is not None


def hides(style: str) -> bool:
    """True for declarations that let text stand where nobody sees it: clear, tiny or far outside of the page."""
    style = style.lower()
    if "opacity" in style and re.search(CLEAR, style) and not re.search(MOVING, style):
        return True
    if "font-size" in style and re.search(TINY, style):
        return True
    far = re.search(FAR, style) if "-" in style else None
    return far is not None and ("indent" in far[0] or re.search(PLACED, style) is not None)


def writes_white(style: str) -> bool:
    """True for declarations that write in white."""
    style = style.lower()
    return "color" in style and re.search(WHITE, style) is not None


def list_style(style: str) -> str:
    """Return the list-style-type of declarations, "" where they say none."""
    style = style.lower()
    match = re.search(LIST_STYLE, style) if "list-style" in style else None
    return match[1] if match else ""


def level_in(style: str) -> int:
    """Return 1 where declarations raise text beside other text, -1 where they lower it, 0 otherwise."""
    style = style.lower()
    if "vertical-align" in style and (match := re.search(VERTICAL, style)):
        if match["word"]:
            return 1 if match["word"] == "super" else -1
        size = float(match["size"]) if re.fullmatch(r"-?\d*\.?\d+", match["size"]) else 0.0
        return (size > 0) - (size < 0) if "%" in style or re.search(SMALLER, style) else 0
    is_shifted = "relative" in style and "position" in style
    shift = re.search(SHIFTED, style) if is_shifted and re.search(SMALLER, style) else None
    if shift is None:
        return 0
    return 1 if (shift["edge"] == "top") == bool(shift["sign"]) else -1


def _edge_level(node: LexborNode, style: str) -> int:
    """Return the level of a small mark that declarations put to the upper or the lower edge of its line, 0 for anything else."""
    style = style.lower()
    match = re.search(EDGE, style) if "vertical-align" in style else None
    if match is None:
        return 0
    attributes = node.attributes or {}
    is_small = node.tag == "small" or (node.tag == "font" and (attributes.get("size") or "") in SMALL_FONTS)
    if not is_small and not re.search(SMALLER, f"{style};{(attributes.get('style') or '').lower()}"):
        return 0
    return (1 if match["edge"] == "top" else -1) if re.fullmatch(MARK, node.text().strip().lower()) else 0


def _names(body: str, *, is_conditional: bool) -> list[str]:
    names = ["struck"] if strikes(body) else []
    names += ["hidden"] if not is_conditional and re.search(NOT_SHOWN, body.lower()) else []
    level = level_in(body)
    return [*names, "raised" if level > 0 else "lowered"] if level else names


def _runs(script: LexborNode) -> bool:
    return "json" not in ((script.attributes or {}).get("type") or "")


def _sheets(tree: LexborHTMLParser, load: Load | None) -> Iterator[str | None]:
    """Yield the texts of the page's rules, None for those that lie elsewhere."""
    for node in tree.css("style, link[rel~=stylesheet]:not([rel~=alternate])")[:MAX_SHEETS]:
        attributes = node.attributes or {}
        if not ON_SCREEN.fullmatch((attributes.get("media") or "").strip()):
            continue
        if node.tag == "style":
            yield node.text(deep=True)
            continue
        address = attributes.get("href") or ""
        data = load(address)[:MAX_SHEET_BYTES] if load is not None and address else b""
        yield data.decode("utf-8", "replace") if data else None


def _rules(sheets: list[str | None], interesting: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Yield selectors, declarations, and whether the rule holds on some devices alone."""
    for sheet in sheets:
        rules = CSS_COMMENT.sub("", sheet or "")
        lower = rules.lower()
        if not any(word in lower for word in interesting):
            continue
        conditions = [(match.start(), _end_of(rules, match.start())) for match in CONDITION.finditer(rules)]
        for match in list(RULE.finditer(rules))[:MAX_RULES]:
            is_conditional = any(start < match.start() < end for start, end in conditions)
            yield match[1].rsplit(";", 1)[-1], match[2], is_conditional


def _end_of(rules: str, start: int) -> int:
    depth = 0
    for position in range(rules.find("{", start), len(rules)):
        depth += (rules[position] == "{") - (rules[position] == "}")
        if not depth:
            return position
    return len(rules)


def _matching(tree: LexborHTMLParser, selectors: str) -> Iterator[LexborNode]:
    for selector in selectors.split(","):
        if IN_USE.search(selector):
            continue  # only while something is pointed at
        try:
            yield from tree.css(selector.strip())
        except SelectolaxError:
            continue  # a selector that the library does not know selects nothing here
