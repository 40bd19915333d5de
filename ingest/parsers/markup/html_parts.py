"""Which parts of a page are its content: what a browser shows, without the site around it and without what is struck out."""

import re

from selectolax.lexbor import LexborNode

from ingest.parsers.markup.html_styles import PageStyles, hides, strikes, writes_white

DROPPED_LIST = "script style rt rp noscript template datalist iframe frame object embed canvas audio video map head "
DROPPED = frozenset(DROPPED_LIST.split())
SITE_PARTS = frozenset(("header", "footer"))  # of the page; those of an article are content
ASIDES = frozenset(("nav", "aside", "form", "dialog", "menu"))
COMMAND_PARTS = frozenset(("nav", "form", "dialog", "menu"))
SIDEBARS = "aside, [role=complementary], .sidebar, #sidebar"
ARTICLES = ("article", "main")
FURNITURE_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alertdialog"))
SITE_ROLES = FURNITURE_ROLES - {"complementary"}  # a page says by them what is not its text
FURNITURE = frozenset(
    (
        *("cookie-banner", "cookie-consent", "cookie-notice", "cookiebar", "cookie-bar", "breadcrumb", "breadcrumbs", "sidebar"),
        *(
            "navbar",
            "navigation",
            "site-header",
            "site-footer",
            "skip-link",
            "share-buttons",
            "social-share",
            "social",
            "social-links",
            "social-icons",
            "pagination",
        ),
    )
)
SITE_NAMES = frozenset(("site-header", "site-footer", "skip-link"))  # of nothing else, whatever they hold
CONSENT = re.compile(r"(?:^|[\s_-])(?:cookie|consent|gdpr)s?(?:[\s_-]|$)", re.IGNORECASE)
FURNITURE_SHARE = 0.3  # of the page at most: a theme may give such a class to its whole body
WRAPPER_SHARE = 0.5  # of the page at least: what holds so much of it is the page
LINKS_SHARE = 0.6  # of its words at least: what holds so many links leads elsewhere
FEW_LINKS = 0.2  # share of its words: what holds fewer says something
HEADINGS = "h1, h2, h3, h4, h5, h6"
HEADING_TAGS = frozenset(HEADINGS.split(", "))
COMMANDS = "button, input, select, textarea"
MIN_ASIDE_WORDS = 5
SENTENCE_WORDS = 4  # that a button says at least when it is no command
FOLDED_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# What opens and closes says so by its own name or by what controls it.
PANEL = re.compile(
    r"accordion|collaps|panel|\btabs?\b|tab-|-tab\b|tabpanel|faq|answer|toggle|expand|details|fold|dropdown-content", re.IGNORECASE
)
TOGGLES = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle", "data-target", "data-bs-target")
STRUCK_TAGS = frozenset(("del", "s", "strike"))
WORD = re.compile(r"[\u3400-\u9fff]{2}|[^\W\u3400-\u9fff]+")
FORMULAS = ("katex", "mathjax", "mjx")  # what draws a formula beside its MathML
FLOATING = ("modal", "offcanvas", "drawer", "popup", "lightbox", "toast")  # what stands above the page once it is opened
MIN_SHOWN_WORDS = 3


def count_words(text: str) -> int:
    """Return how many words a text has; two Chinese characters count as one."""
    return len(WORD.findall(text))


def is_struck(node: LexborNode, tag: str, styles: PageStyles) -> bool:
    """True for text that the page shows crossed out."""
    if tag in STRUCK_TAGS or (styles.struck and node.mem_id in styles.struck):
        return True
    style = (node.attributes.get("style") or "") if node.attributes else ""
    return bool(style) and strikes(style)


def is_hidden(node: LexborNode, tag: str, styles: PageStyles) -> bool:
    """True where a browser would not show the element, and nothing on the page opens it."""
    attributes = node.attributes or {}
    if tag == "dialog" and "open" not in attributes and styles.is_static and not _is_opened(node):
        return True
    if styles.hidden and node.mem_id in styles.hidden:
        return not is_panel(node)
    if styles.is_white and (node.mem_id in styles.white or writes_white(attributes.get("style") or "")):
        return True
    if not attributes:
        return False
    style = attributes.get("style") or ""
    if attributes.get("hidden") == "until-found":
        return False
    if "hidden" in attributes or FOLDED_STYLE.search(style):
        return not is_panel(node)
    return (attributes.get("aria-hidden") == "true" and _is_ornament(node)) or bool(hides(style))


def _is_ornament(node: LexborNode) -> bool:
    """Judge what a page keeps from those who listen to it: an icon, a copy of what stands beside it, or words all the same."""
    text = node.text()
    if count_words(text) < MIN_SHOWN_WORDS or link_share(node) >= LINKS_SHARE:
        return True
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('role') or ''}"
    beside = (node.prev, node.next)
    is_copy = any(one is not None and one.tag not in ("p", "div") and one.css_first("math") is not None for one in beside)
    return is_copy or floats(node) or any(word in names.lower() for word in FORMULAS)


