"""In which script a text is mainly written."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]")


def is_chinese(text: str) -> bool:
    """Tell whether a text is mainly Chinese."""
    return len(_HAN.findall(text)) >= max(2, len(re.findall(r"[A-Za-z]+", text)))
