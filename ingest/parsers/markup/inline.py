"""A line of Markdown as a reader sees it: links with their addresses, marks of footnotes, without what is struck out."""

import re
from dataclasses import dataclass, field

from markdown_it.token import Token

from ingest.parsers.cleaning import join_wide
from ingest.parsers.left_out import LeftOut, close_gaps
from ingest.parsers.markup.html_parts import STRUCK_TAGS
from ingest.parsers.markup.html_styles import strikes as style_strikes
from ingest.parsers.plain.wrapped import Unwrapper
from language.raised import lowered, raised

HTML_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-z][a-z0-9]*)\b(?P<rest>[^>]*)>", re.IGNORECASE)
HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
HEADING_ANCHOR = re.compile(r"\s*\{#[\w-]+\}\s*$")
ADDRESS = re.compile(r"^(?:https?://|ftp://|mailto:|tel:|//)", re.IGNORECASE)
SOFT, HARD = "\n", "\x1e"  # line ends of the source, and those that show
RAISED = re.compile(r"(?<=[\w)])\^(\d{1,3}|[a-zA-Z]{1,2})\^(?!\^)")  # as Pandoc writes it: 10^6^, CO~2~
LOWERED = re.compile(r"(?<=[A-Za-z)])~(\d{1,3})~(?!~)")
# Between single tildes, too, a text is struck out, but not in the middle of a word: there Pandoc lowers it.
STRUCK = re.compile(r"(?<![\w~/\\])~(?![\s~/])([^~]*[^\s~])~(?![\w~/])")
LEVELS = {"sup": raised, "sub": lowered}


@dataclass(slots=True)
class InlineReader:
    """Reads lines in their order. `referred`: footnotes met since some were written, by the numbers that the page gives them."""

    left_out: LeftOut = field(default_factory=LeftOut)
    referred: list[int] = field(default_factory=list)
    wrapped: Unwrapper = field(default_factory=Unwrapper)

    def read(self, token: Token) -> str:
        """Return the text of links, code and emphasis; a picture gives its description."""
        line = _Line(self)
        for child in token.children or ():
            line.take(child)
        text = line.finish()
        if SOFT in text:
            text = " ".join(join_wide(self.wrapped.join(text)).split(SOFT))
        text = text.replace(HARD, "\n")
        return HEADING_ANCHOR.sub("", close_gaps(text) if line.has_gaps else text)


class _Line:
    def __init__(self, reader: InlineReader) -> None:
        self.reader = reader
        self.parts: list[str] = []
        self.struck: list[str] = []
        self.open: list[tuple[str, bool]] = []  # tags of HTML that are open, and whether they strike out
        self.links: list[tuple[str, int]] = []  # address, and where its words begin
        self.depth = 0  # of what strikes out
        self.has_gaps = False

    def take(self, child: Token) -> None:
        if child.type in ("text", "code_inline"):
            level = next((name for name, _ in reversed(self.open) if name in LEVELS), "")
            if child.type == "code_inline":
                self._write(child.content)
            elif level:
                self._write(LEVELS[level](child.content))
            else:
                self._text(child.content)
        elif child.type in ("s_open", "s_close"):
            self._strike(1 if child.type == "s_open" else -1)
        elif child.type == "link_open":
            self.links.append((str(child.attrGet("href") or ""), len(self.parts)))
        elif child.type == "link_close":
            self._end_link()
        elif child.type == "footnote_ref":
            number = int(child.meta["id"])
            self.reader.referred.append(number)
            self._write(raised(str(number + 1)))
        elif child.type in ("softbreak", "hardbreak"):
            self._write(SOFT if child.type == "softbreak" else HARD)
        elif child.type == "image":
            self._write(child.content)
        elif child.type == "html_inline":
            self._html(child.content)

    def finish(self) -> str:
        if self.depth > 0:  # opened and never closed: browsers strike out to the end of the block
            self._strike(-self.depth)
        return "".join(self.parts)

    def _text(self, text: str) -> None:
        for number, part in enumerate(STRUCK.split(text)):
            is_struck = number % 2 == 1  # what stands in the parentheses of the pattern
            self._strike(int(is_struck))
            self._write(_with_levels(part))
            self._strike(-int(is_struck))

    def _write(self, text: str) -> None:
        (self.struck if self.depth > 0 else self.parts).append(text)

    def _strike(self, step: int) -> None:
        self.depth = max(0, self.depth + step)
        if not self.depth and self.struck:
            self.reader.left_out.add("struck_out", place="".join(self.struck))
            self.struck, self.has_gaps = [], True

    def _end_link(self) -> None:
        if not self.links:
            return
        target, start = self.links.pop()
        words = "".join(self.parts[start:]).strip()
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        if ADDRESS.match(target) and words and bare.rstrip("/") not in words and words not in bare:
            self._write(f" ({bare})")

    def _html(self, content: str) -> None:
        match = HTML_TAG.match(content)
        if match is None:
            return
        name = match["name"].lower()
        if name == "br":
            self._write(HARD)
        elif match["close"]:
            self._close(name)
        elif not match["rest"].endswith("/"):
            strikes = name in STRUCK_TAGS or style_strikes(match["rest"])
            self.open.append((name, strikes))
            self._strike(int(strikes))
            if name == "a":
                found = HREF.search(match["rest"])
                self.links.append((found[1] if found else "", len(self.parts)))

    def _close(self, name: str) -> None:
        for position in range(len(self.open) - 1, -1, -1):
            if self.open[position][0] == name:
                _, strikes = self.open.pop(position)
                self._strike(-int(strikes))
                if name == "a":
                    self._end_link()
                return


def _with_levels(text: str) -> str:
    if "^" not in text and "~" not in text:
        return text
    return LOWERED.sub(lambda match: lowered(match[1]), RAISED.sub(lambda match: raised(match[1]), text))
