"""Finds what has to stand beside a sentence that answers: what replaced it, what other years say, whom else it is told of."""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

from chat.flow.shapes.sides.threads import find_thread
from chat.flow.shapes.sides.value import Side, Sides, SidesKind
from chat.judge.candidates import Candidate
from language.features import quantities_of, terms_of
from language.names import names_and_codes
from language.quantities import Quantity, normalize
from language.validity import dates_in, read_change, since_of

_LOOKED_AT = 24  # best sentences that may stand beside the first
_NEAR_BEST = 0.55  # share of its score
_ALIKE, _SURELY_ALIKE = 0.6, 0.75  # share of the words that two sentences have in common, numbers and names left out
_HALF = 0.5  # share of the longer sentence's words, at least
_LEAST_WORDS = 3
_MOST = 3  # sides
_RELATED = 2  # words that what replaces and what is replaced have in common at least
_OF_CHANGES = """
    replace replaces replaced amend amends amended amendment change changes changed instead by with from to since force effective
    section article paragraph clause amount sum period rate value figure fee price term euro euros dollar dollars pound pounds
    percent day days week weeks month months year years hour hours rule rules regulation circular order policy first second third
    new old previous rise raise raised increase increased reduce reduced extend extended word words
    将 由 改为 修改 修改为 调整 调整为 变更 更改 提高 降低 延长 缩短 增加 减少 修正 修正案 规定 办法 通知
    条例 第 条 款 元 天 日 月 年 小时 自 起 施行 生效
"""
_TIMES = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|in force since|effective|from|as of)\b|\d+|[年月日]",
    re.IGNORECASE,
)
_TIMELESS = re.compile(r"^(?:version|v|rev|revision|draft|old|new|former|edition|final|版|修订|新|旧|草案|试行)$", re.IGNORECASE)


def find_sides(question: str, candidates: Sequence[Candidate], first: Candidate, *, today: date) -> Sides | None:
    """Return what has to be told beside the sentence that answers first; None where it stands alone.

    Args:
        question: as it was judged.
        candidates: all sentences of the evidence, best first.
        first: the one of them that is quoted first.
    """
    if first.sentence.is_row:
        return None
    asked = normalize(question)
    if (thread := find_thread(asked, candidates, first)) is not None:
        return thread
    since = _Since(candidates)
    if (changed := _changes(asked, candidates, first, since)) is not None:
        return _of_time(asked, SidesKind.CHANGE, changed, since, today)
    numbers = _values(asked) & _values(first.sentence.text)  # a sentence without the question's number answers another one
    alike = [one for one in candidates[:_LOOKED_AT] if _says_the_same(first, one) and numbers <= _values(one.sentence.text)]
    if not alike:
        return None
    others = [one for one in alike if one.evidence.place.document_uid != first.evidence.place.document_uid]
    if others and _differ_in_time(first, others, since):
        timed = [first, *(one for one in others if since.of(one) is not None)]
        return _of_time(asked, SidesKind.SERIES, timed, since, today)
    apart = [one for one in alike if _tells_apart(one, first)]
    if apart:
        return _of_subjects(asked, first, apart)
    return _conflict(first, others, since)


