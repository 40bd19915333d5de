"""Words and phrases, one a line. `*` at the end stands for any letters: `poison*`."""

import re
import unicodedata
from functools import lru_cache

from guards.models import Guard
from language.scripts.script_fold import fold_script

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_SPACE = re.compile(r"\s+")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])[\s\W_]+(?=[\u3400-\u9fff])")


def find(guard: Guard, text: str) -> list[str]:
    """Return the lines of the list that stand in the text."""
    folded = fold(text)
    joined = _BETWEEN_HAN.sub("", folded)  # 炸 弹 is 炸弹
    return [line for line, pattern in _patterns(guard.rules) if pattern.search(folded) or pattern.search(joined)]


def fold(text: str) -> str:
    """Return a text as words are compared: one width, one case, simplified characters, nothing invisible."""
    return _SPACE.sub(" ", fold_script(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()))


@lru_cache(maxsize=256)
def _patterns(lines: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((line, _pattern(fold(line))) for line in lines)


def _pattern(line: str) -> re.Pattern[str]:
    """Latin words are met as whole words, Chinese ones wherever they stand."""
    stem, is_open = line.removesuffix("*"), line.endswith("*")
    begins = r"(?<![^\W\u3400-\u9fff])" if re.match(r"[^\W\u3400-\u9fff]", stem) else ""
    ends = r"(?![^\W\u3400-\u9fff])" if not is_open and re.search(r"[^\W\u3400-\u9fff]\Z", stem) else ""
    return re.compile(begins + re.escape(stem) + ends)
