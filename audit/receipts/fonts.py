"""Fonts of the PDF files that people download: those that every reader of PDF has, or replaces."""

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont

LATIN, CHINESE = "Helvetica", "STSong-Light"


def register_fonts() -> None:
    """Make the Chinese font known to reportlab; the Latin one is."""
    registerFont(UnicodeCIDFont(CHINESE))


def style_for(text: str, style: ParagraphStyle) -> ParagraphStyle:
    """Return the style with a font that has the text's characters: Helvetica knows Latin-1 and no more."""
    if all(ord(character) < 0x100 or character in "–—‘’“”•…€" for character in text):
        return style
    return ParagraphStyle(f"{style.name}-zh", parent=style, fontName=CHINESE, wordWrap="CJK")