def _is_opened(node: LexborNode) -> bool:
    """Tell whether a button of the page opens a dialog by its name."""
    name = (node.attributes or {}).get("id") or ""
    root = node
    while root.parent is not None:
        root = root.parent
    names = ("commandfor", "popovertarget", "aria-controls")
    return bool(name) and any(one.attributes.get(key) == name for key in names for one in root.css(f"[{key}]"))


def floats(node: LexborNode) -> bool:
    """True for a part that stands above the page once something opens it."""
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('role') or ''}".lower()
    return any(word in names for word in FLOATING)


def is_panel(node: LexborNode) -> bool:
    """True for a part that a reader opens: an accordion's answer, a tab that is not in front."""
    attributes = node.attributes
    names = " ".join(filter(None, (attributes.get("class"), attributes.get("role"))))
    if PANEL.search(names) or attributes.get("aria-labelledby"):
        return True
    beside = node.prev
    while beside is not None and (beside.tag or "").startswith("-"):
        beside = beside.prev
    return beside is not None and (
        _is_toggle(beside) or any(_is_toggle(one) for one in beside.css("button, a, summary, [role=button], [onclick]"))
    )


def _is_toggle(node: LexborNode) -> bool:
    attributes = node.attributes or {}
    return (
        node.tag == "button"
        or attributes.get("role") == "button"
        or "onclick" in attributes
        or any(name in attributes for name in TOGGLES)
    )


def is_question(button: LexborNode) -> bool:
    """True for a button that is the head of a part which it opens, not a command of the site."""
    text = button.text().strip()
    attributes = button.attributes or {}
    opens = any(name in attributes for name in TOGGLES) or PANEL.search(attributes.get("class") or "")
    return bool(text) and (bool(opens) or text.endswith(("?", "？")) or len(text.split()) >= SENTENCE_WORDS)


def link_share(node: LexborNode) -> float:
    """Return which share of an element's letters stands in links and commands, in [0, 1]."""
    whole = len("".join(node.text().split()))
    linked = sum(len("".join(link.text().split())) for link in node.css("a, button, option"))
    return min(1.0, linked / whole) if whole else 1.0


def is_site_part(node: LexborNode, tag: str, *, page_length: int) -> bool:
    """True for a part of the site, not of the page's content: by its element, role or a class that names nothing else.

    What holds most of the page is a wrapper, whatever it is called. `page_length`: letters of the page.
    """
    attributes = node.attributes or {}
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    classes = names.lower().split()
    by_name = attributes.get("role") in FURNITURE_ROLES or any(name in FURNITURE for name in classes)
    if not (by_name or tag in ASIDES or tag in SITE_PARTS or CONSENT.search(names)):
        return False
    length = len(node.text())
    if length >= WRAPPER_SHARE * page_length and link_share(node) < LINKS_SHARE:
        return False
    is_named = by_name or CONSENT.search(names)
    if is_named and attributes.get("role") not in SITE_ROLES and SITE_NAMES.isdisjoint(classes) and _is_section(node, tag):
        return False
    if is_named:
        return length < FURNITURE_SHARE * page_length
    if tag == "nav":
        return True
    return _leads_elsewhere(node, tag)


def _is_section(node: LexborNode, tag: str) -> bool:
    """Tell whether a part with the name of a site's part is one of the text: programs make such names from headings."""
    if tag in HEADING_TAGS:
        return True
    if tag in COMMAND_PARTS or node.css_first(COMMANDS) is not None or link_share(node) >= FEW_LINKS:
        return False
    return node.css_first(HEADINGS) is not None or (is_sidebar(node) and says_something(node))


def is_sidebar(node: LexborNode) -> bool:
    """True for what stands beside the text."""
    attributes = node.attributes or {}
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
    return node.tag == "aside" or attributes.get("role") == "complementary" or "sidebar" in names


def says_something(node: LexborNode) -> bool:
    """True for a part beside the text that holds sentences."""
    return count_words(node.text()) >= MIN_ASIDE_WORDS and node.css_first("p, li, table, dl") is not None


def _leads_elsewhere(node: LexborNode, tag: str) -> bool:
    """Judge an aside, a form, a page's header or footer by what it holds: links and commands, or sentences."""
    if link_share(node) >= LINKS_SHARE:
        return True
    if tag == "form":
        return node.css_first("p, li, table, h1, h2, h3, h4, dl, legend, label") is None
    if tag in SITE_PARTS:
        return node.css_first("p, address, table, dl") is None or bool(re.search(r"©|\(c\)|copyright", node.text(), re.IGNORECASE))
    return False
