"""An answer as plain text for chat clients: markers in the text, what they point to below it."""

from django.utils.translation import gettext as _

from chat.types import Answer, Citation, Evidence, Outcome
from kb.places import tell_page


def footnotes(answer: Answer) -> str:
    """Return one line a citation: its marker, where it stands, the quoted words."""
    return "\n".join(f"[{one.marker}] {place(one)}: “{' '.join(one.quote.split())}”" for one in answer.citations)


def refusal_text(answer: Answer) -> str:
    """Return what is said instead of an answer, with the nearest sources."""
    lines = [_("The documents do not hold the answer.")]
    if answer.nearest:
        lines += ["", _("Nearest sources") + ":", *(f"- {place(one)}" for one in answer.nearest)]
    return "\n".join(lines)


def answer_text(answer: Answer) -> str:
    """Return the whole message: the answer and its footnotes, or the refusal."""
    if answer.outcome == Outcome.REFUSED:
        return refusal_text(answer)
    return f"{answer.text}\n\n{footnotes(answer)}"


def place(one: Citation | Evidence) -> str:
    parts = [one.title, _("version %(number)s") % {"number": one.version}]
    if page := tell_page(number=one.page, label=one.page_label):
        parts.append(page)
    return ", ".join(parts)
