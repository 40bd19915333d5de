"""What a refusal offers: what was found instead and why it does not fit, and questions like this one that would be answered."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from chat.flow.admission import get_admission_queue
from chat.flow.dependencies import AnswerDependencies
from chat.flow.judging import try_question
from chat.flow.rewriting.follow_ups.phrases import CLOSED
from chat.flow.steps import Found, Rewritten
from chat.flow.trace import AnswerTrace
from chat.judge.candidates import Candidate
from chat.types import Evidence
from gateway.threads import run_in_thread
from kb.rights.stewards import owners_of
from language.answer_types import AnswerType, answer_type, holds_answer
from language.features import terms_of
from language.lexicon import word_set
from language.names import tag_words
from language.quantities import normalize
from language.scripts.answer_language import code_of, language_of
from language.scripts.foreign import name_language

NEAREST_SHOWN = 3
OWNERS_NAMED = 3
_OF = "(?:for|in|at|of|with|on|from|during|as)"  # what a phrase that narrows a question begins with
_LEAST_LETTERS = 4
_WORDS_NAMED = 3
_CHECKED = 2  # rewordings that are searched and judged, at most
_LOOKED_AT = 5  # best sentences that may hold what is asked for
_LIGHT = word_set(
    "get gets got go goes make makes take takes let put keep come comes use uses happen happens mean means say says look find "
    "rule rules policy policies regulation regulations provisions thing things information details question answer"
)
_LEAST_SHARE = 0.5  # of a suggested question's words, that the question has to share
_PART_OF_SPEECH = ("n", "v", "a", "eng", "j", "l", "i", "b", "m", "t", "s")  # of Chinese words that say what is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What stands in a refusal beside its reason."""

    instead: str = ""
    rewordings: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()  # of the nearest source's collection, to be asked


async def offer_instead(trace: AnswerTrace, *, dependencies: AnswerDependencies) -> Offer:
    """Return what to tell in place of an answer. A rewording is searched and judged before it is offered.

    Raises: SearchFailed, AccessEnded.
    """
    judged, found, rewritten = trace.judged, trace.found, trace.rewritten
    if judged is None or found is None or not found.evidence:
        return Offer()
    question = judged.question
    with translation.override(code_of(trace.asked.question)):
        instead = _explain(question, found.evidence, judged.candidates)
        # What is offered rests on the documents that the refusal names: who may no longer read these is no longer shown it.
        shown = {one.place.document_uid for one in nearest_of(found.evidence)}
        evidence = [one for one in found.evidence if one.place.document_uid in shown]
        sentences = [one for one in judged.candidates if one.evidence.place.document_uid in shown]
        candidates = list(_rewordings(question, evidence, sentences, _suggested(found, shown)))[:_CHECKED]
    answered: list[str] = []
    async with get_admission_queue().admit():
        for text in candidates:
            tried = await try_question(Rewritten(text=text), dependencies=dependencies, trace=trace)
            tried.note(trace, purpose="rewording", kept=tried.is_answered)
            answered += [text] if tried.is_answered else []
    # The receipt is that of the question, not of the last one tried.
    trace.keep(rewritten)
    trace.keep(found)
    trace.keep(judged)
    owners = await run_in_thread(_owners)(found)
    return Offer(instead=instead, rewordings=tuple(answered), owners=owners)


def _owners(found: Found) -> tuple[str, ...]:
    """Return the names of those who own the collection of the nearest source."""
    nearest = found.search.passages[0].chunk.version.document.collection
    return tuple(person.get_full_name() or person.username for person in owners_of(nearest)[:OWNERS_NAMED])


