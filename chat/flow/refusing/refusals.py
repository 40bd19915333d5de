"""Refusals: their sentences, one for each reason, and what the reader may try."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.flow.refusing.instead import Offer, nearest_of
from chat.flow.trace import AnswerTrace
from chat.types import Answer, Outcome
from language.scripts.answer_language import code_of


def refuse(trace: AnswerTrace, reason: str, offer: Offer) -> Answer:
    """Return a refusal that names the nearest sources, one a document, and what is offered instead."""
    with translation.override(code_of(trace.asked.question)):
        message, hint, back = sentence_of(reason), hint_of(reason), question_back() if offer.rewordings else ""
    return replace(
        trace.answer(),
        outcome=Outcome.REFUSED,
        sentences=(),
        citations=(),
        nearest=nearest_of(trace.evidence),
        reason=reason,
        message=message,
        hint=hint,
        instead=offer.instead,
        owners=offer.owners,
        question_back=back,
        choices=offer.rewordings,
    )


def sentence_of(reason: str) -> str:
    """Return why there is no answer, in the active language."""
    match reason:
        case "nothing_found":
            return _("No document is related to this question.")
        case "nothing_supported":
            return _("No document supports the answer that was generated, so it is not shown.")
        case "model_declined":
            return _("The model read the closest passages and found no answer in them.")
    return _("The closest passages do not contain the answer.")


def question_back() -> str:
    """Return what introduces rewordings, in the active language."""
    return _("The documents do answer these questions:")


def hint_of(reason: str) -> str:
    """Return what the reader may try, in the active language."""
    return _("Rephrase the question, use exact names, or ask the people who maintain these documents.")


def whom_to_ask(owners: Sequence[str]) -> str:
    """Return who owns the documents and may know more, in the active language; "" where nobody is named."""
    if not owners:
        return ""
    said = ngettext(
        "You can ask %(people)s, who owns these documents.", "You can ask %(people)s, who own these documents.", len(owners)
    )
    return said % {"people": _(", ").join(owners)}
