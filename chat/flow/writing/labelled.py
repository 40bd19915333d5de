"""Adds quotations to an answer, each with what the program says before it."""

from collections.abc import Iterable
from dataclasses import replace

from chat.flow.writing.draft import Draft
from chat.types import Sentence, Verdict, VerdictKind
from chat.verify import Verifier
from chat.verify.quotations import Quotation
from gateway.threads import run_in_thread

Labelled = tuple[str, Quotation]  # what is said before a quotation, "" for nothing, and the quotation


async def add_labelled(told: Iterable[Labelled], *, draft: Draft, verifier: Verifier) -> None:
    """Verify and show each quotation. What is said before one rests on it, and falls with it."""
    for label, quotation in told:
        before = draft.written
        draft.change(raw_output=f"{before.raw_output}\n{quotation.marked}" if before.raw_output else quotation.marked)
        with draft.trace.timed("verify"):
            sentence = await run_in_thread(verifier.verify_quotation)(quotation)
        if label and sentence.verdict.kind != VerdictKind.WITHHELD:
            draft.add("", replace(sentence, text=label, prefix="\n\n" if before.shown else ""), is_label=True)
            sentence = replace(sentence, prefix=sentence.prefix if sentence.prefix.strip() else "\n")
        elif not before.shown:
            sentence = replace(sentence, prefix=sentence.prefix.lstrip("\n"))
        draft.add(quotation.marked, sentence, is_quoted=True)


def add_remark(text: str, *, draft: Draft) -> None:
    """Say something of the question itself, which rests on no document."""
    verdict = Verdict(kind=VerdictKind.SUPPORTED, score=1.0)
    draft.add("", Sentence(text=text, verdict=verdict, prefix="\n\n" if draft.written.shown else ""), is_label=True)