def nearest_of(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return the nearest sources, one a document, best first."""
    nearest = {one.place.document_uid: one for one in reversed(evidence)}
    return tuple(sorted(nearest.values(), key=lambda one: one.marker)[:NEAREST_SHOWN])


def _suggested(found: Found, shown: set[str]) -> list[str]:
    """Return the questions that the collections of these documents suggest."""
    documents = [passage.chunk.version.document for passage in found.search.passages]
    rows = {one.collection_id: one.collection for one in documents if str(one.uid) in shown}
    return [text for row in rows.values() for text in row.suggested_questions]


def _explain(question: str, evidence: Sequence[Evidence], candidates: Sequence[Candidate]) -> str:
    """Tell what the nearest passage is about, and what of the question it lacks."""
    if language := name_language(question, documents=[piece.text for piece in evidence]):
        return _(
            "The question seems to be written in %(language)s; the passages found are in another language. Ask in the language "
            "of the documents."
        ) % {"language": language}
    heading = evidence[0].heading_path[-1] if evidence[0].heading_path else ""
    title = evidence[0].place.title
    named = f"{title} › {heading}" if heading and heading != title else title
    if missing := unmet_words(question, evidence):
        quoted = _(", ").join(_("“%(word)s”") % {"word": word} for word in missing)
        return _("The nearest passage is in “%(place)s”. No passage found mentions %(words)s.") % {"place": named, "words": quoted}
    wanted = _named_kinds().get(answer_type(normalize(question)))
    best = candidates[:_LOOKED_AT]
    if wanted and not any(holds_answer(answer_type(normalize(question)), one.sentence.text, normalize(question)) for one in best):
        return _("The nearest passage is in “%(place)s”. It is on the subject, but names no %(wanted)s.") % {
            "place": named,
            "wanted": wanted,
        }
    return _("The nearest passage is in “%(place)s”. It is on the subject, but may not answer the question.") % {"place": named}


def _named_kinds() -> dict[AnswerType, str]:
    return {
        AnswerType.PERSON: _("person or role"),
        AnswerType.DATE: _("date"),
        AnswerType.AMOUNT: _("amount"),
        AnswerType.PERCENT: _("percentage"),
        AnswerType.NUMBER: _("number"),
        AnswerType.DURATION: _("duration"),
        AnswerType.PLACE: _("place"),
    }


def unmet_words(question: str, evidence: Sequence[Evidence]) -> list[str]:
    """Return the question's words that no passage holds, as they were written, at most three."""
    held = {term for piece in evidence for term in terms_of(normalize(piece.in_context))}
    whole = "\n".join(piece.in_context for piece in evidence).casefold()
    if language_of(question) == "zh":
        words = [word for word, flag in tag_words(question) if len(word) > 1 and flag.startswith(_PART_OF_SPEECH)]
    else:
        words = [word for word in re.findall(r"[^\W_]+(?:[-'’.][^\W_]+)*", question) if word.lower() not in CLOSED | _LIGHT]
    missing = [
        word
        for word in dict.fromkeys(words)
        if _says_something(word) and word.casefold() not in whole and (own := set(terms_of(normalize(word)))) and not own & held
    ]
    return missing[:_WORDS_NAMED]


def _says_something(word: str) -> bool:
    """Tell whether a word is worth being named: no contraction, no short word of English that is not a name or a number."""
    is_short = word.isascii() and len(word) < _LEAST_LETTERS and not (word.isupper() or any(mark.isdigit() for mark in word))
    return not is_short and not re.search(r"['’]", word)


def _rewordings(
    question: str, evidence: Sequence[Evidence], candidates: Sequence[Candidate], suggested: Iterable[str]
) -> Iterable[str]:
    """Yield questions like this one that the passages may answer, the likeliest first."""
    asked = set(terms_of(normalize(question)))
    seen = {_folded(question)}
    for text in (*_narrowed(question, evidence), *_asked_in(candidates), *suggested):
        terms = set(terms_of(normalize(text)))
        if not terms or len(terms & asked) < _LEAST_SHARE * len(terms) or _folded(text) in seen:
            continue
        seen.add(_folded(text))
        yield text
    heading = evidence[0].heading_path[-1] if evidence[0].heading_path else ""
    if (
        heading
        and heading != evidence[0].place.title
        and asked & set(terms_of(normalize(f"{heading}\n{evidence[0].text}")))
        and _folded(heading) not in seen
    ):
        yield _("What does “%(title)s” say about “%(heading)s”?") % {"title": evidence[0].place.title, "heading": heading}


def _narrowed(question: str, evidence: Sequence[Evidence]) -> Iterable[str]:
    """Yield the question without the phrase that holds a word which no passage mentions: "… for contractors"."""
    if language_of(question) == "zh":
        return
    for word in unmet_words(question, evidence):
        phrase = rf"\s+{_OF}\s+(?:(?!\b{_OF}\b)[\w'’-]+\s+){{0,3}}{re.escape(word)}\b(?=\s*[?,.;!]|\s*$|\s+{_OF}\s)"
        shorter = re.sub(phrase, "", question, flags=re.IGNORECASE)
        if shorter != question and len(terms_of(normalize(shorter))) > 1:
            yield shorter


def _asked_in(candidates: Sequence[Candidate]) -> Iterable[str]:
    """Yield the questions that the passages themselves hold, as a list of frequent ones does."""
    for one in candidates[: 2 * _LOOKED_AT]:
        if one.sentence.text.endswith(("?", "？")) and len(one.sentence.text) <= 160:
            yield re.sub(r"^(?:q|question|问)\s*[:：]\s*", "", one.sentence.text, flags=re.IGNORECASE)


def _folded(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()