class _Since:
    """Since when each document's sentences hold."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._texts: dict[str, list[str]] = {}
        for one in candidates:
            self._texts.setdefault(one.evidence.place.document_uid, []).append(one.sentence.text)
        self._known: dict[tuple[str, str], date | None] = {}

    def of(self, candidate: Candidate) -> date | None:
        place = candidate.evidence.place
        title = "\n".join((place.title, place.document, *candidate.evidence.heading_path))
        key = (place.document_uid, title)
        if key not in self._known:
            self._known[key] = since_of(title, *self._texts.get(place.document_uid, ()))
        return self._known[key]


def _changes(asked: str, candidates: Sequence[Candidate], first: Candidate, since: _Since) -> list[Candidate] | None:
    """Return what replaces the sentence and itself, or itself and what it replaces."""
    own = _replaced_by(first)
    for one in candidates:
        new, before = (one, first) if own is None else (first, one)
        old = _replaced_by(one) if own is None else own
        if old and _holds(before, old) and _is_related(new, before, asked) and _may_replace(new, before, since):
            return [new, before]
    return None


def _replaced_by(candidate: Candidate) -> list[Quantity] | None:
    """Return the values that a sentence replaces by others; None where it replaces none."""
    change = read_change(candidate.sentence.text)
    if change is None:
        return None
    new = [one for one in quantities_of(change.new) if one.date is None]
    old = [one for one in quantities_of(change.old) if one.date is None and not 1900 <= one.value <= 2100]
    units = {one.unit for one in new}
    of_unit = [one for one in old if one.unit in units] or [one for one in old if not one.unit]
    return of_unit[-1:] or None


def _holds(candidate: Candidate, values: Sequence[Quantity]) -> bool:
    held = [(one.value, one.unit) for one in quantities_of(candidate.sentence.text)]
    return all(any(one.value == value and (one.unit in ("", unit)) for value, unit in held) for one in values)


def _is_related(new: Candidate, old: Candidate, asked: str) -> bool:
    """Tell whether two sentences, with their titles and headings, are about the same thing, and about what is asked."""
    here, there = (_words(_whole(one)) - _of_changes() for one in (new, old))
    return new is not old and len(here & there) >= _RELATED and bool(here & _words(asked))


@cache
def _of_changes() -> frozenset[str]:
    """Return the words that any change is told with, as terms."""
    return frozenset(terms_of(_OF_CHANGES))


def _may_replace(new: Candidate, old: Candidate, since: _Since) -> bool:
    """Tell whether one sentence may stand in the other's place: it is of another document that is not older."""
    if new.evidence.place.document_uid == old.evidence.place.document_uid:
        return False
    held, before = since.of(new), since.of(old)
    return held is None or before is None or held >= before


def _says_the_same(first: Candidate, other: Candidate) -> bool:
    """Tell whether a sentence says otherwise what the first says: in the same words, with another value of the same unit."""
    if other is first or other.sentence.is_row or other.score < _NEAR_BEST * first.score:
        return False
    if (other.evidence.marker, other.position) == (first.evidence.marker, first.position) or not _is_elsewhere(first, other):
        return False
    return _alikeness(first, other) >= _ALIKE and _values_differ(first, other)


def _is_elsewhere(first: Candidate, other: Candidate) -> bool:
    """Tell whether a sentence stands in another document, or below another heading."""
    here, there = first.evidence, other.evidence
    return here.place.document_uid != there.place.document_uid or here.heading_path != there.heading_path


def _alikeness(first: Candidate, other: Candidate) -> float:
    here, there = (_words(_without_names(one.sentence.text)) for one in (first, other))
    least = min(len(here), len(there))
    if least < _LEAST_WORDS or len(here & there) < _HALF * max(len(here), len(there)):
        return 0.0
    return len(here & there) / least


def _values_differ(first: Candidate, other: Candidate) -> bool:
    here, there = (_values(one.sentence.text) for one in (first, other))
    units = {unit for _value, unit in here} & {unit for _value, unit in there}
    return bool(units) and not any(value in there for value in here if value[1] in units)


def _values(text: str) -> set[tuple[float, str]]:
    return {(one.value, one.unit) for one in quantities_of(text) if one.date is None and one.unit != "nth"}


def _differ_in_time(first: Candidate, others: Sequence[Candidate], since: _Since) -> bool:
    """Tell whether it is times that tell the documents apart: each has one, and their titles differ in nothing else."""
    held = since.of(first)
    if held is None:
        return False
    return any((other := since.of(one)) is not None and other != held and not _subject(one, first) for one in others)


def _subject(one: Candidate, than: Candidate) -> set[str]:
    """Return the words by which the title and headings of one differ from the other's, times left out."""
    here, there = (_words(_without_numbers(_place(two))) for two in (one, than))
    return {word for word in here - there if not _TIMELESS.match(word)}


def _of_time(asked: str, kind: SidesKind, found: Sequence[Candidate], since: _Since, today: date) -> Sides | None:
    """Return the sides by their time: the newest that holds first, then those before it, then what holds later; where the question
    names a year, that year's first."""
    years = {day.year for day in dates_in(asked)}
    sides = [Side.of(one, since=since.of(one)) for one in found]
    if kind is SidesKind.SERIES:
        of_year = [side for side in sides if side.since and side.since.year in years]
        if len(years) == 1 and of_year:
            return None if sides[0] in of_year else Sides(kind=kind, sides=tuple(of_year[:1]))
        sides.sort(key=lambda side: side.since or date.min, reverse=True)
    if years and any(side.since and side.since.year in years for side in sides):
        sides.sort(key=lambda side: not (side.since and side.since.year in years))
    sides.sort(key=lambda side: bool(side.since and side.since > today))
    documents: dict[str, Side] = {}
    for side in sides:
        documents.setdefault(side.passage.evidence.place.document_uid, side)
    kept = tuple(documents.values())[:_MOST]
    return Sides(kind=kind, sides=kept) if len(kept) > 1 else None


