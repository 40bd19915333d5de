"""Reword a true sentence lightly, as a language model would, without touching its facts."""

import random
import re

_HAN = re.compile(r"[\u3400-\u9fff]")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PAIRS = (
    (r"\bmust\b", "have to"),
    (r"\bobtain(ed)?\b", r"receive\1"),
    (r"\bapproximately\b", "about"),
    (r"\bbegan\b", "started"),
    (r"\bpurchased\b", "bought"),
    (r"\bhowever,?\s", ""),
    (r"\ba maximum of\b", "at most"),
    (r"\bup to\b", "at most"),
    (r"\blarge\b", "big"),
    (r"\bassist\b", "help"),
    (r"\butili[sz]e", "use"),
    (r"\bin order to\b", "to"),
    (r"\bsuch as\b", "for example"),
    (r"\bis not\b", "isn't"),
    (r"\bdo not\b", "don't"),
    (r"\bcannot\b", "can't"),
    (r"\bdue to\b", "because of"),
    (r"\bwhile\b", "whereas"),
    (r"\bmany\b", "a lot of"),
    (r"\bemployees\b", "staff"),
)
_PAIRS_ZH = (
    ("职工", "员工"),
    ("应当", "必须"),
    ("不得", "不可以"),
    ("以及", "和"),
    ("因此", "所以"),
    ("位于", "坐落于"),
    ("由于", "因为"),
    ("曾经", "曾"),
    ("至少", "最少"),
    ("目前", "现在"),
)
_LEADS = ("According to the document, ", "The text states that ", "", "", "")
_LEADS_ZH = ("根据文件，", "资料显示，", "", "", "")


def reword(sentence: str, rng: random.Random) -> str:
    """Return a light paraphrase: numbers and dates in another form, common synonyms, a lead-in, a clause moved to the end."""
    if _HAN.search(sentence):
        return _reword_chinese(sentence, rng)
    text = _other_numbers(_other_dates(sentence))
    for pattern, other in _PAIRS:
        text = re.sub(pattern, other, text, count=1)
    moved = re.match(r"^((?:In|On|By|After|During|At|For|From)\s[^,]{3,40}), ([a-z][^;:]*[^.])(\.?)$", text)
    if moved and rng.random() < 0.7:
        text = f"{moved[2][0].upper()}{moved[2][1:]} {moved[1][0].lower()}{moved[1][1:]}{moved[3]}"
    lead = rng.choice(_LEADS)
    first = text.split(" ", 1)[0]
    if lead and first.lower() in ("the", "in", "a", "an", "it", "this", "these", "on", "by"):
        text = text[0].lower() + text[1:]
    return lead + text


def _reword_chinese(sentence: str, rng: random.Random) -> str:
    text = re.sub(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?!\d)", lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", sentence, count=1)
    text = re.sub(
        r"(?<![\d.年第])([2-9])(?=个月|年(?!代|级|度)|天|小时|倍|次)", lambda m: "零一两三四五六七八九"[int(m[1])], text, count=1
    )
    for old, new in _PAIRS_ZH:
        text = text.replace(old, new, 1)
    return rng.choice(_LEADS_ZH) + text


def _other_dates(text: str) -> str:
    names = "|".join(_MONTHS)

    def iso(match: re.Match[str]) -> str:
        return f"{match[3]}-{_MONTHS.index(match[1]) + 1:02}-{int(match[2]):02}"

    def turned(match: re.Match[str]) -> str:
        return f"{match[2]} {match[1]} {match[3]}"

    changed = re.sub(rf"\b({names}) (\d{{1,2}}), (\d{{4}})\b", turned, text)
    return (
        changed
        if changed != text
        else re.sub(rf"\b(\d{{1,2}}) ({names}) (\d{{4}})\b", lambda m: f"{m[3]}-{_MONTHS.index(m[2]) + 1:02}-{int(m[1]):02}", text)
    )


def _other_numbers(text: str) -> str:
    changed = re.sub(r"(?<![\w.,$€£:/-])([2-9]|1[0-2]) (?=[a-z]{3,})", lambda m: _WORDS[int(m[1])] + " ", text, count=1)
    if changed != text:
        return changed
    return re.sub(
        r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (?=[a-z]{3,})",
        lambda m: f"{_WORDS.index(m[1])} ",
        text,
        count=1,
    )
