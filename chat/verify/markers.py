"""Remove what a model writes around its words: citation markers, layout, links."""

import re
from dataclasses import dataclass

from language.sentences import LAYOUT, MARKER

_MARKER = re.compile(rf"[^\S\n]*{MARKER}")
_NUMBER = re.compile(r"\d{1,3}")
_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:javascript|data|mailto|vbscript):)[^\s<>\"'）)】\]，。]*"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|info|biz|xyz|top|cn|ru|me|co|ai|gov|edu)(?:/[^\s<>\"'）)】\]，。]*)",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    r"!\s*\[[^\]]*\]\s*[(\[]|<\s*/?\s*[a-z!?][^>]*>?|\]\s*\(\s*(?!https?://)[^)\s]+\)|^\s*\[[^\]]+\]:\s*\S+",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A sentence, its layout and its markers."""

    prefix: str  # white space, bullet, number or heading marks before it
    text: str  # without markers
    markers: tuple[int, ...]  # in order, each once


def read_markers(text: str) -> MarkedText:
    """Separate a sentence from its markers and layout; "[1, 2]" names two."""
    layout = LAYOUT.match(text)
    prefix = layout.group(0) if layout else ""
    body = text[len(prefix) :]
    found = [int(number) for marker in _MARKER.finditer(body) for number in _NUMBER.findall(marker.group(0))]
    return MarkedText(prefix, _unmarked(body), tuple(dict.fromkeys(found)))


def without_markers(text: str) -> str:
    """Return a text without anything that looks like a citation marker; a text without any is returned unchanged."""
    return _unmarked(text) if _MARKER.search(text) else text


def _unmarked(text: str) -> str:
    return re.sub(r"\s+([.,;:!?。，；：！？])", r"\1", _MARKER.sub("", text)).strip()


def has_foreign_link(text: str, evidence_text: str) -> bool:
    """Tell whether `text` holds an image, HTML, or an address that is not in the evidence."""
    if _ACTIVE.search(text) and not _is_quoted(_ACTIVE, text, evidence_text):
        return True
    return not _is_quoted(_URL, text, evidence_text)


def _is_quoted(pattern: re.Pattern[str], text: str, evidence_text: str) -> bool:
    matches = [match.group(0).rstrip(".,;:!?") for match in pattern.finditer(text)]
    if any(match.startswith(("!", "<")) for match in matches):
        return False
    return all(match in evidence_text for match in matches)
