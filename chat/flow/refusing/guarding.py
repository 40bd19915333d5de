"""What follows from the guards: a question that is refused, passages that are left out, an answer that is not shown.

A guard of one collection refuses a question that is asked of that collection alone. Asked of several, the question takes nothing
from it. An answer that a guard may block is held back until the guard has read all of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext as _

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies, configured_dependencies
from chat.flow.events import Emit, Event, Progress
from chat.flow.rights import scope_of
from chat.flow.steps import Found, Guarded, Scoped
from chat.flow.trace import AnswerTrace
from chat.types import GUARDED, NOT_JUDGED, Answer, Evidence, Outcome
from chat.verify.planted import is_planted
from gateway.threads import run_in_thread
from guards.checking import check_by_rule, check_text
from guards.models import Guard
from guards.ports import UNAVAILABLE, Hit, Instruments
from language.scripts.answer_language import code_of, language_of


async def guard_question(trace: AnswerTrace, *, compose: Callable[[], AnswerDependencies]) -> Answer | None:
    """Return the refusal of a question that a guard blocks. Raises: AccessEnded."""
    guards, slugs = await run_in_thread(load_guards)(trace.asked)
    if not guards:
        return None
    is_held = any(guard.side == Guard.Side.ANSWER and guard.blocks for guard in guards)
    guarded = trace.keep(Guarded(guards=guards, is_held=is_held))
    with trace.timed("guards"):
        hits = await check_text(
            guarded.of(Guard.Side.QUESTION), trace.asked.question, instruments=_instruments(lambda: compose().compare_questions)
        )
    blocking = [hit for hit in hits if hit.mode == Guard.Mode.BLOCK]
    shut = frozenset(hit.collection for hit in blocking if hit.collection)
    guarded = trace.keep(replace(guarded, hits=tuple(hits), shut=shut))
    everywhere = [hit for hit in blocking if not hit.collection]
    if everywhere or (shut and shut >= slugs):
        return _refuse(trace, (everywhere or blocking)[0])
    return None


async def guard_evidence(found: Found, *, trace: AnswerTrace, compare: Callable[[str, Sequence[str]], list[float]]) -> Found:
    """Return what was found without what comes from a shut collection, and without passages that a guard blocks."""
    guarded = trace.guarded
    guards = guarded.of(Guard.Side.PASSAGES)
    if not (found.evidence and (guards or guarded.shut)):
        return found
    slug_of = _collections_of(found)
    open_ = [one for one in found.evidence if slug_of.get(one.place.document_uid, "") not in guarded.shut]
    with trace.timed("guards"):
        hits = await run_in_thread(_check_evidence)(open_, guards, slug_of, _instruments(lambda: compare))
    known = trace.guarded.hits  # a question may be searched for several times, and at once
    trace.keep(replace(trace.guarded, hits=tuple(dict.fromkeys((*known, *(hit for _marker, hit in hits))))))
    blocked = {marker for marker, hit in hits if hit.mode == Guard.Mode.BLOCK}
    kept = [one for one in open_ if one.marker not in blocked]
    return replace(found, evidence=tuple(replace(one, marker=place) for place, one in enumerate(kept, start=1)))


async def guard_answer(answer: Answer, *, trace: AnswerTrace, compose: Callable[[], AnswerDependencies]) -> Answer:
    """Return the answer, or the refusal in its place where a guard blocks it."""
    guarded = trace.guarded
    cited = {citation.place.document_uid for citation in answer.citations}
    slug_of = _collections_of(trace.found) if trace.found else {}
    slugs = {slug_of[uid] for uid in cited if uid in slug_of}
    guards = [one for one in guarded.of(Guard.Side.ANSWER) if one.collection is None or one.collection.slug in slugs]
    if not guards or answer.outcome != Outcome.ANSWERED:
        trace.keep(replace(guarded, is_held=False))
        return answer
    with trace.timed("guards"):
        hits = await check_text(
            guards, answer.text, question=trace.asked.question, instruments=_instruments(lambda: compose().compare_questions)
        )
    blocking = [hit for hit in hits if hit.mode == Guard.Mode.BLOCK]
    trace.keep(replace(trace.guarded, hits=(*trace.guarded.hits, *hits), is_held=bool(blocking)))
    return _refuse(trace, blocking[0]) if blocking else answer


def hold(emit: Emit, trace: AnswerTrace) -> Emit:
    """Return what passes on every event, but no sentence that a guard has yet to read."""

    def pass_on(event: Event) -> None:
        if not (trace.guarded.is_held and isinstance(event, Progress)):
            emit(event)

    return pass_on


def without_shut(scoped: Scoped, trace: AnswerTrace) -> Scoped:
    """Return the scope without the collections whose guards refuse the question."""
    shut = trace.guarded.shut
    return replace(scoped, collections=tuple(one for one in scoped.collections if one.slug not in shut)) if shut else scoped


def load_guards(asked: Asked) -> tuple[tuple[Guard, ...], frozenset[str]]:
    """Return the guards in use of what is asked, and the addresses of its collections where a guard is of one.

    Not for the event loop.

    Raises: AccessEnded.
    """
    guards = list(Guard.objects.in_use().select_related("collection"))
    if all(guard.collection is None for guard in guards):
        return tuple(guards), frozenset()
    slugs = frozenset(collection.slug for collection in scope_of(asked).collections)
    return tuple(guard for guard in guards if guard.collection is None or guard.collection.slug in slugs), slugs


def _check_evidence(
    evidence: Iterable[Evidence], guards: Sequence[Guard], slug_of: dict[str, str], instruments: Instruments
) -> list[tuple[int, Hit]]:
    found = []
    for one in evidence:
        slug = slug_of.get(one.place.document_uid, "")
        own = [guard for guard in guards if guard.collection is None or guard.collection.slug == slug]
        hits = check_by_rule(own, one.text, instruments=instruments, document=one.place.document_uid)
        found += [(one.marker, hit) for hit in hits]
    return found


def _collections_of(found: Found) -> dict[str, str]:
    """Return the address of the collection of each document that was found, by the document's uid."""
    documents = (passage.chunk.version.document for passage in found.search.passages)
    return {str(document.uid): document.collection.slug for document in documents}


def served_instruments() -> Instruments:
    """Return what this installation looks into texts with. May load the encoder: not for the event loop."""
    return _instruments(lambda: configured_dependencies().compare_questions)


def _instruments(compare: Callable[[], Callable[[str, Sequence[str]], list[float]]]) -> Instruments:
    """`compare`: returns it, when the first topic asks: it may load the encoder."""
    return Instruments(compare=lambda text, others: compare()(text, others), is_planted=is_planted)


def _refuse(trace: AnswerTrace, hit: Hit) -> Answer:
    guard = next(one for one in trace.guarded.guards if str(one.uid) == hit.guard)
    question = trace.asked.question
    own = guard.message_zh if language_of(question) == "zh" else guard.message_en
    with translation.override(code_of(question)):
        if hit.rule == UNAVAILABLE:
            message = _("This could not be checked just now, so it is not answered. Try again in a moment.")
        else:
            message = own or _("This is not answered here: a rule of your company excludes it.")
    return replace(
        trace.answer(),
        outcome=Outcome.REFUSED,
        origin=None,
        sentences=(),
        citations=(),
        reason=NOT_JUDGED if hit.rule == UNAVAILABLE else GUARDED,
        message=message,
    )
