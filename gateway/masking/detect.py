"""Find personal data in a text: people, mail addresses, telephone numbers, identity and account numbers.

Patterns with check digits, the numbering plans of all countries (phonenumbers), word lists, and jieba's tagger for Chinese names:
nothing is downloaded, and nothing leaves the process.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

import phonenumbers

from gateway.masking.chinese import find_chinese_names
from gateway.masking.english import find_english_names
from gateway.masking.numbers import find_bank_numbers, find_ids


class Kind(StrEnum):
    """Also the word of a placeholder. Earlier ones win where two overlap."""

    EMAIL = "EMAIL"
    ID = "ID"
    BANK = "BANK"
    PHONE = "PHONE"
    PERSON = "PERSON"


class Found(NamedTuple):
    start: int
    end: int
    kind: Kind


_REGIONS = ("US", "CN", "GB")  # for numbers without a country's code
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9_][\w.+%-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w-])", re.ASCII)
_HAN = re.compile(r"[\u3400-\u9fff]")
_MIN_PHONE_DIGITS = 7
_DIGITS_ENOUGH = re.compile(r"\d(?:\D{0,3}\d){6}")
_DATE_OR_AMOUNT = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|(?:19|20)\d\d\s*[-–/]\s*(?:19|20)\d\d|\d{1,3}(?:,\d{3})+")
_LANDLINE_ZH = re.compile(r"(?<![\d-])0\d{2,3}-\d{7,8}(?:-\d{1,5})?(?![\d-])")


def find_personal_data(text: str) -> list[Found]:
    """Return what is to be masked, in order, without overlaps; of two that overlap the kind of higher rank, then the longer."""
    finders: tuple[tuple[Kind, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
        (Kind.EMAIL, _find_emails),
        (Kind.ID, find_ids),
        (Kind.BANK, find_bank_numbers),
        (Kind.PHONE, _find_phones),
        (Kind.PERSON, _find_people),
    )
    taken: list[Found] = []
    for kind, find in finders:
        for start, end in sorted(find(text), key=lambda span: span[0] - span[1]):
            if all(end <= other.start or other.end <= start for other in taken):
                taken.append(Found(start, end, kind))
    return sorted(taken)


def _find_people(text: str) -> Iterator[tuple[int, int]]:
    yield from find_english_names(text)
    if _HAN.search(text):
        yield from find_chinese_names(text)


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        yield match.span()


def _find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Yield valid numbers of any country with its code, and of three countries without."""
    if not _DIGITS_ENOUGH.search(text):
        return  # the matcher takes milliseconds a page
    for match in _LANDLINE_ZH.finditer(text):
        yield match.span()
    for region in _REGIONS:
        for number in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
            raw = number.raw_string
            if sum(map(str.isdigit, raw)) >= _MIN_PHONE_DIGITS and not _DATE_OR_AMOUNT.search(raw):
                yield number.start, number.end
