# ruff: noqa: E501 - a pattern is read in one line
"""In which language other than English and Chinese a question seems to be written, by its script or its commonest words."""

import re
from collections.abc import Sequence

from language.lexicon import word_set

# The words that a text of each language hardly does without, and English never has.
_COMMON = {
    "Deutsch": word_set("der die das und ist nicht wie wird werden ich sie wir für mit auf ein eine einen dem den oft viele wann wer darf muss kann gibt bei zum zur von"),
    "español": word_set("el la los las de del que en un una es por para con cuánto cuánta cuántos cuántas cuándo cada se cómo dónde qué puedo hay tengo mi quién cuál son"),
    "français": word_set("le la les des du de est un une que qui quand combien comment où puis je nous vous dans pour avec sur au aux quel quelle quels faut il mon ma"),
    "italiano": word_set("il lo la gli le di del della che è un una per con quando quanto quanti come dove posso chi sono nel nella ogni devo qual quale"),
    "português": word_set("o os as de do da dos das que é um uma para com quando quanto quantos como onde posso em no na por quem qual são meu minha"),
    "Nederlands": word_set("de het een en is niet hoe wordt worden ik wij voor met op van wanneer wie mag moet kan hoeveel er mijn aan bij"),
    "polski": word_set("jest nie jak kiedy ile kto co się w z na do czy gdzie mogę mam dla przez od"),
}  # fmt: skip
_SCRIPTS = (
    ("日本語", re.compile(r"[\u3040-\u30ff]")),
    ("한국어", re.compile(r"[\uac00-\ud7af]")),
    ("русский", re.compile(r"[\u0400-\u04ff]")),
    ("العربية", re.compile(r"[\u0600-\u06ff]")),
    ("ελληνικά", re.compile(r"[\u0370-\u03ff]")),
    ("ไทย", re.compile(r"[\u0e00-\u0e7f]")),
)
_ENGLISH = word_set(
    "the of and to is are do does what when where who how which can may must should i we you my our for with on in a an it this that not be have has"
)
_LEAST_SHARE, _LEAST_WORDS = 0.3, 2


def name_language(question: str, *, documents: Sequence[str]) -> str:
    """Return the language's own name; "" for English and Chinese, and where the documents are written in it as well."""
    name = _language_of(question)
    return "" if not name or any(_language_of(text[:2000]) == name for text in documents) else name


def _language_of(text: str) -> str:
    for name, letters in _SCRIPTS:
        if len(letters.findall(text)) >= 3:
            return name
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {name: sum(word in common for word in words) for name, common in _COMMON.items()}
    best = max(counts, key=lambda name: counts[name])
    english = sum(word in _ENGLISH for word in words)
    is_sure = counts[best] >= max(_LEAST_WORDS, _LEAST_SHARE * len(words)) and counts[best] > english
    return best if is_sure else ""
