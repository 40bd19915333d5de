"""An answer by a served model: its text is cut into sentences while it streams, and each one is verified before it is shown."""

import time
from contextlib import aclosing
from dataclasses import asdict

from chat.flow.writing.cache import RememberedText, RememberingModel, find_written, key_of, may_reuse
from chat.flow.writing.draft import Draft
from chat.flow.writing.prompting import fit_prompt, is_decline
from chat.flow.writing.repeats import Repeats
from chat.flow.writing.task import WritingTask
from chat.types import Sentence, Verdict, VerdictKind
from chat.verify import Verifier
from gateway.errors import ContextOverflow, ModelSilent
from gateway.ports import Choice, GenerationOptions, LanguageModel, Message
from gateway.threads import run_in_thread
from language.sentences import SentenceBuffer


async def reuse_written(task: WritingTask, choice: Choice, *, draft: Draft) -> bool:
    """Reuse what this model wrote for the same question and evidence, verified again. Returns: False if there is nothing."""
    if not may_reuse(task.asked):
        return False
    with draft.trace.timed("cache"):
        key, remembered = await run_in_thread(_recall)(task, choice)
    draft.change(cache_key=key)
    if remembered is None:
        return False
    model = RememberingModel(remembered, name=choice.model.name, base_url=choice.model.base_url)
    draft.change(written_before=remembered.receipt, **_about(choice))
    await _stream(task, model, (), options=choice.options, draft=draft)
    return True


def _recall(task: WritingTask, choice: Choice) -> tuple[str, RememberedText | None]:
    rules = task.rules(choice)
    key = key_of(task.asked, choice, scoped=task.scoped, found=task.found, judged=task.judged, rules=rules)
    return key, find_written(key)


async def generate(task: WritingTask, choice: Choice, *, draft: Draft) -> None:
    """Ask the model; where its context proves too short, ask once more with half of the evidence. Raises: ModelError."""
    model, options = choice.model, choice.options
    draft.change(**_about(choice))
    evidence = task.found.evidence
    rules = await run_in_thread(task.rules)(choice)
    for is_last in (False, True):
        with draft.trace.timed("prompt"):
            prompt = await fit_prompt(
                task.judged.question,
                evidence,
                model=model,
                context_tokens=choice.context_tokens,
                answer_tokens=options.max_tokens,
                language=task.asked.language,
                style=choice.style,
                rules=rules,
            )
        draft.change(prompt=prompt)
        try:
            await _stream(task, model, prompt.messages, options=options, draft=draft)
            return
        except (ContextOverflow, ModelSilent) as error:
            # llama-cpp-python says nothing at all where the prompt is too long; it has no tokenizer to ask either.
            is_overflow = isinstance(error, ContextOverflow) or not prompt.tokens_are_counted
            if is_last or not is_overflow or len(prompt.evidence) == 1:
                raise
            evidence = prompt.evidence[: len(prompt.evidence) // 2]


def _about(choice: Choice) -> dict[str, object]:
    """Return what the receipt says of the model that writes."""
    parameters = asdict(choice.options) | {"context_tokens": choice.context_tokens, "style": choice.style}
    return {"model": choice.model.name, "base_url": choice.model.base_url, "parameters": parameters}


async def _stream(
    task: WritingTask, model: LanguageModel, messages: tuple[Message, ...], *, options: GenerationOptions, draft: Draft
) -> None:
    """Stream the model's text, cut it into sentences, and release each one that passes. Raises: ModelError."""
    dependencies, trace = task.dependencies, draft.trace
    verifier = await run_in_thread(Verifier)(
        task.found.evidence, score_texts=dependencies.score_texts, second_judge=dependencies.second_judge
    )
    buffer, finish_reason, repeats = SentenceBuffer(), "", Repeats()
    begin = time.perf_counter()
    async with aclosing(model.stream(messages, options=options)) as deltas:
        async for delta in deltas:
            draft.change(usage=delta.usage or draft.written.usage, raw_output=draft.written.raw_output + delta.text)
            finish_reason = delta.finish_reason or finish_reason
            if delta.text:
                trace.mark("model_first_token", since=begin)
                trace.mark("first_token")
            for text in (*buffer.feed(delta.text), *(buffer.flush() if delta.is_sentence_end else ())):
                if not repeats.note(text):
                    await _release(text, verifier=verifier, draft=draft)
            if repeats.is_loop:
                return  # a model that repeats itself twice has nothing more to say; to leave closes its stream
            if delta.finish_reason:  # the last sentence does not wait until the call is put on record and the connection closed
                await _release_rest(buffer, finish_reason, repeats, verifier=verifier, draft=draft)
    await _release_rest(buffer, finish_reason, repeats, verifier=verifier, draft=draft)


async def _release_rest(buffer: SentenceBuffer, finish_reason: str, repeats: Repeats, *, verifier: Verifier, draft: Draft) -> None:
    """Release what is left. A last sentence that the token limit cut off may say the opposite of what was meant: it is withheld."""
    for text in [text for text in buffer.flush() if not repeats.note(text)]:
        await _release(text, verifier=verifier, draft=draft, is_cut_off=finish_reason == "length")


async def _release(text: str, *, verifier: Verifier, draft: Draft, is_cut_off: bool = False) -> None:
    """Verify one sentence; show it if it passes, otherwise only count it."""
    if not text.strip():
        return
    if is_cut_off or is_decline(text):
        draft.change(is_declined=draft.written.is_declined or not is_cut_off)
        verdict = Verdict(kind=VerdictKind.WITHHELD, reason="cut_off" if is_cut_off else "declined")
        draft.add(text, Sentence(text=text.strip(), verdict=verdict))
        return
    with draft.trace.timed("verify"):
        sentence = await run_in_thread(verifier.verify)(text)
    draft.add(text, sentence)
