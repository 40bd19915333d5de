# ruff: noqa: E501 - a pattern is read in one line
"""An English follow-up as a question that stands alone."""

import re
from collections.abc import Sequence

from chat.flow.rewriting.follow_ups.openings import capitalise, without_correction
from chat.flow.rewriting.follow_ups.phrases import PREPOSITIONS, Phrase, antecedent_of, phrases_of, stem, with_article
from chat.flow.rewriting.follow_ups.value import FollowUp
from language.lexicon import word_set
from language.quantities import find_numbers

_LEAD = re.compile(
    r"^(?:(?:and|but|or|so|then|ok(?:ay)?|also)\b[\s,]*)*(?:(?:what|how)\s+about|what\s+if|(?:is|are)\s+that\s+also|the\s+same\s+for)\b[\s,]*"
    r"|^(?:(?:and|but|or|so|then|also)\b[\s,]*)+",
    re.IGNORECASE,
)
_IT = "(?-i:[Ii]t)"  # "IT" is a department
_ANY_PRONOUN = re.compile(
    rf"\b(?:{_IT}|its|they|them|their|theirs|he|she|him|her|his|this|that|these|those|there|one|ones|the same|such)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(rf"\b(?:(?P<whose>its|their|theirs|his|her(?=\s+[a-z]))|{_IT}|they|them|he|she|him|her)\b", re.IGNORECASE)
# "Is it allowed to …": this "it" stands for what follows, not for anything said before.
_IT_OF_WHAT_FOLLOWS = re.compile(r"\b(?:is|was|isn't|would)\s+it\s+(?:\w+\s+){1,2}?(?=to\b)", re.IGNORECASE)
_WH = re.compile(
    r"\b(?:what|who|whom|whose|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(
    r"\b(?:after|before|under|over|within|for|with|without|in|on|at|during|since|until|from|as)\s+(?:[\w$€£%.,'’-]+\s*){1,6}$",
    re.IGNORECASE,
)
_UNITS = re.compile(r"\b(?:hour|day|week|month|year|percent|dollar|mile|people|employee)s?\b", re.IGNORECASE)
_ALL_OF_THEM = re.compile(
    r"^(?:so |and |but )*(?:(?:are|is|were|was) (?:those|these|they|that|this)(?: really)? (?:all|the only|everything|every)\b\s*(?P<what>.*)"
    r"|(?:is|are) there (?:any(?:thing)? |some )?(?:others?|more|else)\b\s*(?P<more>.*)|(?:any (?:others?|more)|anything else|what else|which others?)\b\s*(?P<others>.*))$",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\s*\b(?:(?:in|of|for|on|within|across) (?:the|our|this) (?:whole|entire|complete) [\w-]+|at all|overall|altogether|in total|in general)$",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(
    r"^(?P<how>how (?:many|much))\s+(?=(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\bhow (?:many|much)\s+(?P<what>.+?)\s+(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"(?:people|persons?|staff|interns?|students?|guests?|women|men|mothers|fathers|parents|part-timers|[a-z]{2,}(?:ors|ers|ees|ists|ants|ians|mates|leagues))$",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(r"(?P<verb>do|can|may|must|should|will|could|am|are|have|was)\s+(?:i|we|you)\b", re.IGNORECASE)
_STOP = word_set(
    """
    what who whom whose when where which why how is are was were do does did can could may must should will would has have had
    be been a an the i me my we our you your of to in on at for from by with and or not many much long often far there that
    this it if per get
    """
)
_MIN_WORDS_ALONE = 5  # a question with so many content words and no pronoun stands alone
_GUESSED_WORDS = 3  # content words up to which a question without a name may leave out what it is about
_OPENS_A_REQUEST = re.compile(
    r"^(?:can|could|would|will) you\b|^(?:please|tell|explain|describe|introduce|show|give|list|summari[sz]e)\b", re.IGNORECASE
)


def rewrite_english(question: str, previous: str) -> FollowUp:
    """Return the question in a form that can be searched without the one before.

    Args:
        question: without opening courtesies.
        previous: the question before, as it was searched.
    """
    if changed := without_correction(question):
        return _replace(previous, _bare(changed))
    lead = _LEAD.match(question)
    bare = _bare(question[lead.end() :] if lead else question)
    if not bare:
        return FollowUp(previous)
    if (asked := _ALL_OF_THEM.match(bare)) is not None:
        return _ask_for_all(question, previous, asked)
    words = content_of(bare)
    asks = bool(_WH.match(bare))
    if not asks and len(words) <= _MIN_WORDS_ALONE and (lead or len(bare.split()) <= _MIN_WORDS_ALONE + 1):
        return _replace(previous, bare)
    if not asks:
        return FollowUp(question)
    question = f"{capitalise(bare)}?" if lead else question
    if _ANY_PRONOUN.search(_IT_OF_WHAT_FOLLOWS.sub(" ", bare)) and len(words) <= _MIN_WORDS_ALONE:
        return FollowUp(_without_pronoun(bare, previous) or f"{capitalise(bare)}? ({topic_of(previous)})")
    if (how := _HOW_MANY.match(bare)) and (counted := _COUNTED.search(previous)):
        return FollowUp(capitalise(f"{how['how']} {counted['what']} {bare[how.end() :]}?"))
    if len(words) <= 1 and len(bare.split()) <= 3:  # "How much?", "When?"
        return FollowUp(f"{capitalise(bare)}? ({topic_of(previous)})")
    return _with_what_it_is_about(question, bare, previous, words)


def content_of(text: str) -> list[str]:
    """Return the words of a question that say what it is about."""
    words = re.findall(r"[\w$%'-]+", text)
    return [word.lower() for word in words if word == "IT" or not (word.lower() in _STOP or _ANY_PRONOUN.fullmatch(word))]


def topic_of(previous: str) -> str:
    """Return a question as a topic to search with: without its question mark and an earlier bracket."""
    return re.sub(r"\s*[(（][^()（）]*[)）]$", "", previous).rstrip(" ?？。.!")


def _bare(text: str) -> str:
    return text.strip().rstrip(" ?.!")


def _ask_for_all(question: str, previous: str, asked: re.Match[str]) -> FollowUp:
    """Turn "are those the only roles in the project?" into a question for all of them."""
    what = next((one for one in asked.groups() if one), "").strip()
    what = re.sub(r"^(?:of (?:them|those)|the|of the|there (?:is|are))\b\s*", "", what).strip()
    what = _WHOLE.sub("", what).strip()  # in whatever it may be: all are asked for
    if not what:
        return FollowUp(previous)
    if what.split()[0].lower() in PREPOSITIONS:
        named = next(iter(phrases_of(previous)), None)
        if named is None:
            return FollowUp(f"{capitalise(_bare(question))}? ({topic_of(previous)})")
        what = f"{named.text} {what}"
    return FollowUp(_all_within(what))


def _all_within(what: str) -> str:
    named, *place = re.split(r"\s+(?=(?:in|of|for|at|on|within)\b)", what, maxsplit=1)
    return " ".join(["Which", named, "are there", *place]) + "?"


def _without_pronoun(bare: str, previous: str) -> str:
    """Put what the question before names in the place of "it", "its", "they"; "" where that is not sure."""
    found = list(_PRONOUN.finditer(bare))
    others = _ANY_PRONOUN.sub(" ", _PRONOUN.sub(" ", bare)) != _PRONOUN.sub(" ", bare)
    named = antecedent_of(previous)
    if named is not None and not named.is_name and _ASKED_FOR.search(previous[: named.start]):
        return ""  # "How do I request a laptop?": what is done with the laptop may be meant
    is_person = bool(found) and found[0].group(0).lower() in ("he", "she", "him", "her", "his")
    if (
        named is None
        or (is_person and not named.is_name)
        or len(found) != 1
        or others
        or any(one.start < found[0].start() for one in phrases_of(bare) if one.is_name)
    ):
        return ""
    known = {stem(word) for word in named.words}
    if known & {stem(word) for word in content_of(bare)}:
        return ""
    put = with_article(previous, named)
    if found[0]["whose"]:
        put += "'" if put.endswith("s") else "'s"
    return f"{capitalise(bare[: found[0].start()] + put + bare[found[0].end() :])}?"


def _with_what_it_is_about(question: str, bare: str, previous: str, words: list[str]) -> FollowUp:
    """Add the name that the question before is about to one that names none: a guess, to be confirmed by what is found."""
    named = antecedent_of(previous)
    is_guess = (
        named is not None
        and 0 < len(words) <= _GUESSED_WORDS
        and not any(one.is_name for one in phrases_of(bare))
        and not {stem(word) for word in named.words} & {stem(word) for word in words}
        and not re.search(r"\d", bare)
        and not _OPENS_A_REQUEST.match(bare)
        and not re.search(r"\b(?:of|for|about|i|we|you|my|our|your)\b", bare, re.IGNORECASE)
    )
    if not is_guess or named is None:
        return FollowUp(question)
    joint = "for" if named.before in ("for", "in", "at") and not named.is_name else "of"
    return FollowUp(f"{capitalise(bare)} {joint} {with_article(previous, named)}?", plain=question)


def _replace(previous: str, change: str) -> FollowUp:
    """Put a change ("of the Beta 500", "after 15 years", "soy") where the question before has its like; else append it."""
    base = previous.rstrip(" ?.!")
    first = change.split()[0].lower()
    if placed := _replace_number(base, change, first) or _replace_constraint(base, change, first):
        return FollowUp(placed)
    before = first if first in PREPOSITIONS else ""
    bare = re.sub(r"^(?:the|a|an)\s+", "", change.partition(" ")[2] if before and " " in change else change, flags=re.IGNORECASE)
    joiner = " " if before else ", for "
    appended = f"{base}{joiner}{change}?"
    if not before and (asked := _ASKED_FOR.search(base)) and _is_group(bare):
        return FollowUp(f"{base[: asked.start()]}{_plural_of(asked['verb'])} {bare}{base[asked.end() :]}?", plain=appended)
    phrases = phrases_of(base)
    like, is_sure = _like(bare, change, phrases, before=before)
    if like is None:
        return FollowUp(appended)
    put = bare if before or re.search(r"\b(?:the|a|an)\s+$", base[: like.start], re.IGNORECASE) else change
    replaced = _agree(f"{base[: like.start]}{put}{base[like.end :]}?")
    return FollowUp(replaced) if is_sure else FollowUp(replaced, plain=appended)


def _replace_number(base: str, change: str, first: str) -> str:
    """Put a number alone ("after fifteen") in the place of the only one, after the same word if after any: its unit stays.

    "" where the change is no number alone, or its place is not sure.
    """
    before = first if first in PREPOSITIONS else ""
    number = change[len(before) :].strip()
    held = find_numbers(base)
    if len(held) != 1 or find_numbers(number) != [(0, len(number))]:
        return ""
    start, end = held[0]
    if before and not re.search(rf"\b{before}\s+$", base[:start], re.IGNORECASE):
        return ""
    return f"{base[:start]}{number}{base[end:]}?"


def _replace_constraint(base: str, change: str, first: str) -> str:
    old = _CONSTRAINT.search(base)
    if old and _CONSTRAINT.match(change) and (old.group(0).split()[0].lower() == first or _shares_unit(old.group(0), change)):
        return f"{base[: old.start()].rstrip()} {change}?"
    for word in re.findall(r"\b(?:after|before|under|over|within)\s+[\w-]+\s+\w+", base, re.IGNORECASE):
        if _shares_unit(word, change):
            return f"{base.replace(word, change)}?"
    return ""


def _like(bare: str, change: str, phrases: Sequence[Phrase], *, before: str) -> tuple[Phrase | None, bool]:
    """Return the phrase of the question before that a change takes the place of, and whether that is sure.

    A name takes a name's place; what ends with the same word ("green pea protein") takes that phrase's; after "the" what is asked
    of something, without it the something.
    """
    is_name = any(one.is_name for one in phrases_of(f"of {bare}"))
    head = stem(bare.split()[-1]) if bare else ""
    alike = [one for one in phrases if one.head == head and not (one.is_name and not is_name)]
    names = [one for one in phrases if one.is_name and is_name]
    placed = [one for one in phrases if before and one.before == before]
    if sure := [*alike[-1:], *names[-1:], *placed[-1:]]:
        return sure[0], True
    if before or is_name:
        return None, False
    owned = [one for one in phrases if one.before == "of"][-1:]
    if owned and re.match(r"the\b", change, re.IGNORECASE) and phrases[0] is not owned[0]:
        return phrases[0], True
    only = owned or (phrases if len(phrases) == 1 else [])
    return (only[0], False) if only and not only[0].is_name and _is_group(only[0].text) == _is_group(bare) else (None, False)


def _is_group(text: str) -> bool:
    """Tell whether words name people: contractors, interns, part-time staff."""
    return bool(_PEOPLE.search(text))


def _plural_of(verb: str) -> str:
    return {"am": "are", "was": "were", "have": "have"}.get(verb.lower(), verb)


def _agree(question: str) -> str:
    """Let "What are the approver role" ask for one."""
    found = re.match(
        r"(what|who|which) are the ((?:[\w-]+ )*?[\w-]*[^s\W])(?=\s+(?:in|of|for|at|on)\b|\?)", question, re.IGNORECASE
    )
    return f"{found[1]} is the {found[2]}{question[found.end() :]}" if found else question


def _shares_unit(old: str, new: str) -> bool:
    found = [{unit.lower().rstrip("s") for unit in _UNITS.findall(text)} for text in (old, new)]
    return bool(found[0] & found[1])
