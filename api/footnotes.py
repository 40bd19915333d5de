"""An answer as plain text for chat clients, with its sources as footnotes."""

from dataclasses import asdict

from django.utils.translation import gettext as _

from chat.conversations.footnotes import footnote, name_place
from chat.flow.refusing.refusals import whom_to_ask
from chat.types import Answer, Outcome


def footnotes(answer: Answer) -> str:
    """Return one line for each citation: its marker, place and quote."""
    return "\n".join(footnote(one.as_dict()) for one in answer.citations)


def refusal_text(answer: Answer) -> str:
    """Return the refusal, with the nearest sources."""
    lines = [" ".join(said for said in (_("The documents do not contain the answer."), answer.message) if said)]
    if answer.instead:
        lines += ["", answer.instead]
    if answer.nearest:
        lines += ["", _("Closest sources") + ":", *(f"- {name_place(asdict(one.place))}" for one in answer.nearest)]
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
