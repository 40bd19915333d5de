"""Which colours of an RTF file are white, where it has no ground of a colour on which white letters would show."""

import re

TABLE = re.compile(rb"[{]\\colortbl([^{}]*)[}]")
SHADE = re.compile(rb"\\(?:red|green|blue)(\d{1,3})")
# Grounds of characters, paragraphs, cells, rows and pages.
GROUND = re.compile(
    rb"\\(?:cb|highlight|chcbpat|chshdng|cbpat|cfpat|shading|clcbpat|clshdng|trcbpat|trshdng)[1-9]|\\(?:background|shp)\b"
)
PALEST = 0xFA  # of each shade


def white_colours(data: bytes) -> frozenset[int]:
    """Return the numbers of the colours that cannot be told from the paper; none where something is shaded or drawn."""
    table = TABLE.search(data)
    if table is None or GROUND.search(data):
        return frozenset()
    shades = [[int(shade) for shade in SHADE.findall(entry)] for entry in table[1].split(b";")]
    return frozenset(number for number, one in enumerate(shades) if len(one) == 3 and min(one) >= PALEST)
