"""Recognise personal numbers by their check digits."""

import re
from collections.abc import Iterator

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_BIRTHDAY = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RESIDENT = re.compile(rf"(?<![0-9A-Za-z])[1-9]\d{{5}}{_BIRTHDAY}\d{{3}}[0-9Xx](?![0-9A-Za-z])")
_SOCIAL = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_CARD = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){12,18}(?![\w-])(?![.,]\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
# A number without a check digit is one where the words before it say so.
_NAMED_ID = re.compile(
    r"(?:passport|driver'?s licen[cs]e|national id|id card|identity card|护照|身份证|证件|港澳通行证|驾驶证)"
    r"(?:\s*(?:number|no\.?|号码|编号|号))?\s*(?:is|was|[:：#为是])?\s*([A-Z]{0,3}\d[A-Z0-9]{5,17})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NAMED_ACCOUNT = re.compile(
    r"(?:account|acct\.?|a/c|银行卡|银行账户|账户|帐户|账号|帐号|卡号)"
    r"(?:\s*(?:number|no\.?|号码|号))?\s*(?:is|was|[:：#为是])?\s*(\d(?:[ -]?\d){7,22})(?!\d)",
    re.IGNORECASE,
)


def find_ids(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of identity papers stand: Chinese resident numbers, US social security, and named ones."""
    for match in _RESIDENT.finditer(text):
        if is_resident_number(match.group()):
            yield match.span()
    for match in _SOCIAL.finditer(text):
        yield match.span()
    for match in _NAMED_ID.finditer(text):
        yield match.span(1)


def find_bank_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of cards and accounts stand: by Luhn, by IBAN, and named ones."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(set(digits)) > 1 and is_luhn(digits):
            yield match.span()
    for match in _IBAN.finditer(text):
        if is_iban(match.group()):
            yield match.span()
    for match in _NAMED_ACCOUNT.finditer(text):
        yield match.span(1)


def is_resident_number(text: str) -> bool:
    """Check a Chinese resident number of 18 digits. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[17].upper()


def is_luhn(digits: str) -> bool:
    """Check a card number. Source: ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Check an account number. Source: ISO 13616-1, MOD 97-10."""
    compact = text.replace(" ", "")
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(mark, 36)) for mark in compact[4:] + compact[:4])) % 97 == 1
