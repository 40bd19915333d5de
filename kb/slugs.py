"""Addresses of pages: of a collection, derived from its name, and what in one is a UUID."""

import hashlib
from collections.abc import Container
from itertools import count
from uuid import UUID

from django.utils.text import slugify

LONGEST = 60  # as kb.models.Collection.slug
_ROOM_FOR_NUMBER = 6  # "-99999"


def slug_for(name: str, *, taken: Container[str]) -> str:
    """Return a free address for a name in any script: Latin letters as they are, Chinese in pinyin ("差旅" is "cha-lv").

    A name in which nothing can be spelled so gets "collection-" and four digits that follow from it.
    """
    base = _cut(slugify(_spell(name)), LONGEST - _ROOM_FOR_NUMBER)
    if not base:
        base = f"collection-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
    if base not in taken:
        return base
    return next(slug for number in count(2) if (slug := f"{base}-{number}") not in taken)


def _spell(name: str) -> str:
    """Return the name with its Chinese characters in pinyin, each a word."""
    if name.isascii():
        return name
    from pypinyin import lazy_pinyin  # 1.5 s and 55 MB: not before somebody names a collection in Chinese

    return " ".join(lazy_pinyin(name))


def _cut(slug: str, longest: int) -> str:
    """Shorten a slug at a hyphen where one is near."""
    if len(slug) > longest:
        head, _hyphen, tail = slug[:longest].rpartition("-")
        slug = head if head and len(tail) < longest // 2 else slug[:longest]
    return slug.strip("-_")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as addresses of pages have it."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