def _of_subjects(asked: str, first: Candidate, alike: Sequence[Candidate]) -> Sides | None:
    """Return the sides by the group, place or product that each is about, where the question names none of them."""
    folded = asked.casefold()
    sides = [Side.of(first, name=_name_of(first, alike[0]))]
    for one in alike:
        name = _name_of(one, first)
        if name and name.casefold() not in {side.name.casefold() for side in sides}:
            sides.append(Side.of(one, name=name))
    if len(sides) < 2 or not sides[0].name:
        return None
    asked_terms = set(terms_of(asked))
    names = [set(terms_of(normalize(side.name))) for side in sides]
    common = set[str]().union(*names).intersection(*names)
    if any(side.name.casefold() in folded or (own - common) & asked_terms for side, own in zip(sides, names, strict=True)):
        return None
    return Sides(kind=SidesKind.SUBJECTS, sides=tuple(sides[:_MOST]))


def _tells_apart(one: Candidate, than: Candidate) -> bool:
    """Tell whether two sentences are about two groups, places or products: other names, other headings of one document, or titles
    that are alike but for a word. Documents with nothing in common in their titles disagree rather."""
    if not _name_of(one, than) or not _name_of(than, one):
        return False
    if one.evidence.place.document_uid == than.evidence.place.document_uid or _names_apart(one, than):
        return True
    return bool(_words(one.evidence.place.title) & _words(than.evidence.place.title))


def _name_of(one: Candidate, than: Candidate) -> str:
    """Return what a sentence is about and the other is not: a name in it, or the heading or title that it stands below."""
    other = _whole(than).casefold()
    names = [name for name in _named(one.sentence.text) if name.casefold() not in other]
    if names and (span := _span_of(names, one.sentence.text)):
        return span
    for heading in (*reversed(one.evidence.heading_path), one.evidence.place.title):
        if _words(_without_numbers(heading)) - _words(_whole(than)) or any(
            name.casefold() not in other for name in _named(heading)
        ):
            return heading
    return ""


def _named(text: str) -> list[str]:
    found = list(names_and_codes(text))
    # "Alpha 300": a number behind a capitalised word belongs to the name.
    return [*found, *(match[0] for match in re.finditer(r"\b[A-Z][\w-]+ \d+\b", text))]


def _span_of(names: Sequence[str], text: str) -> str:
    """Return the longest of the names as it stands in the text."""
    return max((name for name in names if name in text), key=len, default="")


def _conflict(first: Candidate, others: Sequence[Candidate], since: _Since) -> Sides | None:
    sure = [one for one in others if _alikeness(first, one) >= _SURELY_ALIKE and not _names_apart(first, one)]
    documents = {one.evidence.place.document_uid: one for one in reversed(sure)}
    if not documents:
        return None
    kept = [first, *list(documents.values())[: _MOST - 1]]
    return Sides(kind=SidesKind.CONFLICT, sides=tuple(Side.of(one, since=since.of(one)) for one in kept))


def _names_apart(first: Candidate, other: Candidate) -> bool:
    here, there = ({name.casefold() for name in _named(f"{_place(one)}\n{one.sentence.text}")} for one in (first, other))
    return bool(here - there) and bool(there - here)


def _place(one: Candidate) -> str:
    return "\n".join((one.evidence.place.title, *one.evidence.heading_path))


def _whole(one: Candidate) -> str:
    return f"{_place(one)}\n{one.sentence.lead}\n{one.sentence.text}"


def _words(text: str) -> set[str]:
    return {term for term in terms_of(normalize(text)) if not re.search(r"\d", term)}


def _without_numbers(text: str) -> str:
    return _TIMES.sub(" ", text)


def _without_names(text: str) -> str:
    for name in sorted(_named(text), key=len, reverse=True):
        text = text.replace(name, " ")
    return text
