"""Markdown: its words as a reader sees them, without the marks; template tags of site generators removed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from selectolax.lexbor import LexborHTMLParser

from ingest.parsers.content import Items, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.markup.front_matter import split_front_matter
from ingest.parsers.markup.html import FOLDED_LEVEL, parse_markup
from ingest.parsers.markup.html_parts import STRUCK_TAGS, is_hidden, is_struck
from ingest.parsers.markup.html_styles import PageStyles
from ingest.parsers.markup.inline import HTML_TAG, InlineReader
from ingest.parsers.markup.template_tags import strip_template_tags
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.tables.cells import Cell
from ingest.parsers.tables.grid import Table, lay_out
from ingest.parsers.tables.heads import are_labels
from language.raised import raised

# Elements without an end.
EMPTY = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
LINES = frozenset(("inline", "fence", "code_block"))


def parse_markdown(stream: BinaryIO, *, name: str) -> Items:
    """Yield the blocks of a Markdown file: headings, paragraphs, lists, tables, code, quotes; then what was left out."""
    data = stream.read()
    flow = Flow()
    source = flow.cleaner.clean(data.decode(detect_encoding(data[: 128 * 1024]), "replace"))
    front, text = split_front_matter(source)
    tokens = _reader().parse(strip_template_tags(text, is_generated=front is not None))
    yield Opening(title=(front.title if front else "") or _title(tokens))
    if front and front.lines:
        # One row, as of a sheet: who asks for one value sees of which document it is.
        title = (f"Title: {front.title}",) if front.title else ()
        yield from flow.add("list", "; ".join((*title, *front.lines)))
    reader = _Reader(flow, tokens)
    reader.inline.wrapped.learn(text)
    yield from reader.read()
    if front and not flow.characters:  # a redirect for instance: what it declares is what it says
        yield from flow.add("paragraph", "\n".join(front.declared))
    yield from flow.finish()
    yield from reader.inline.left_out.notices()


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 30}).enable(["table", "strikethrough"]).use(footnote_plugin).use(deflist_plugin)


def _title(tokens: list[Token]) -> str:
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return InlineReader().read(tokens[position + 1]).strip()
    return ""


class _Reader:
    """Walks the tokens once; footnotes follow the block that refers to them."""

    def __init__(self, flow: Flow, tokens: list[Token]) -> None:
        self.flow, self.inline = flow, InlineReader()
        self.tokens, self.notes = _split_notes(tokens)
        self.lists: list[int | None] = []  # the next number of each open list, None for bullets
        self.marker, self.quotes = "", 0
        self.open: list[tuple[str, str]] = []  # elements of HTML over several blocks, and as what their content is left out
        self.gone: list[str] = []  # lines in them since they began
        self.term, self.in_term, self.definitions = "", False, 0  # of a list of terms
        self.defined = ""  # the term that was defined last: it may have more definitions

    def read(self) -> Iterator[ParsedPage]:
        position = 0
        while position < len(self.tokens):
            token = self.tokens[position]
            if self._left_out_as() and token.type != "html_block":
                self._leave_out(token)
            elif token.type == "heading_open":
                text = self.inline.read(self.tokens[position + 1])
                yield from self.flow.add("heading", text, level=int(token.tag[1]))
                position += 2
            elif token.type == "table_open":
                end = next(i for i in range(position, len(self.tokens)) if self.tokens[i].type == "table_close")
                yield from self.flow.add_table(self._table(self.tokens[position:end]))
                position = end
            elif token.type == "inline":
                yield from self._line(token)
            elif token.type in ("fence", "code_block"):
                yield from self.flow.add("code", token.content)
            elif token.type == "html_block":
                yield from self._html(token.content)
            else:
                self._structure(token)
            yield from self._footnotes()
            position += 1
        self._end_gap(self._left_out_as())

    def _structure(self, token: Token) -> None:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            start = token.attrGet("start")
            self.lists.append(int(1 if start is None else start) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif token.type == "list_item_open":
            number = self.lists[-1]
            self.marker = "- " if number is None else f"{number}. "
            self.lists[-1] = None if number is None else number + 1
        elif token.type in ("blockquote_open", "blockquote_close"):
            self.quotes += 1 if token.type.endswith("open") else -1
        elif token.type in ("dt_open", "dt_close"):
            self.in_term = token.type.endswith("open")
        elif token.type in ("dd_open", "dd_close"):
            self.definitions += 1 if token.type.endswith("open") else -1
            self.term = (self.term or self.defined) if token.type.endswith("open") else ""

    def _line(self, token: Token) -> Iterator[ParsedPage]:
        text = self.inline.read(token)
        if self.in_term:
            self.term = f"{self.term}, {text}" if self.term else text  # several terms may share a definition
            return
        if self.definitions and self.term:
            text, self.term, self.defined = f"{self.term}: {text}", "", self.term
        if not self.lists and self.definitions:
            yield from self.flow.add("list", text)
            return
        if not self.lists:
            yield from self.flow.add("quote" if self.quotes else "paragraph", text)
            return
        indent = "  " * (len(self.lists) - 1)
        lead = indent + (self.marker or "  ")
        yield from self.flow.add("list", (lead + text.strip()).replace("\n", "\n" + indent + "  ") if text.strip() else "")
        self.marker = ""

    def _footnotes(self) -> Iterator[ParsedPage]:
        referred, self.inline.referred = self.inline.referred, []
        for number in referred:
            lines = [self.inline.read(token) for token in self.notes.pop(number, ())]
            text = " ".join(" ".join(lines).split())
            if text:
                yield from self.flow.add("paragraph", f"{raised(str(number + 1))} {text}")

    def _left_out_as(self) -> str:
        """Return the code of a warning where an open element strikes out or hides what follows, else ""."""
        return next((code for _, code in self.open if code), "")

    def _leave_out(self, token: Token) -> None:
        if token.type in LINES:
            self.gone.append(token.content)
        else:
            self._structure(token)

    def _end_gap(self, code: str) -> None:
        if code and (text := " ".join(" ".join(self.gone).split())):
            self.inline.left_out.add(code, place=text)
        self.gone = []

    def _follow(self, content: str) -> None:
        """Keep which elements are open behind a block of HTML: a blank line ends the block, and not them."""
        before = self._left_out_as()
        for match in HTML_TAG.finditer(content):
            name = match["name"].lower()
            if match["close"]:
                names = [one for one, _ in self.open]
                if name in names:
                    del self.open[len(names) - 1 - names[::-1].index(name) :]
            elif name not in EMPTY and not match["rest"].endswith("/"):
                self.open.append((name, _left_out_as(match.group(), name)))
        if before and not self._left_out_as():
            self._end_gap(before)

    def _html(self, content: str) -> Iterator[ParsedPage]:
        was_left_out = self._left_out_as()
        self._follow(content)
        if was_left_out:
            return
        for page in self.inline.left_out.pages_of(parse_markup(content)):
            yield from self.flow.add_page(page)
        if "</details" in content.lower():
            self.flow.leave(FOLDED_LEVEL)

    def _table(self, tokens: list[Token]) -> Table:
        """Return a table; where its first row is blank, which the syntax asks for, its rows have no names."""
        rows: list[list[Cell]] = []
        header = 0
        for position, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                inline = tokens[position + 1]
                rows[-1].append(Cell(text=" ".join(self.inline.read(inline).split()), is_strong=_is_strong(inline)))
            elif token.type == "thead_close":
                header = len(rows)
        if not any(cell.text for row in rows[:header] for cell in row):
            return replace(lay_out(rows[header:], names=0, is_certain=True), is_headless=True)
        texts = [[cell.text for cell in row] for row in rows]
        return lay_out(rows, names=0 if are_labels(texts) else header, is_certain=True)


def _is_strong(inline: Token) -> bool:
    """True for a line that is bold from its beginning to its end."""
    kinds = [child.type for child in inline.children or () if child.type != "text" or child.content]
    return kinds[:1] == ["strong_open"] and kinds[-1:] == ["strong_close"] and kinds.count("strong_open") == 1


def _left_out_as(tag: str, name: str) -> str:
    """Return the code of a warning for an element that strikes out or hides what it holds, by its first tag; "" for others."""
    if name not in STRUCK_TAGS and "=" not in tag and "hidden" not in tag.lower():
        return ""
    node = LexborHTMLParser(f"<body>{tag}x").css_first(f"body > {name}")
    if node is None:
        return ""
    if is_struck(node, name, PageStyles()):
        return "struck_out"
    return "hidden_parts" if is_hidden(node, name, PageStyles()) else ""


def _split_notes(tokens: list[Token]) -> tuple[list[Token], dict[int, list[Token]]]:
    """Return the tokens of the text, and the lines of each footnote by its number from 0."""
    text: list[Token] = []
    notes: dict[int, list[Token]] = {}
    current: list[Token] = []
    is_note = False
    for token in tokens:
        if token.type in ("footnote_block_open", "footnote_block_close"):
            is_note = token.type.endswith("open")
        elif token.type == "footnote_open":
            current = notes.setdefault(int(token.meta["id"]), [])
        elif not is_note:
            text.append(token)
        elif token.type == "inline":
            current.append(token)
    return text, notes
