"""Traditional Chinese characters read as their simplified ones, so that 發佈 and 发布 are one word to the analyzer.

Character by character, by OpenCC's table: an index needs both sides folded alike, not text that reads well. What is quoted
keeps its own characters.
"""

from functools import cache
from importlib import resources


@cache
def _table() -> dict[int, str]:
    """Each traditional character's first simplified one. About 4,000 rows, read in some milliseconds at first use."""
    lines = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if "\t" in line)
    return {ord(traditional): simplified.split(" ")[0] for traditional, simplified in rows if len(traditional) == 1}


def fold_script(text: str) -> str:
    """Return `text` with its traditional Chinese characters simplified."""
    return text if text.isascii() else text.translate(_table())
