# ruff: noqa: E501 - a pattern is read in one line
"""Numbers of clauses, as texts print them and questions name them: "Article 8 (b)", "§ 4", "2.2", "Part II", 第八条第（二）项."""

import re
from dataclasses import dataclass

_KINDS = {
    "article": "article articles art",
    "section": "section sections sec",
    "clause": "clause clauses cl",
    "paragraph": "paragraph para",
    "chapter": "chapter ch",
    "part": "part",
    "annex": "annex appendix schedule exhibit attachment",
    "rule": "rule",
    "item": "item point number",
    "step": "step",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
GENERAL = frozenset(("clause", "section", "paragraph", "item", "step", "条", "项", "点"))  # said of clauses whatever their kind
_WORDS = "|".join(sorted(_KIND_OF, key=len, reverse=True))
_SUB = r"(?:\s?\((?:[a-z]{1,4}|[A-Z]|\d{1,2})\))"
_NUMBER = r"(?:\d{1,3}[a-z]?(?:\.\d{1,3})*(?![\d.]*\d)|[IVXLC]{1,7}\b|[A-Z]\b)"
NAMED = rf"(?:(?:{_WORDS})\b\.?\s*|§+\s*)(?:no\.?\s*)?{_NUMBER}{_SUB}*"  # to be searched case-insensitively
DOTTED = rf"\d{{1,3}}(?:\.\d{{1,3}})+{_SUB}*"
_HAN = "〇零一二三四五六七八九十百千"
NAMED_ZH = rf"(?:第\s*[{_HAN}\d]{{1,7}}(?:\.\d{{1,3}})*\s*(?:条|章|节|编|部分)(?:第?[（(]?[{_HAN}\d]{{1,5}}[）)]?\s*(?:款|项|目|点))*|附[件录表]\s*[{_HAN}\dA-Z]{{1,3}})"
_LATIN = re.compile(
    rf"\s*(?:(?P<kind>{_WORDS})\b\.?\s*|(?P<sign>§+)\s*)?(?:no\.?\s*)?(?P<number>(?i:{_NUMBER}))(?P<subs>{_SUB}*)(?P<end>\s?[.:)](?!\d)|(?=\s|$)|(?=[,;]))",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    rf"\s*(?:第\s*(?P<number>[{_HAN}\d]{{1,7}}(?:\.\d{{1,3}})*)\s*(?P<kind>条|章|节|编|部分)|(?P<annex>附[件录表])\s*(?P<of_annex>[{_HAN}\dA-Z]{{1,3}}))"
)
_SUBS_ZH = re.compile(rf"第?[（(]?(?P<number>[{_HAN}\d]{{1,5}})[）)]?\s*(?:款|项|目|点)")
_BELOW = re.compile(
    rf"\s*(?:\((?P<round>[a-z]{{1,4}}|[A-Z]|\d{{1,2}})\)|(?P<open>[a-z]|[ivx]{{2,4}})[.)](?=\s)|[（(](?P<han>[{_HAN}]{{1,3}})[）)])"
)
_HEADED_ZH = re.compile(rf"\s*(?P<number>[{_HAN}]{{1,4}})、")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PLACES = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseNumber:
    """The number of a clause.

    `kind`: "article", "section", 条, …; "" where it is printed without. `steps`: ("8", "b") of "Article 8 (b)", ("2", "2") of "2.2".
    `is_below`: "(b)" alone, which counts within the clause above it. `is_plain`: a number with nothing but white space behind it.
    """

    kind: str
    steps: tuple[str, ...]
    is_below: bool = False
    is_plain: bool = False
    length: int = 0  # of the text that it takes, in characters


def read_number(text: str) -> ClauseNumber | None:
    """Return the number that a line, or what a question names, begins with."""
    if found := _CHINESE.match(text):
        kind, number = (found["kind"], found["number"]) if found["kind"] else ("附件", found["of_annex"])
        steps, end = [_plain(step) for step in number.split(".")], found.end()
        while sub := _SUBS_ZH.match(text, end):
            steps.append(_plain(sub["number"]))
            end = sub.end()
        return ClauseNumber(kind=kind, steps=tuple(steps), length=end)
    if found := _HEADED_ZH.match(text):
        return ClauseNumber(kind="", steps=(_plain(found["number"]),), length=found.end())
    if found := _BELOW.match(text):
        step = found["round"] or found["open"] or found["han"]
        return ClauseNumber(kind="", steps=(_plain(step),), is_below=True, length=found.end())
    found = _LATIN.match(text)
    if found is None:
        return None
    kind = "section" if found["sign"] else _KIND_OF.get((found["kind"] or "").casefold(), "")
    number, ends = found["number"], found["end"].strip()
    if not kind and not number[0].isdigit() and (not ends or not number.isupper()):
        return None  # "A new lease", "I agree": words
    subs = re.findall(r"\((\w+)\)", found["subs"])
    steps_of = tuple(step.casefold() for step in (*number.split("."), *subs))
    is_plain = not kind and not ends and len(steps_of) == 1
    return ClauseNumber(kind=kind, steps=steps_of, is_plain=is_plain, length=found.end())


def are_steps_alike(asked: tuple[str, ...], held: tuple[str, ...]) -> bool:
    """Tell whether two numbers are the same, Roman or not: Part II is part 2."""
    return len(asked) == len(held) and all(
        one == two or (_roman(one) or one) == (_roman(two) or two) for one, two in zip(asked, held, strict=True)
    )


def fit_of_kinds(asked: str, held: str) -> int:
    """Return how well a clause's kind fits the asked one: 2 the same, 1 one of them is printed or said without; 0 another."""
    if asked == held:
        return 2
    return int(not asked or not held or asked in GENERAL)


def _plain(number: str) -> str:
    """Return a number in digits where it is Chinese, else in small letters."""
    if not any(char in _HAN for char in number):
        return number.casefold()
    if not any(char in _PLACES for char in number):
        return "".join(char if char.isdigit() else str("〇一二三四五六七八九".index(char.replace("零", "〇"))) for char in number)
    total = digit = 0
    for char in number:
        if char in _PLACES:
            total += (digit or 1) * _PLACES[char]
            digit = 0
        else:
            digit = int(char) if char.isdigit() else "〇一二三四五六七八九".index(char.replace("零", "〇"))
    return str(total + digit)


def _roman(number: str) -> str:
    """Return a Roman number in digits; "" for others."""
    if not number or not set(number) <= _ROMAN.keys():
        return ""
    values = [_ROMAN[letter] for letter in number]
    return str(sum(-one if one < max(values[at:]) else one for at, one in enumerate(values)))
