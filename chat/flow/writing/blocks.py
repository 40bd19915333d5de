"""What is quoted together: a list with what introduces it, what stands below a heading or a question, a paragraph.

Passages that follow each other on a page are read as one text: a list that was cut into two passages is one list.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat.verify.windows import EvidenceSentence, Passage
from language.list_items import is_item_marker, item_number
from language.scripts.script import is_chinese

_MOST_ITEMS = 40
_GAP = 4  # characters of white space between two passages that follow each other, at most
_ENDS = re.compile(r"[.!?。！？;；:：,，、|…][\"'”’)）\]*_]*$")
_LONGEST_HEADING = 90  # characters; Chinese ones count three


@dataclass(frozen=True, slots=True)
class Spot:
    """A sentence of a passage."""

    passage: Passage
    position: int

    @property
    def sentence(self) -> EvidenceSentence:
        return self.passage.sentences[self.position]

    @property
    def key(self) -> tuple[int, int]:
        return self.passage.evidence.marker, self.position


class Text:
    """The sentences of passages in the order of their documents, where each stands beside its neighbours."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.spots: list[Spot] = []
        self._places: dict[tuple[int, int], int] = {}
        self._begins: set[int] = set()  # spots before which the text was cut
        for passage, is_joined in _in_order(passages):
            if not is_joined:
                self._begins.add(len(self.spots))
            for position in range(len(passage.sentences)):
                self._places[passage.evidence.marker, position] = len(self.spots)
                self.spots.append(Spot(passage, position))

    def place_of(self, marker: int, position: int) -> int:
        """Return where a sentence of a passage stands in `spots`."""
        return self._places[marker, position]

    def list_around(self, place: int) -> list[Spot]:
        """Return the list of two items or more that the sentence stands in or introduces, with what introduces it; or nothing."""
        first = place if self._is_of_item(place) else place + 1
        if first != place and not (self.introduces(place) and self._is_of_item(first)):
            return []
        while self._is_of_item(first - 1) and not self._is_cut(first):
            first -= 1
        last = first
        while self._is_of_item(last + 1) and not self._is_cut(last + 1):
            last += 1
        items = sum(bool(self._item(spot)) for spot in range(first, last + 1))
        if not 2 <= items <= _MOST_ITEMS:
            return []
        led = first > 0 and not self._is_cut(first) and self.introduces(first - 1)
        return self.spots[first - led : last + 1]

    def paragraph_around(self, place: int) -> list[Spot]:
        """Return the sentences that no empty line, list marker or cut parts from this one."""
        first = last = place
        while first > 0 and not self._begins_paragraph(first):
            first -= 1
        while last + 1 < len(self.spots) and not self._begins_paragraph(last + 1):
            last += 1
        return self.spots[first : last + 1]

    def below(self, place: int) -> list[Spot]:
        """Return what a heading, a question or an introduction stands above: a list, else a paragraph."""
        following = place + 1
        if following >= len(self.spots) or self._is_cut(following):
            return []
        listed = self.list_around(following)
        if listed:
            return [spot for spot in listed if self.place_of(*spot.key) > place]
        is_prose = not (self.is_heading(following) or self.spots[following].sentence.is_row)
        return self.paragraph_around(following) if is_prose else []

    def introduces(self, place: int) -> bool:
        """Tell whether a sentence introduces what follows it: it ends with a colon, or is a heading."""
        return self.spots[place].sentence.text.endswith((":", "：")) or self.is_heading(place)

    def is_heading(self, place: int) -> bool:
        """Tell whether a sentence is a short line of its own without a full stop, above other text."""
        sentence = self.spots[place].sentence
        if sentence.is_row or self._item(place) or not sentence.begins_line or _ENDS.search(sentence.text):
            return False
        size = len(sentence.text) * (3 if is_chinese(sentence.text) else 1)
        following = place + 1
        if size > _LONGEST_HEADING or following >= len(self.spots) or self._is_cut(following):
            return False
        return "\n" in self.spots[following].sentence.layout

    def _item(self, place: int) -> str:
        marker = self.spots[place].sentence.item
        return marker if is_item_marker(marker) else ""

    def _is_of_item(self, place: int) -> bool:
        if not 0 <= place < len(self.spots) or self.spots[place].sentence.is_row:
            return False
        while not self._item(place):
            if place == 0 or self._is_cut(place) or self.spots[place].sentence.begins_line:
                return False
            place -= 1
        return True

    def _is_cut(self, place: int) -> bool:
        return place in self._begins or self.spots[place].sentence.follows_gap

    def _begins_paragraph(self, place: int) -> bool:
        sentence = self.spots[place].sentence
        return (
            self._is_cut(place)
            or self.spots[place].position == 0
            or "\n\n" in sentence.layout
            or bool(self._item(place))
            or (sentence.begins_line and self.spots[place - 1].sentence.text.endswith((";", "；", ":", "：")))
            or sentence.is_row
            or self.spots[place - 1].sentence.is_row
            or self.is_heading(place - 1)
        )


def layout_of(spot: Spot) -> str:
    """Return how a sentence of a list is laid out in an answer: "\\n- ", "\\n2. ", or a space where it continues its item."""
    marker = spot.sentence.item
    if not is_item_marker(marker):
        return "\n" if spot.sentence.begins_line else " "
    number = item_number(marker)
    return "\n- " if number is None else f"\n{number}. "


def _in_order(passages: Iterable[Passage]) -> list[tuple[Passage, bool]]:
    """Return the passages by document and page, each with whether it goes on directly where the one before ends."""
    ordered = sorted(passages, key=lambda one: (_page(one), one.evidence.place.start, one.evidence.marker))
    found: list[tuple[Passage, bool]] = []
    for passage in ordered:
        before = found[-1][0] if found else None
        is_joined = (
            before is not None
            and _page(before) == _page(passage)
            and 0 <= passage.evidence.place.start - before.evidence.place.end <= _GAP
        )
        found.append((passage, is_joined))
    return found


def _page(passage: Passage) -> tuple[str, int]:
    return passage.evidence.place.version_uid, passage.evidence.place.page_number


def characters_of(spots: Sequence[Spot]) -> int:
    """Return the length of the sentences together, in characters; Chinese ones count twice."""
    return sum(len(spot.sentence.text) * (2 if is_chinese(spot.sentence.text) else 1) for spot in spots)
