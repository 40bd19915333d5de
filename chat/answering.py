"""The flow of a question: scope, rewrite, search, evidence, sufficiency, prompt, generate, verify, record, show.

`answer_question` is the one way from a question to an answer; the stream, the command and the evaluation all go through it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Literal

from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import User
from chat.answer_cache import Written, WrittenBefore, find_written, key_of, may_remember, remember_written
from chat.candidates import rank_sentences
from chat.conclusion import conclude, conclude_failed, fail_turn
from chat.errors import ChatError, ContextOverflow, EvidenceWithdrawn, ModelError, ModelSilent, SearchFailed
from chat.evidence import are_readable, gather_evidence
from chat.llm.extractive import NO_OPTIONS, ExtractiveModel
from chat.means import Means, configured_means
from chat.models import Turn
from chat.offload import beside_loop, let_go
from chat.ports import Choice, GenerationOptions, LanguageModel, Message
from chat.preparing import get_line
from chat.prompting import fit_prompt, is_decline
from chat.rewrite import rewrite_question
from chat.rewrite_by_model import as_receipt, rewrite_by_model
from chat.sentences import SentenceBuffer
from chat.sufficiency import DEFAULT_THRESHOLD, assess
from chat.trail import Asked, Trail
from chat.types import Answer, Sentence, Verdict, VerdictKind
from chat.verify import Verifier
from kb.models import Collection
from retrieval.errors import RetrievalError
from retrieval.vocabulary import in_words_of

__all__ = ["Asked", "Event", "Progress", "Status", "answer_question", "ask", "fail_turn"]

WATCH_INTERVAL_S = 1.0
HEARTBEAT_EVERY = 5  # watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is being done now."""

    step: Literal["searching", "reading", "writing", "fallback"]
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The answer so far: every sentence in it has passed."""

    answer: Answer


Event = Status | Progress
Emit = Callable[[Event], None]


def ask(question: str, *, user: User, collection: Collection | None = None, means: Means | None = None) -> Answer:
    """Answer one question from a script or a command, through the same flow and into the same audit.

    Raises: ChatError: there is no answer.
    """
    asked = Asked(question=question, user=user, collection=collection, via="command")
    return async_to_sync(answer_question)(asked, means=means or configured_means())


async def answer_question(asked: Asked, *, means: Means, emit: Emit = lambda _event: None) -> Answer:
    """Answer, or refuse, and return it with its receipt. Cancelled, it records what was released as stopped.

    Raises: ChatError: there is no answer; the failure is in the audit and in the turn.
    """
    trail = Trail(asked=asked)
    work = asyncio.create_task(_answer(trail, means=means, emit=emit))
    watch = asyncio.create_task(_watch(trail))
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            answer = await beside_loop(conclude)(trail, work.result())
            await beside_loop(remember_written)(trail, receipt=answer.receipt)
            return answer
        await _cancel(work)
        if watch.result() == "withdrawn":
            raise EvidenceWithdrawn
        return await beside_loop(conclude)(trail, trail.answer(), is_stopped=True)
    except asyncio.CancelledError:
        await _cancel(work)
        await _conclude_left(trail)
        raise
    except Exception as error:
        await beside_loop(conclude_failed)(trail, error.code if isinstance(error, ChatError) else ChatError.code)
        raise
    finally:
        await _cancel(watch)


async def _conclude_left(trail: Trail) -> None:
    """The reader has gone: the receipt tells what they have seen."""
    try:
        await beside_loop(conclude)(trail, trail.answer(), is_stopped=True)
    except ChatError as error:
        await beside_loop(conclude_failed)(trail, error.code)


async def _cancel(task: asyncio.Task) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _watch(trail: Trail) -> Literal["stopped", "withdrawn"]:
    """Look once a second whether the answer may go on. Returns when it may not."""
    look = beside_loop(_look)
    for count in range(1, 1_000_000):
        await asyncio.sleep(WATCH_INTERVAL_S)
        found = await look(trail, is_heartbeat=count % HEARTBEAT_EVERY == 0)
        if found != "go":
            return found
    return "stopped"


def _look(trail: Trail, *, is_heartbeat: bool) -> Literal["go", "stopped", "withdrawn"]:
    if trail.asked.turn is not None:
        streaming = Turn.objects.filter(pk=trail.asked.turn.pk, state=Turn.State.STREAMING)
        if not (streaming.update(heartbeat_at=timezone.now()) if is_heartbeat else streaming.exists()):
            return "stopped"
    return "go" if are_readable(trail.cited_chunks(), user=trail.asked.user) else "withdrawn"


async def _answer(trail: Trail, *, means: Means, emit: Emit) -> Answer:
    asked = trail.asked
    with trail.timed("scope"):
        trail.collections = await beside_loop(_readable_collections, keeps_connection=True)(asked)
    emit(Status(step="searching", count=len(trail.collections)))
    with trail.timed("rewrite"):
        await _rewrite(trail, means=means)
    waiting_since = time.perf_counter()
    async with get_line().place():
        trail.timings_ms["line"] = round((time.perf_counter() - waiting_since) * 1000, 3)
        await _find_evidence(trail, means=means)
        if not trail.evidence:
            return trail.refusal("nothing_found")
        emit(Status(step="reading", count=len(trail.evidence)))
        with trail.timed("sufficiency"):
            is_sufficient = await beside_loop(_assess, keeps_connection=True)(trail, means)
    if not is_sufficient:
        return trail.refusal("insufficient_evidence")
    await _generate(trail, means=means, emit=emit)
    if trail.shown:
        return trail.answer()
    return trail.refusal("model_declined" if trail.is_declined else "nothing_supported")


async def _rewrite(trail: Trail, *, means: Means) -> None:
    """Put a follow-up so that it stands alone: the rule tells whether it is one, a model puts it better where there is one."""
    asked = trail.asked
    trail.rewritten = rewrite_question(asked.question, asked.history)
    if trail.rewritten == asked.question.strip():
        return
    trail.rewritten_by = "rule"
    routed = await means.gateway.route(await beside_loop(trail.request)())
    await let_go()  # the model takes its time
    for choice in routed.choices[:1]:
        found = await rewrite_by_model(asked.question, asked.history, by_rule=trail.rewritten, choice=choice)
        trail.rewritten, trail.rewritten_by = found.text, found.by
        trail.attempts.append(as_receipt(found, choice.report()))


def _readable_collections(asked: Asked) -> tuple[Collection, ...]:
    readable = Collection.objects.visible_to(asked.user)
    return tuple(readable.filter(pk=asked.collection.pk) if asked.collection else readable)


async def _find_evidence(trail: Trail, *, means: Means) -> None:
    asked = trail.asked
    try:
        with trail.timed("search"):
            trail.search_config = means.search_config
            trail.search = await beside_loop(means.search, keeps_connection=True)(
                trail.rewritten, user=asked.user, collection=asked.collection, config=means.search_config
            )
    except (RetrievalError, OSError) as error:
        raise SearchFailed(str(error)) from error
    with trail.timed("evidence"):
        trail.evidence = await beside_loop(gather_evidence, keeps_connection=True)(trail.search.passages, user=asked.user)


def _assess(trail: Trail, means: Means) -> bool:
    """Judge the evidence by the threshold of the collection that the best passage stands in."""
    trail.read_as = in_words_of(trail.rewritten, trail.search.also, [piece.in_context for piece in trail.evidence])
    # Judged here, and quoted from where no model writes: the sentences are scored once.
    trail.candidates = tuple(rank_sentences(trail.read_as, trail.evidence, score_stretches=means.score_stretches))
    found = assess(trail.read_as, trail.evidence, trail.search.result, candidates=trail.candidates, calibration=means.calibration)
    best = trail.search.passages[0].chunk.version.document.collection
    threshold = DEFAULT_THRESHOLD if best.sufficiency_threshold is None else best.sufficiency_threshold
    trail.sufficiency = {
        "probability": found.probability,
        "threshold": threshold,
        "parts": dict(found.parts),
        "calibration": means.calibration.digest,
        "features": dict(found.features),
    }
    return found.probability >= threshold


async def _generate(trail: Trail, *, means: Means, emit: Emit) -> None:
    """Let a served model write, the next one where it fails; where there is none, or all fail, quote the evidence."""
    emit(Status(step="writing"))
    with trail.timed("route"):
        routed = await means.gateway.route(await beside_loop(trail.request, keeps_connection=True)())
    trail.route = dict(routed.route)
    for choice in routed.choices:
        try:
            if not await _write_again(trail, choice, means=means, emit=emit):
                await _prompt_and_write(trail, choice, means=means, emit=emit)
            trail.fallback = ""
            return
        except ModelError as error:
            trail.start_over(fallback=error.code)
            emit(Status(step="fallback"))
        finally:
            trail.attempts.append(choice.report())
    extractive = ExtractiveModel(question=trail.read_as, candidates=trail.candidates)
    trail.model, trail.base_url, trail.parameters = extractive.name, "", {}
    try:
        await _write(trail, extractive, (), options=NO_OPTIONS, means=means, emit=emit)
    except ModelError:
        return  # nothing to quote: a refusal


async def _write_again(trail: Trail, choice: Choice, *, means: Means, emit: Emit) -> bool:
    """Let stand what this model wrote for the same question and evidence before; it is verified like any other text."""
    if not may_remember(trail):
        return False
    with trail.timed("cache"):
        written = await beside_loop(_find_written)(trail, choice)
    if written is None:
        return False
    trail.written_before = written.receipt
    model = WrittenBefore(written, name=choice.model.name, base_url=choice.model.base_url)
    trail.model, trail.base_url = model.name, model.base_url
    trail.parameters = asdict(choice.options) | {"context_tokens": choice.context_tokens, "style": choice.style}
    await _write(trail, model, (), options=choice.options, means=means, emit=emit)
    return True


def _find_written(trail: Trail, choice: Choice) -> Written | None:
    trail.cache_key = key_of(trail, choice)
    return find_written(trail.cache_key)


async def _prompt_and_write(trail: Trail, choice: Choice, *, means: Means, emit: Emit) -> None:
    """Ask the model; with half of the evidence once more where its context was too short after all."""
    model, options = choice.model, choice.options
    trail.model, trail.base_url = model.name, model.base_url
    trail.parameters = asdict(options) | {"context_tokens": choice.context_tokens, "style": choice.style}
    evidence = trail.evidence
    for is_last in (False, True):
        with trail.timed("prompt"):
            trail.prompt = await fit_prompt(
                trail.read_as,
                evidence,
                model=model,
                context_tokens=choice.context_tokens,
                answer_tokens=options.max_tokens,
                language=trail.language,
                style=choice.style,
            )
        try:
            await _write(trail, model, trail.prompt.messages, options=options, means=means, emit=emit)
            return
        except (ContextOverflow, ModelSilent) as error:
            # llama-cpp-python says nothing at all where the prompt is too long; it has no tokenizer to ask either.
            is_overflow = isinstance(error, ContextOverflow) or not trail.prompt.tokens_are_counted
            if is_last or not is_overflow or len(trail.prompt.evidence) == 1:
                raise
            evidence = trail.prompt.evidence[: len(trail.prompt.evidence) // 2]


async def _write(
    trail: Trail, model: LanguageModel, messages: tuple[Message, ...], *, options: GenerationOptions, means: Means, emit: Emit
) -> None:
    """Stream the model's text, cut it into sentences, and release each one that passes. Raises: ModelError."""
    verifier = await beside_loop(Verifier)(trail.evidence, score_texts=means.score_texts, second_judge=means.second_judge)
    buffer, finish_reason = SentenceBuffer(), ""
    begin = time.perf_counter()
    async with aclosing(model.stream(messages, options=options)) as deltas:
        async for delta in deltas:
            trail.usage = delta.usage or trail.usage
            finish_reason = delta.finish_reason or finish_reason
            if delta.text:
                trail.timings_ms.setdefault("model_first_token", round((time.perf_counter() - begin) * 1000, 3))
                trail.mark("first_token")
                trail.raw_output.append(delta.text)
            for text in (*buffer.feed(delta.text), *(buffer.flush() if delta.is_sentence_end else ())):
                await _release(trail, text, verifier=verifier, emit=emit)
            if delta.finish_reason:  # the last sentence does not wait until the call is put on record and the connection closed
                await _release_rest(trail, buffer, finish_reason, verifier=verifier, emit=emit)
    await _release_rest(trail, buffer, finish_reason, verifier=verifier, emit=emit)


async def _release_rest(trail: Trail, buffer: SentenceBuffer, finish_reason: str, *, verifier: Verifier, emit: Emit) -> None:
    """Cut off by the token limit, the last sentence may say the opposite of what it was going to."""
    for text in buffer.flush():
        await _release(trail, text, verifier=verifier, emit=emit, is_cut_off=finish_reason == "length")


async def _release(trail: Trail, text: str, *, verifier: Verifier, emit: Emit, is_cut_off: bool = False) -> None:
    """Verify one sentence; show it where it passes, else only count it."""
    if not text.strip():
        return
    if is_cut_off or is_decline(text):
        trail.is_declined = trail.is_declined or not is_cut_off
        verdict = Verdict(kind=VerdictKind.WITHHELD, reason="cut_off" if is_cut_off else "declined")
        trail.add(text, Sentence(text=text.strip(), verdict=verdict))
        return
    with trail.timed("verify"):
        sentence = await beside_loop(verifier.verify)(text)
    checked = trail.add(text, sentence)
    if checked.sentence.verdict.kind != VerdictKind.WITHHELD:
        trail.mark("first_sentence")
        emit(Progress(answer=trail.answer()))
