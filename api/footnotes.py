"""An answer as plain text for chat clients, with its sources as footnotes."""

from django.utils.translation import gettext as _

from chat.flow.refusing.refusals import whom_to_ask
from chat.types import Answer, Outcome
from kb.place import Place
from kb.templatetags.moments import iso_day
from kb.viewing.places import name_page


def footnotes(answer: Answer) -> str:
    """Return one line for each citation: its marker, place and quote."""
    return "\n".join(
        f"[{one.marker}] {name_place(one.place)}: “{' '.join(one.quote.split())}”{_but(one.place)}" for one in answer.citations
    )


def _but(place: Place) -> str:
    """Return " (expired on …; corrected by …)"; "" where neither is so."""
    said = [_("expired on %(date)s") % {"date": iso_day(place.expired_on)}] if place.expired_on else []
    if (change := place.correction) is not None:
        said.append(_("corrected by %(name)s on %(date)s") % {"name": change.by, "date": iso_day(change.on)})
    return f" ({'; '.join(said)})" if said else ""


def refusal_text(answer: Answer) -> str:
    """Return the refusal, with the nearest sources."""
    lines = [" ".join(said for said in (_("The documents do not contain the answer."), answer.message) if said)]
    if answer.instead:
        lines += ["", answer.instead]
    if answer.nearest:
        lines += ["", _("Closest sources") + ":", *(f"- {name_place(one.place)}" for one in answer.nearest)]
    if asked := asked_back(answer):
        lines += ["", asked]
    if answer.hint:
        lines += ["", " ".join(said for said in (answer.hint, whom_to_ask(answer.owners)) if said)]
    return "\n".join(lines)


def asked_back(answer: Answer) -> str:
    """Return what is asked back with its choices, one a line; "" where nothing is."""
    return "\n".join([answer.question_back, *(f"- {choice}" for choice in answer.choices)]) if answer.choices else ""


def answer_text(answer: Answer) -> str:
    """Return the whole message: the answer and its footnotes, or the refusal."""
    if answer.outcome == Outcome.REFUSED:
        return refusal_text(answer)
    if answer.outcome == Outcome.CHAT:
        return answer.text
    return "\n\n".join(part for part in (answer.text, asked_back(answer), footnotes(answer)) if part)


def name_place(place: Place) -> str:
    """Return “Leave policy, version 2, page iv” in the reader's language."""
    parts = [place.title, _("version %(number)s") % {"number": place.version}]
    if page := name_page(number=place.page, label=place.page_label):
        parts.append(page)
    return ", ".join(parts)
