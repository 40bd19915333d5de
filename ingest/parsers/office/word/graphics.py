"""What is drawn in a paragraph of Word and holds words or figures: charts and diagrams."""

from collections.abc import Iterator, Mapping

from docx.opc.part import Part
from lxml import etree

from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.charts import chart_lines, chart_title
from ingest.parsers.office.word.names import MC, A, R, W

NOT_SHOWN = frozenset((f"{MC}Fallback", f"{W}del", f"{W}moveFrom"))
Text = tuple[str, str]  # kind of block, text


def graphics_in(element: etree._Element, parts: Mapping[str, Part], left_out: LeftOut) -> Iterator[Text]:
    """Yield the texts of the charts and diagrams of a paragraph; counts those that hold none. `parts`: by relationship id."""
    for graphic in element.iter(f"{A}graphicData"):
        if any(ancestor.tag in NOT_SHOWN for ancestor in graphic.iterancestors()):
            continue
        for child in graphic.iterchildren("{*}chart", "{*}relIds"):
            is_chart = etree.QName(child).localname == "chart"
            part = parts.get(child.get(f"{R}id" if is_chart else f"{R}dm", ""))
            try:
                root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True)) if part else None
            except etree.XMLSyntaxError:
                root = None
            texts = [] if root is None else list(_chart(root) if is_chart else _diagram(root))
            if not texts:
                left_out.add("objects")
            yield from texts


def _chart(root: etree._Element) -> Iterator[Text]:
    if lines := chart_lines(root):
        yield "paragraph", chart_title(root)
        yield "list", "\n".join(lines)


def _diagram(root: etree._Element) -> Iterator[Text]:
    words = (" ".join("".join(text.text or "" for text in one.iter(f"{A}t")).split()) for one in root.iter(f"{A}p"))
    if lines := [f"- {text}" for text in words if text]:
        yield "list", "\n".join(lines)
