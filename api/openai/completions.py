"""/v1/chat/completions and /v1/models, so that any client of OpenAI's interface asks Attest.

The models are "attest" (all that the caller may read) and "attest/<collection>". The last user message is the question, the ones
before it make a follow-up stand alone. What a client says as the system, and its sampling, change nothing: answers come from the
documents. What would be missed (tools, a schema …) is refused (`api.openai.parameters`). Each answer carries the contract's JSON in
the field "attest", and its citations as footnotes in the text.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal
from uuid import uuid4

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema

from accounts.models import ApiKey, User
from accounts.rates import spend
from api.access import asked_via, scoped
from api.asking import serialize_answer
from api.errors import ModelUnknown, RequestInvalid
from api.footnotes import answer_text, asked_back, footnotes
from api.openai.parameters import REFUSED, refuse_unsupported
from api.requests import ApiRequest
from api.rest import with_our_errors
from chat.errors import ChatError
from chat.flow.asked import Asked
from chat.flow.events import Progress, Status
from chat.flow.running import finish_question, run_question
from chat.services import clean_question
from chat.streaming.sse import WAITING, event_stream, frame
from chat.types import Answer, Outcome
from gateway.threads import run_in_thread
from kb.models import Collection
from language.scripts.answer_language import language_of

ALL = "attest"
HISTORY_MESSAGES = 8
MODELS_LISTED = 1000  # the interface knows no pages; those beyond may be asked all the same
LANGUAGES = {"zh": "zh-hans", "en": "en"}

openai = with_our_errors(NinjaAPI(title="Attest for OpenAI clients", urls_namespace="openai", openapi_url=None, docs_url=None))


class Part(Schema):
    type: str
    text: str = ""


class Message(Schema):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def words(self) -> str:
        """The text of the message; pictures and the like are left out."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(Schema):
    include_usage: bool = False


class Completion(Schema):
    """A request. Other fields only tune the model and are ignored: docs/api.md."""

    model: str
    messages: list[Message]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    # Read by `api.openai.parameters` alone, to be refused where they ask for something.
    response_format: Any = None
    tools: Any = None
    tool_choice: Any = None
    functions: Any = None
    function_call: Any = None
    n: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    logit_bias: Any = None
    stop: Any = None
    modalities: Any = None
    audio: Any = None
    web_search_options: Any = None


@openai.get("/models", **scoped(ApiKey.Scope.ASK))
def list_models(request: ApiRequest) -> dict[str, Any]:
    """The models that the caller may ask."""
    readable = Collection.objects.visible_to(request.user).order_by("slug")[:MODELS_LISTED]
    return {"object": "list", "data": [serialize_model(ALL), *(serialize_model(f"{ALL}/{row.slug}", row) for row in readable)]}


@openai.get("/models/{path:model}", **scoped(ApiKey.Scope.ASK))
def get_model(request: ApiRequest, model: str) -> dict[str, Any]:
    return serialize_model(model, find_collection(model, request.user))


