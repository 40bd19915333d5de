"""Footnotes, endnotes and comments: numbered as they are met, behind the paragraph that refers to them."""

from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.word.names import W
from ingest.parsers.office.word.numerals import write_number

FOOTNOTES, ENDNOTES, COMMENTS = "footnotes", "endnotes", "comments"
KIND_OF = {"footnoteReference": FOOTNOTES, "endnoteReference": ENDNOTES, "commentReference": COMMENTS}
ELEMENTS = {FOOTNOTES: "footnote", ENDNOTES: "endnote", COMMENTS: "comment"}


@dataclass(slots=True)
class Notes:
    """`bodies`: by kind and id. `waiting`: (mark, body) of the notes that were referred to and not written yet."""

    bodies: dict[tuple[str, str], etree._Element] = field(default_factory=dict)
    waiting: list[tuple[str, etree._Element]] = field(default_factory=list)
    comments: list[etree._Element] = field(default_factory=list)
    _marks: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, root: etree._Element) -> None:
        """Take the notes of a part. Separators between text and notes are none."""
        for element in root.iterchildren(f"{W}{ELEMENTS[kind]}"):
            if element.get(f"{W}type", "normal") == "normal":
                self.bodies[kind, element.get(f"{W}id", "")] = element

    def refer(self, reference: etree._Element) -> str:
        """Return the mark of a note that is referred to, "" where there is no such note or the text has a mark of its own."""
        kind = KIND_OF[etree.QName(reference).localname]
        key = (kind, reference.get(f"{W}id", ""))
        body = self.bodies.get(key)
        if body is None:
            return ""
        if kind == COMMENTS:
            self.comments += [] if body in self.comments else [body]
            return ""
        if key not in self._marks:
            is_own = reference.get(f"{W}customMarkFollows", "0") not in ("0", "false")
            self._counts[kind] = self._counts.get(kind, 0) + (not is_own)
            number = self._counts[kind]
            self._marks[key] = "" if is_own else (str(number) if kind == FOOTNOTES else write_number(number, "lowerRoman"))
            self.waiting.append((self._marks[key], body))
        return self._marks[key]

    def take(self) -> list[tuple[str, etree._Element]]:
        """Return the notes that wait, and forget them."""
        waiting, self.waiting = self.waiting, []
        return waiting
