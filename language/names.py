"""Proper names and codes of a claim: each must stand in its evidence."""

import re
import warnings
from functools import cache
from typing import Any

from language.analyzer import get_analyzer
from language.lexicon import word_set

_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[.'’&/-][A-Za-z0-9]+)*")
_GENERIC = word_set(
    """
    employees employee staff workers worker members member people person users user customers customer managers manager
    supervisors supervisor applicants applicant companies company team teams students student agencies agency everyone anyone
    someone nobody one leave annual sick the a an this that these those it its he she they we you i there here his her their
    our your my in on at by for from to of with without and or but so yes no not if when while as after before since until
    during under over between within among about according based however therefore thus moreover furthermore additionally also
    finally then each every all any some many most both either neither such only once please note see who what which where how
    why whether because although though unless except upon per than up more less can may must should will would could do does
    did is are was were be been has have had get make take use contact ask submit request january february march april may
    june july august september october november december monday tuesday wednesday thursday friday saturday sunday
    """
)
_NAME_FLAGS = ("nr", "ns", "nt", "nz", "nrt", "nrfg")
# Days with a name of their own, which jieba takes for times like "today": the public holidays, and those that companies keep.
# Without the last character where a text may leave it out.
_NAMED_DAY = re.compile(
    "春节|元旦|除夕|元宵|清明|端午|七夕|中秋|重阳|国庆|劳动节|妇女节|青年节|儿童节|建军节|教师节|圣诞|感恩节|情人节|开斋节|古尔邦节"
)
_TITLED = re.compile(r"《([^》]{1,60})》|「([^」]{1,40})」|“([^”]{2,40})”")


def find_foreign_name(claim: str, evidence: str) -> str:
    """Return a name or code of the claim that does not stand in the evidence, or "". Both normalised."""
    folded = evidence.casefold()
    words = {_base(token) for token in _TOKEN.findall(evidence)}
    initials = _initials(evidence)
    for token in _names(claim):
        base = _base(token)
        if base in words or (token.isupper() and token in initials):
            continue
        if all(_base(part) in words for part in re.split(r"[-/&.]", token) if part):
            continue
        return token
    for match in _TITLED.finditer(claim):
        title = next(group for group in match.groups() if group)
        if match.group(0).startswith("《") and title.casefold() not in folded:
            return title
    if re.search(r"[\u3400-\u9fff]", claim):
        return _foreign_chinese_name(claim, evidence)
    return ""


def _names(claim: str) -> list[str]:
    """Return the capitalised words and codes; the first word of a sentence only where it cannot be an ordinary word."""
    found = []
    matches = list(_TOKEN.finditer(claim))
    for position, match in enumerate(matches):
        token = match.group(0)
        has_letter, has_digit = bool(re.search(r"[A-Za-z]", token)), bool(re.search(r"\d", token))
        if (
            has_letter
            and has_digit
            and not re.fullmatch(r"\d+(?:st|nd|rd|th|s|k|m|bn|am|pm|hr|hrs|h|km|kg|%)", token, re.IGNORECASE)
        ):
            found.append(token)
        elif token[0].isupper() and has_letter and token.lower() not in _GENERIC:
            before = claim[: match.start()].rstrip("\"'“‘(* ")
            is_first = position == 0 or before.endswith((".", ":", "!", "?", "。", "："))
            follower = matches[position + 1].group(0) if position + 1 < len(matches) else ""
            if not is_first or token.isupper() or (follower[:1].isupper() and claim[match.end() : match.end() + 1] == " "):
                found.append(token)
    return found


def _base(token: str) -> str:
    token = re.sub(r"['’]s?$", "", token.lower())
    return re.sub(r"(?<=\w{3})(?:ies|es|s)$", "", token) if token.isalpha() else token


def _initials(evidence: str) -> set[str]:
    found = set()
    for run in re.findall(r"[A-Z][\w'-]*(?:\s+(?:of|the|and|for|[A-Z][\w'-]*))+", evidence):
        capitals = "".join(word[0] for word in run.split() if word[0].isupper())
        found |= {capitals[i:j] for i in range(len(capitals)) for j in range(i + 2, len(capitals) + 1)}
    return found


def _foreign_chinese_name(claim: str, evidence: str) -> str:
    for word in chinese_names(claim):
        stem = word.rstrip("省市县区国人")
        if word not in evidence and (len(stem) < 2 or stem not in evidence) and not _is_cut_amiss(word, evidence):
            return word
    return ""


def _is_cut_amiss(word: str, evidence: str) -> bool:
    """Tell whether most of a longer word stands in the evidence: jieba took a neighbour's character into a name."""
    return len(word) > 2 and any(part in evidence for part in (word[:-1], word[1:]))


def opening_word(claim: str) -> str:
    """Return the claim's first word where it may be a name or an ordinary word: capitalised as any first word is."""
    match = _TOKEN.search(claim)
    token = match.group(0) if match else ""
    return token if token[:1].isupper() and token.lower() not in _GENERIC else ""


def names_and_codes(text: str) -> list[str]:
    """Return the names and codes of a normalised text, of either script, years and other plain numbers left out."""
    latin = _names(text)
    return [*latin, *([*chinese_names(text), *_NAMED_DAY.findall(text)] if re.search(r"[\u3400-\u9fff]", text) else [])]


def chinese_names(text: str) -> list[str]:
    """Return the words that jieba takes for names of people, places, bodies or works."""
    return [str(word) for word, flag in _tagger().lcut(text) if len(word) > 1 and flag in _NAME_FLAGS]


def tag_words(text: str) -> list[tuple[str, str]]:
    """Return the words of a text, whole and in order, with jieba's part of speech ("nr": a person's name)."""
    return [(str(word), str(flag)) for word, flag in _tagger().lcut(text)]


def chinese_nouns(text: str) -> frozenset[str]:
    """Return the words that jieba takes for things, people, places, times and the like."""
    return frozenset(str(word) for word, flag in _tagger().lcut(text) if flag[:1] in "nts" or flag == "eng")


def frequency(word: str) -> int:
    """Return how often jieba's corpus has a Chinese word; 0 for one that it does not know."""
    return int(_tagger().tokenizer.FREQ.get(word, 0) or 0)


def chinese_words(text: str) -> list[str]:
    """Return the words of a Chinese text by the dictionary alone: a character that belongs to none stands by itself."""
    return [str(word) for word in _tagger().tokenizer.cut(text, HMM=False)]


@cache
def _tagger() -> Any:
    """Return jieba's tagger over the analyzer's dictionary; loaded at first use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 imports pkg_resources and has unescaped patterns
        import jieba.posseg

    # The same, since another takes a second and 66 MiB. A public name would change the analyzer's fingerprint: all indexes anew.
    return jieba.posseg.POSTokenizer(get_analyzer()._segmenter())