@openai.post("/chat/completions", **scoped(ApiKey.Scope.ASK, is_async=True))
async def complete(request: ApiRequest, given: Completion) -> Any:
    """Answer the last user message."""
    asked = await run_in_thread(prepare)(given, request)
    head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": given.model}
    if given.stream:
        frames = stream_chunks(asked, head=head, includes_usage=bool(given.stream_options and given.stream_options.include_usage))
        return event_stream(frames)
    answer = await finish_question(asked)
    with translation.override(LANGUAGES[language_of(asked.question)]):
        message = {"role": "assistant", "content": answer_text(answer), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    extension = {"usage": usage_of(answer), "attest": serialize_answer(answer, None)}
    return {**head, "object": "chat.completion", "choices": [choice], **extension}


def prepare(given: Completion, request: ApiRequest) -> Asked:
    """Raises: ParameterUnsupported, RequestInvalid, ModelUnknown, QuestionRefused, TooManyRequests."""
    user = request.user
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    collection = find_collection(given.model, user)
    refuse_unsupported(given.dict(include=set(REFUSED)))
    spoken = [message for message in given.messages if message.role in ("user", "assistant")]
    if not spoken or spoken[-1].role != "user":
        raise RequestInvalid(_("The last message must be the user's question."), param="messages")
    return Asked(
        question=clean_question(spoken[-1].words),
        credential=request.credential,
        collection=collection,
        history=pair_up(spoken[:-1][-HISTORY_MESSAGES:]),
        via=asked_via(request),
    )


def pair_up(messages: list[Message]) -> tuple[tuple[str, str], ...]:
    """Return the earlier questions with their answers, oldest first."""
    pairs: list[tuple[str, str]] = []
    for message in messages:
        if message.role == "user":
            pairs.append((message.words[: settings.QUESTION_MAX_CHARACTERS], ""))
        elif pairs:
            pairs[-1] = (pairs[-1][0], message.words)
    return tuple(pairs)


def find_collection(model: str, user: User) -> Collection | None:
    """Return the collection that a model's name stands for; None for all. Raises: ModelUnknown: none, or not theirs to read."""
    if model == ALL:
        return None
    start, _slash, slug = model.partition("/")
    found = Collection.objects.visible_to(user).filter(slug=slug).first() if start == ALL else None
    if found is None:
        raise ModelUnknown(
            _("There is no model “%(name)s”. Get /v1/models for the list of models.") % {"name": model[:80]}, param="model"
        )
    return found


def serialize_model(name: str, collection: Collection | None = None) -> dict[str, Any]:
    created = int(collection.created_at.timestamp()) if collection else 0
    return {"id": name, "object": "model", "created": created, "owned_by": ALL}


async def stream_chunks(asked: Asked, *, head: dict[str, Any], includes_usage: bool = False) -> AsyncGenerator[bytes, None]:
    """Yield the answer sentence by sentence, then its footnotes, then the contract's JSON with the end."""
    language, sent = LANGUAGES[language_of(asked.question)], 0
    yield chunk(head, {"role": "assistant", "content": ""})
    try:
        async with aclosing(run_question(asked)) as events:
            async for event in events:
                match event:
                    case None:
                        yield WAITING
                    case Status(step="fallback") if sent:
                        # What was sent cannot be taken back; it had passed. The rest follows below a line.
                        sent = 0
                        with translation.override(language):
                            text = _("The language model stopped here. Quoted from the documents:")
                        yield chunk(head, {"content": f"\n\n{text}\n\n"})
                    case Progress():
                        text = text_from(event.answer, sent)
                        sent = len(event.answer.sentences)
                        yield chunk(head, {"content": text})
                    case Answer():
                        with translation.override(language):
                            # What was answered has been sent sentence by sentence; anything else comes as a whole.
                            notes = "\n\n".join(part for part in (asked_back(event), footnotes(event)) if part)
                            text = (notes and f"\n\n{notes}") if event.outcome == Outcome.ANSWERED else answer_text(event)
                        yield chunk(head, {"content": text})
                        yield chunk(head, {}, finish_reason="stop", attest=serialize_answer(event, None))
                        if includes_usage:
                            yield frame({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage_of(event)})
    except ChatError as error:
        with translation.override(language):
            failure = {"message": str(error.sentence), "type": "server_error", "param": None, "code": error.code}
        yield frame({"error": failure})
    yield frame("[DONE]")


def usage_of(answer: Answer) -> dict[str, int]:
    """Return the tokens as OpenAI's clients expect them: numbers, whoever wrote the answer."""
    read, written = (answer.usage.prompt_tokens, answer.usage.completion_tokens) if answer.usage else (0, 0)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def text_from(answer: Answer, sent: int) -> str:
    """Return the sentences after the first `sent`, with their markers, as `Answer.text` has them."""
    text = "".join(sentence.written for sentence in answer.sentences[sent:])
    return text if sent else text.lstrip()


def chunk(head: dict[str, Any], delta: dict[str, Any], *, finish_reason: str | None = None, **extension: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return frame({**head, "object": "chat.completion.chunk", "choices": [choice], **extension})
