"""Hold a text against guards: by rule on a thread, by a model on the event loop."""

import logging
from collections.abc import Callable, Iterable, Sequence

from gateway.threads import run_in_thread
from guards.errors import ClassifierFailed
from guards.kinds import classifier, patterns, personal, planted, topics, words
from guards.models import Guard
from guards.ports import UNAVAILABLE, Hit, Instruments, hit_of
from language.scripts.answer_language import language_of

logger = logging.getLogger(__name__)

_BY_MODEL = (Guard.Kind.LLAMA_GUARD, Guard.Kind.CLASSIFIER)
_FINDERS: dict[str, Callable[[Guard, str, Instruments], list[str]]] = {
    Guard.Kind.WORDS: lambda guard, text, _instruments: words.find(guard, text),
    Guard.Kind.PATTERNS: lambda guard, text, _instruments: patterns.find(guard, text),
    Guard.Kind.PERSONAL: lambda guard, text, _instruments: personal.find(guard, text),
    Guard.Kind.TOPICS: topics.find,
    Guard.Kind.ONLY_TOPICS: topics.find,
    Guard.Kind.PLANTED: planted.find,
}


def check_by_rule(guards: Iterable[Guard], text: str, *, instruments: Instruments, document: str = "") -> list[Hit]:
    """Return what the guards that need no model find in a text of their language. Not for the event loop."""
    language = language_of(text)
    return [
        hit_of(guard, rule, document=document)
        for guard in guards
        if guard.kind not in _BY_MODEL and guard.language in ("", language)
        for rule in _FINDERS[guard.kind](guard, text, instruments)
    ]


async def check_by_model(
    guards: Iterable[Guard], question: str, answer: str = "", *, choose: classifier.Choose | None = None
) -> list[Hit]:
    """Return what the guards find that ask a model. One whose model gives no judgement is a hit of its own: whoever blocks by it
    does not let through what it has not judged."""
    language, hits = language_of(answer or question), list[Hit]()
    for guard in guards:
        if guard.kind in _BY_MODEL and guard.language in ("", language):
            try:
                hits += [hit_of(guard, rule) for rule in await classifier.find(guard, question, answer, choose=choose)]
            except ClassifierFailed as error:
                logger.warning("guard %s gave no judgement: %s", guard.uid, error)
                hits.append(hit_of(guard, UNAVAILABLE))
    return hits


async def check_text(guards: Sequence[Guard], text: str, *, question: str = "", instruments: Instruments) -> list[Hit]:
    """Return all that is found in a question; with `question`, in the answer to it."""
    hits = await run_in_thread(check_by_rule)(guards, text, instruments=instruments)
    by_model = await check_by_model(guards, question or text, text if question else "")
    return hits + by_model
