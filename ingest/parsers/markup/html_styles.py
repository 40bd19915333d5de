"""What the rules of a page's own <style> say of its elements: struck out, hidden, raised, lowered, how a list is numbered.

Attributes of an element say the same in its `style`, so both are read by the same expressions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

# Of lower case, and not compiled: most pages need none of them, and to compile them takes longer than to read a page.
LINE_THROUGH = r"text-decoration(?:-line)?\s*:[^;}]*line-through"
NOT_SHOWN = (
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0(?![.\d])"
    r"|(?:left|top|right|text-indent|margin-left)\s*:\s*-\d{4,}(?:\.\d+)?px)"
)
VERTICAL = r"(?<![\w-])vertical-align\s*:\s*(?:(?P<word>super|sub)\b|(?P<size>-?[\d.]+))"
SHIFTED = r"(?<![\w-])(?P<edge>top|bottom)\s*:\s*(?P<sign>-?)[\d.]*[1-9]"
SMALLER = r"font(?:-size)?\s*:[^;}]*(?:small|(?<![\d.])0?\.\d|\b[5-9]\d(?:\.\d+)?%|\b[5-9](?:\.\d+)?p[xt])"
LIST_STYLE = r"list-style(?:-type)?\s*:[^;}]*?\b([a-z]+(?:-[a-z]+)+|decimal|disc|circle|square)\b"
WHITE = r"(?<![\w-])color\s*:\s*(?:white\b|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)"
GROUND = "[style*=background], [bgcolor], [background], link[rel*=stylesheet]"  # what may give white words a ground of a colour
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
        found = level_in(style) if style else 0
        return found or int(node.mem_id in self.raised) - int(node.mem_id in self.lowered)


def read_styles(tree: LexborHTMLParser) -> PageStyles:
    """Return what the page's rules say. What a rule hides counts only where no script and no switch of the page can show it."""
    found: dict[str, set[int]] = {name: set() for name in ("struck", "hidden", "raised", "lowered", "white")}
    is_white = tree.css_first(GROUND) is None and not any("background" in style.text(deep=True) for style in tree.css("style"))
    numbers: dict[int, str] = {}
    opens = tree.css_first("[onclick]") is not None or any(map(_runs, tree.css("script")))
    for selectors, body, is_conditional in _rules(tree, (*INTERESTING, "color") if is_white else INTERESTING):
        opens = opens or bool(re.search(r":(?:checked|target|focus|hover)", selectors) and "display" in body)
        names = _names(body, is_conditional=is_conditional)
        names += ["white"] if is_white and writes_white(body) else []
        kind = list_style(body)
        if not names and not kind:
            continue
        for node in _matching(tree, selectors):
            for name in names:
                found[name].add(node.mem_id)
            if kind:
                numbers[node.mem_id] = kind
    if opens:
        found["hidden"] = set()
    sets = {name: frozenset(ids) for name, ids in found.items()}
    return PageStyles(**sets, numbers=numbers, is_static=not opens, is_white=is_white)


def strikes(style: str) -> bool:
    """True for declarations that strike text through."""
    style = style.lower()
    return "line-through" in style and re.search(LINE_THROUGH, style) is not None


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


def _names(body: str, *, is_conditional: bool) -> list[str]:
    names = ["struck"] if strikes(body) else []
    names += ["hidden"] if not is_conditional and re.search(NOT_SHOWN, body.lower()) else []
    level = level_in(body)
    return [*names, "raised" if level > 0 else "lowered"] if level else names


def _runs(script: LexborNode) -> bool:
    return "json" not in ((script.attributes or {}).get("type") or "")


def _rules(tree: LexborHTMLParser, interesting: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Yield selectors, declarations, and whether the rule holds on some devices alone."""
    for style in tree.css("style"):
        rules = CSS_COMMENT.sub("", style.text(deep=True))
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
