"""Markdown: its words as a reader sees them, without the marks; template tags of site generators removed."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from ingest.parsers.content import Opening, ParsedPage
from ingest.parsers.encoding import detect_encoding
from ingest.parsers.flow import Flow
from ingest.parsers.html import html_to_text

COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
QUOTED_ARGUMENT = re.compile(r"""\{%-?\s*\w*(?:channel|email|mail)\w*\s+["']([^"']+)["'][^%]*%\}""")
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{:[^}\n]*\}", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:\s*(.+?)\s*$", re.MULTILINE)
DECLARATION = re.compile(r"^[A-Za-z_]\w*:\s*\S")
HEADING_ANCHOR = re.compile(r"\s*\{#[\w-]+\}\s*$")


def parse_markdown(path: Path, *, name: str) -> Iterator[Opening | ParsedPage]:
    """Yield the blocks of a Markdown file: headings, paragraphs, lists, tables, code, quotes."""
    data = path.read_bytes()
    source = data.decode(detect_encoding(data[: 128 * 1024]), "replace")
    flow = Flow()
    tokens = _reader().parse(strip_template_tags(flow.cleaner.clean(source)))
    yield Opening(title=_title(tokens))
    yield from _walk(tokens, flow)
    if not flow.characters:
        yield from _front_matter(tokens, flow)
    yield from flow.finish()


def _front_matter(tokens: list[Token], flow: Flow) -> Iterator[ParsedPage]:
    """Yield a page that has nothing but front matter, a redirect for instance: what it declares is what it says."""
    for token in tokens:
        if token.type == "front_matter":
            lines = [line for line in token.content.splitlines() if DECLARATION.match(line)]
            yield from flow.add("paragraph", "\n".join(lines))


def strip_template_tags(source: str) -> str:
    """Return the source without what Jekyll, Liquid and Hugo would replace; the name of a channel or address stays."""
    source = HTML_COMMENT.sub("", COMMENT.sub("", source))
    return TAG.sub("", QUOTED_ARGUMENT.sub(r"\1", source))


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 30}).enable(["table", "strikethrough"]).use(front_matter_plugin)


def _title(tokens: list[Token]) -> str:
    for token in tokens:
        if token.type == "front_matter" and (match := FRONT_TITLE.search(token.content)):
            return match.group(1).strip("\"'")
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return inline_text(tokens[position + 1]).strip()
    return ""


def inline_text(token: Token) -> str:
    """Return what a reader sees of a line: the text of links, code and emphasis; a picture gives its description."""
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            parts.append("\n")
    return HEADING_ANCHOR.sub("", "".join(parts))


def _walk(tokens: list[Token], flow: Flow) -> Iterator[ParsedPage]:
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    marker, quotes = "", 0
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "heading_open":
            yield from flow.add("heading", inline_text(tokens[position + 1]), level=int(token.tag[1]))
            position += 2
        elif token.type == "table_open":
            end = next(i for i in range(position, len(tokens)) if tokens[i].type == "table_close")
            text, header = _table(tokens[position:end])
            yield from flow.add("table", text, header=header)
            position = end
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            marker = "- " if lists[-1] is None else f"{lists[-1]}. "
            lists[-1] = None if lists[-1] is None else lists[-1] + 1
        elif token.type in ("blockquote_open", "blockquote_close"):
            quotes += 1 if token.type.endswith("open") else -1
        elif token.type == "inline":
            text = inline_text(token)
            if lists:
                indent = "  " * (len(lists) - 1)
                lead = indent + (marker or "  ")
                yield from flow.add("list", (lead + text.strip()).replace("\n", "\n" + indent + "  ") if text.strip() else "")
                marker = ""
            else:
                yield from flow.add("quote" if quotes else "paragraph", text)
        elif token.type in ("fence", "code_block"):
            yield from flow.add("code", token.content)
        elif token.type == "html_block":
            yield from flow.add("paragraph", html_to_text(token.content))
        position += 1


def _table(tokens: list[Token]) -> tuple[str, str]:
    """Return the rows, one a line, and the header row."""
    rows: list[list[str]] = []
    header = 0
    for position, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(" ".join(inline_text(tokens[position + 1]).split()))
        elif token.type == "thead_close":
            header = len(rows)
    lines = [" | ".join(row) for row in rows]
    return "\n".join(lines), "\n".join(lines[:header])
