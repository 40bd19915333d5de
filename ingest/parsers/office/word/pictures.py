"""Pictures that stand in a paragraph of Word: drawn ones, fills of shapes, and those of its older drawing language."""

from collections.abc import Iterator, Mapping

from docx.opc.part import Part
from lxml import etree

from ingest.parsers.office.word.names import MC, A, R, W, paragraph_of

VML_PICTURE = "{urn:schemas-microsoft-com:vml}imagedata"
# What is drawn for older programs as well, what was deleted, and what stands for a program's object.
NOT_SHOWN = frozenset((f"{MC}Fallback", f"{W}del", f"{W}moveFrom", f"{W}object"))


def pictures_in(paragraph: etree._Element, parts: Mapping[str, Part]) -> Iterator[Part]:
    """Yield the parts of a paragraph's own pictures; those in a text box of its belong to the paragraphs there.

    Args:
        parts: by relationship id.
    """
    for picture in paragraph.iter(f"{A}blip", VML_PICTURE):
        is_shown = not any(ancestor.tag in NOT_SHOWN for ancestor in picture.iterancestors())
        part = parts.get(picture.get(f"{R}embed" if picture.tag == f"{A}blip" else f"{R}id", ""))
        if is_shown and part is not None and paragraph_of(picture) is paragraph:
            yield part
