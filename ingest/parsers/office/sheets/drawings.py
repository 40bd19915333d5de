"""What lies on a sheet and stands in none of its cells: text boxes, charts, pictures; and what is printed on its margins."""

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.charts import chart_lines, chart_title
from ingest.parsers.office.sheets.asides import parse_part, read_relations
from ingest.parsers.office.slides.pictures import says_hidden
from ingest.parsers.office.slides.text import paragraph_text
from ingest.parsers.office.word.margins import PAGE_NUMBER
from ingest.parsers.office.word.names import MC, A, R
from ingest.parsers.pictures.later import LaterPictures

MARGIN = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)\b[^>]*>([^<]*)<")
# "&L" begins the left part; "&P" is a page number, "&"Arial,Bold"" and "&12" are a font and its size. ECMA-376 part 1, 18.3.1.39.
PART = re.compile(r"&[LCR]")
CODE = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d+|[^&])')
FORMULA = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!\[\]]+))!")
MAX_SHAPES = 2000


@dataclass(frozen=True, slots=True)
class SheetDrawings:
    """`hidden`: titles of the sheets that do not show: figures of a chart that come from there stand nowhere else."""

    archive: zipfile.ZipFile
    path: str
    hidden: frozenset[str]
    pictures: LaterPictures
    left_out: LeftOut

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield kinds of blocks and their texts in the order of drawing. Raises: OSError, etree.XMLSyntaxError."""
        for drawing, root in self._parts(self.path, "drawing"):
            targets = {key: target for key, _, target in self._relations(drawing)}
            for number, anchor in enumerate(root):
                if number < MAX_SHAPES and isinstance(anchor.tag, str):
                    yield from self._anchored(anchor, targets)

    def _anchored(self, anchor: etree._Element, targets: dict[str, str]) -> Iterator[tuple[str, str]]:
        for fallback in list(anchor.iter(f"{MC}Fallback")):  # what is drawn for older programs as well
            if (choice := fallback.getparent()) is not None:
                choice.remove(fallback)
        found = [one for one in anchor.iterdescendants() if isinstance(one.tag, str) and says_hidden(one)]
        for hidden in [one for one in found if not any(map(says_hidden, one.iterancestors()))]:
            if any((text.text or "").strip() for text in hidden.iter(f"{A}t")):
                self.left_out.add("hidden_words", place=next(hidden.iter("{*}cNvPr")).get("name", ""))
            if (parent := hidden.getparent()) is not None:
                parent.remove(hidden)
        for body in anchor.iter("{*}txBody"):
            yield "paragraph", "\n".join(paragraph_text(paragraph) for paragraph in body.iterchildren(f"{A}p"))
        for chart in anchor.iter("{*}chart"):
            root = parse_part(self.archive, targets.get(chart.get(f"{R}id", ""), ""))
            if root is not None:
                yield "paragraph", chart_title(root)
                if self._stands_elsewhere(root):
                    yield "list", "\n".join(chart_lines(root))
        for blip in anchor.iter(f"{A}blip"):
            path = targets.get(blip.get(f"{R}embed", ""), "")
            if path in self.archive.NameToInfo:
                yield "paragraph", self.pictures.text(self.archive.read(path))

    def _stands_elsewhere(self, chart: etree._Element) -> bool:
        """Tell whether the figures of a chart stand in no cell that is read."""
        sources = [formula.text or "" for formula in chart.iter("{*}f")]
        sheets = {(match[1] or match[2]).replace("''", "'") for source in sources if (match := FORMULA.match(source))}
        return not sheets or not sheets.isdisjoint(self.hidden) or any("[" in source for source in sources)

    def _relations(self, path: str) -> list[tuple[str, str, str]]:
        folder, name = posixpath.split(path.lstrip("/"))
        rows = read_relations(self.archive, f"{folder}/_rels/{name}.rels")
        return [(key, kind, posixpath.normpath(posixpath.join(folder, target)).lstrip("/")) for key, kind, target in rows]

    def _parts(self, path: str, wanted: str) -> Iterator[tuple[str, Any]]:
        for _, kind, target in self._relations(path):
            if kind == wanted and (root := parse_part(self.archive, target)) is not None:
                yield target, root


def printed_margins(tail: bytes) -> str:
    """Return what a sheet prints above and below its pages, page numbers left out. `tail`: what stands after its rows."""
    found: dict[str, None] = {}
    for match in MARGIN.finditer(tail):
        for part in PART.split(html.unescape(match[1].decode("utf-8", "replace"))):
            text = " ".join(CODE.sub(" ", part.replace("&&", "＆")).replace("＆", "&").split())
            if text and not PAGE_NUMBER.match(text):
                found[text] = None
    return "; ".join(found)
