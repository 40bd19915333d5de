"""What an export holds, whatever its format: questions, answers as blocks, and notes that are numbered through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.conversations.footnotes import name_place
from chat.errors import sentence_for
from chat.flow.refusing.refusals import sentence_of
from chat.models import Turn
from chat.rendering import Block, ShownSentence, lay_out, source_address
from chat.types import GUARDED, NOT_JUDGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A footnote: where a quote stands, and what it says."""

    number: int  # from 1 through the whole export
    place: str
    quote: str
    address: str  # of the page with the quote marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A question with its answer. `said`: in place of an answer, or behind it."""

    question: str
    blocks: tuple[Block, ...]
    notes: Mapping[int, Note]  # by the marker in the answer
    said: tuple[str, ...]

    def notes_of(self, sentence: ShownSentence) -> list[Note]:
        """Return the footnotes of a sentence, in its order."""
        return [self.notes[citation["marker"]] for citation in sentence.citations]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A conversation as it may be read now."""

    title: str
    head: str  # when it was exported, and from where
    parts: tuple[Part, ...]

    @property
    def notes(self) -> list[Note]:
        return [note for part in self.parts for note in part.notes.values()]


def write_script(title: str, shown: Sequence[tuple[Turn, dict[str, Any]]], *, head: str, base: str) -> Script:
    """Return the script of turns with what may be read of their answers, in the active language.

    Args: base: what the addresses of sources begin with ("https://attest.example").
    """
    parts, number = [], 0
    for turn, answer in shown:
        notes = {}
        for citation in sorted(answer.get("citations", ()), key=lambda row: row["marker"]):
            number += 1
            notes[citation["marker"]] = _note(citation, number, base=base)
        blocks = () if answer.get("outcome") == "refused" else tuple(lay_out(answer))
        parts.append(Part(question=turn.question, blocks=blocks, notes=notes, said=tuple(_said(turn, answer))))
    return Script(title=title, head=head, parts=tuple(parts))


def _note(citation: Mapping[str, Any], number: int, *, base: str) -> Note:
    quote = " ".join(citation["quote"].split())
    return Note(number=number, place=name_place(citation), quote=quote, address=f"{base}{source_address(citation)}")


def _said(turn: Turn, answer: Mapping[str, Any]) -> list[str]:
    if turn.state == Turn.State.FAILED:
        return [str(_("No answer was given.")), sentence_for(turn.error_code)]
    if answer.get("reason") in (GUARDED, NOT_JUDGED):
        return [str(_("This is not answered here")), answer.get("message", "")]
    if answer.get("outcome") == "refused":
        return [str(_("The documents do not answer this")), sentence_of(answer.get("reason", ""))]
    if answer.get("outcome") == "chat":
        return [answer["answer"]]
    said = [str(_("Stopped."))] if turn.state == Turn.State.STOPPED else []
    if hidden := answer.get("hidden", 0):
        said.append(
            ngettext(
                "%(number)s sentence is not shown because its source was deleted or you cannot read it.",
                "%(number)s sentences are not shown because their sources were deleted or you cannot read them.",
                hidden,
            )
            % {"number": hidden}
        )
    return said
