"""In which language a question is written, and so in which it is answered."""

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_CODES = {"zh": "zh-hans", "en": "en"}


def language_of(question: str) -> str:
    """Return "zh" where at least a fifth of the letters are Chinese characters, else "en"."""
    letters = len(_LETTER.findall(question))
    return "zh" if letters and len(_HAN.findall(question)) / letters >= 0.2 else "en"


def code_of(question: str) -> str:
    """Return the language's code as Django's translations are named."""
    return _CODES[language_of(question)]
