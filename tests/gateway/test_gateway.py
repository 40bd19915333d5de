"""Models behind the gateway: queue, breaker, retries, fall-backs, and what the receipt holds of it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat.flow.running import ask
from chat.types import Answer
from gateway import errors
from gateway.layers import queued
from gateway.layers.retrying import RetryingModel
from gateway.models import ENVIRONMENT, ModelCall, ServedModel
from gateway.ports import GenerationOptions, Message
from gateway.queue.breaker import BreakerState, judge_calls
from gateway.queue.calls import Outcome, count_live, enter_queue, finish_call, read_breaker, try_start
from gateway.routing.configured import configured_gateway, keep_environment_model
from gateway.routing.row_gateway import RowChoice
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document
from tests.gateway.fake_server import FakeServer
from tests.gateway.served_models import dependencies_over_rows, lay_route, route, serve

PROMPT = (Message(role="user", content="How many hours?"),)
OPTIONS = GenerationOptions(max_tokens=50, first_token_timeout_s=5, total_timeout_s=10)
NOW = timezone.now()


@pytest.fixture
def leave(collection: Collection) -> Document:
    collection.sufficiency_threshold = 0.0
    collection.save()
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def honest(fake_server: FakeServer) -> FakeServer:
    fake_server.text = f"{SIX_HOURS} [1]"
    return fake_server


def receipt_of(answer: Answer) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=answer.receipt).payload.body)["payload"]


def fail(model: ServedModel, times: int = 1, code: str = "model_timeout") -> None:
    for _ in range(times):
        finish_call(enter_queue(model, user="1"), Outcome(error_code=code, total_ms=1.0))


def let_pass(row: ServedModel, *, seconds: float) -> None:
    """Put all that happened into the past."""
    ModelCall.objects.update(finished_at=timezone.now() - timedelta(seconds=seconds))
    ServedModel.objects.update(changed_at=timezone.now() - timedelta(hours=1))
    row.refresh_from_db()


def history(*outcomes: bool, ended_s_ago: float = 0.0) -> list[tuple[bool, Any]]:
    return [(is_failure, NOW - timedelta(seconds=ended_s_ago + place)) for place, is_failure in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ([], "closed"),
        (history(True, True), "closed"),
        (history(True, True, True), "open"),
        (history(True, True, False, True), "closed"),
        (history(True, True, True, ended_s_ago=9), "open"),
        (history(True, True, True, ended_s_ago=11), "half_open"),
        (history(True, True, True, True, ended_s_ago=11), "open"),  # each further failure doubles the pause
        (history(*[True] * 10, ended_s_ago=299), "open"),
        (history(*[True] * 10, ended_s_ago=301), "half_open"),
    ],
)
def test_the_breaker_reads_the_last_calls(calls: list[tuple[bool, Any]], state: str) -> None:
    assert judge_calls(calls, now=NOW).state == state


def test_a_model_that_failed_three_times_is_not_asked(employee: User, leave: Document, honest: FakeServer) -> None:
    row = serve(honest)
    fail(row, 3)
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert (answer.model, answer.fallback) == ("extractive", "model_suspended")
    assert honest.paths == []  # not even the tokenizer
    assert receipt_of(answer)["model"]["attempts"][0]["refused_by"] == "model_suspended"


def test_one_probe_at_a_time_decides_whether_it_is_asked_again(db: None, honest: FakeServer) -> None:
    row = serve(honest)
    fail(row, 3)
    let_pass(row, seconds=11)
    assert read_breaker(row).state == BreakerState.HALF_OPEN
    probe = enter_queue(row, user="1")
    assert probe.is_probe
    with pytest.raises(errors.ModelSuspended):
        enter_queue(row, user="2")
    finish_call(probe, Outcome(error_code="", total_ms=1.0))
    assert read_breaker(row).state == BreakerState.CLOSED
    assert enter_queue(row, user="2").state == ModelCall.State.RUNNING


def test_a_probe_that_fails_suspends_it_for_longer(db: None, honest: FakeServer) -> None:
    row = serve(honest)
    fail(row, 3)
    let_pass(row, seconds=11)
    fail(row)
    breaker = read_breaker(row)
    assert breaker.state == BreakerState.OPEN
    assert 15 < (breaker.opens_again_at - timezone.now()).total_seconds() <= 20


def test_what_says_nothing_about_the_server_does_not_open_the_breaker(db: None, honest: FakeServer) -> None:
    row = serve(honest)
    fail(row, 2)
    fail(row, 3, code="context_overflow")
    finish_call(enter_queue(row, user="1"), Outcome(error_code=None, total_ms=1.0))
    assert read_breaker(row).state == BreakerState.CLOSED


def test_a_changed_row_starts_afresh(db: None, honest: FakeServer) -> None:
    row = serve(honest)
    fail(row, 3)
    row.save()
    assert read_breaker(row).state == BreakerState.CLOSED


def test_those_beyond_the_limit_wait_and_those_beyond_the_queue_are_refused(db: None, honest: FakeServer, settings: Any) -> None:
    settings.LLM_QUEUE_LENGTH = 2
    row = serve(honest, max_concurrent=1)
    running, first, second = (enter_queue(row, user=user) for user in "aab")
    assert [call.state for call in (running, first, second)] == ["running", "waiting", "waiting"]
    with pytest.raises(errors.ModelBusy):
        enter_queue(row, user="c")
    assert count_live(row) == (1, 2)
    assert not try_start(first)


def test_a_free_place_goes_to_whoever_has_fewest_running(db: None, honest: FakeServer) -> None:
    row = serve(honest, max_concurrent=2)
    first, _second = enter_queue(row, user="a"), enter_queue(row, user="a")
    third, other = enter_queue(row, user="a"), enter_queue(row, user="b")
    finish_call(first, Outcome(error_code="", total_ms=1.0))
    assert not try_start(third)
    assert try_start(other)
    assert not try_start(third)


def test_a_dead_process_gives_its_place_back(db: None, honest: FakeServer) -> None:
    row = serve(honest, max_concurrent=1)
    enter_queue(row, user="a")
    ModelCall.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert enter_queue(row, user="b").state == ModelCall.State.RUNNING


def test_waiting_too_long_is_busy_and_leaves_the_queue(db: None, honest: FakeServer, settings: Any) -> None:
    settings.LLM_QUEUE_WAIT_S = 0.2
    row = serve(honest, max_concurrent=1)
    enter_queue(row, user="a")
    choice = RowChoice(row, user="b")
    with pytest.raises(errors.ModelBusy):
        async_to_sync(read)(choice)
    assert count_live(row) == (1, 0)
    assert choice.report()["refused_by"] == "model_busy"
    assert honest.requests == []


def test_a_reader_who_leaves_the_queue_is_not_waited_for(db: None, honest: FakeServer) -> None:
    row = serve(honest, max_concurrent=1)
    running = enter_queue(row, user="a")

    async def wait_and_go() -> None:
        with pytest.raises(asyncio.TimeoutError):
            async with asyncio.timeout(0.3):
                await read(RowChoice(row, user="b"))

    async_to_sync(wait_and_go)()
    assert count_live(row) == (1, 0)
    following = enter_queue(row, user="c")
    assert following.state == ModelCall.State.RUNNING or not try_start(following)
    finish_call(running, Outcome(error_code="", total_ms=1.0))
    assert try_start(following)


@pytest.mark.parametrize("step", ["enter_queue", "finish_call"])
@pytest.mark.parametrize("leaves_after_s", [(0.1,), (0.1, 0.1)])
def test_a_reader_who_leaves_while_the_place_is_taken_or_given_back_leaves_nothing(
    db: None, honest: FakeServer, monkeypatch: pytest.MonkeyPatch, step: str, leaves_after_s: tuple[float, ...]
) -> None:
    """The database is slow just then: the thread goes on when its reader has gone."""
    row = serve(honest, max_concurrent=1)
    begun = threading.Event()

    def slowly(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        time.sleep(0.5)
        steps: dict[str, Any] = {"enter_queue": enter_queue, "finish_call": finish_call}
        return steps[step](*args, **kwargs)

    monkeypatch.setattr(queued, step, slowly)

    async def leave() -> None:
        reading = asyncio.create_task(read(RowChoice(row, user="b")))
        assert await asyncio.to_thread(begun.wait, 10)
        for pause in leaves_after_s:
            await asyncio.sleep(pause)
            reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    async_to_sync(leave)()
    assert count_live(row) == (0, 0)
    assert ModelCall.objects.get().finished_at is not None


@pytest.mark.parametrize("error", [errors.ModelBusy("full"), DatabaseError("gone")])
def test_a_reader_who_leaves_while_the_queue_refuses_them_is_gone(
    db: None, honest: FakeServer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A refusal would send their question on to the next model."""
    row = serve(honest)
    begun = threading.Event()

    def refuse(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        time.sleep(0.3)
        raise error

    monkeypatch.setattr(queued, "enter_queue", refuse)

    async def leave() -> None:
        reading = asyncio.create_task(read(RowChoice(row, user="b")))
        assert await asyncio.to_thread(begun.wait, 10)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    async_to_sync(leave)()
    assert honest.requests == []


def test_all_who_come_at_once_are_answered_in_turn(db: None, fake_server: FakeServer) -> None:
    row = serve(fake_server, max_concurrent=2)

    async def together() -> list[str]:
        return await asyncio.gather(*(read(RowChoice(row, user=str(number))) for number in range(6)))

    assert async_to_sync(together)() == [fake_server.text] * 6
    assert ModelCall.objects.filter(state=ModelCall.State.DONE).count() == 6
    assert count_live(row) == (0, 0)


async def read(choice: RowChoice) -> str:
    async with aclosing(choice.model.stream(PROMPT, options=choice.options)) as deltas:
        return "".join([delta.text async for delta in deltas])


def test_a_reader_who_leaves_gives_the_place_back(db: None, fake_server: FakeServer) -> None:
    row = serve(fake_server, "endless")

    async def leave_early() -> None:
        choice = RowChoice(row, user="1")
        async with aclosing(choice.model.stream(PROMPT, options=choice.options)) as deltas:
            await anext(deltas)

    async_to_sync(leave_early)()
    assert fake_server.hung_up.wait(PATIENCE_S)
    (call,) = ModelCall.objects.all()
    assert (call.state, call.error_code) == (ModelCall.State.ENDED, "")
    assert call.first_token_ms is not None


class FlakyModel(ScriptedModel):
    """Fails as often as configured before it answers."""

    def __init__(self, failures: list[Exception], *, before: Callable[[int], Any] | None = None) -> None:
        super().__init__("Six hours.", before=before)
        self.failures = failures

    async def stream(self, messages: Any, *, options: GenerationOptions) -> Any:
        self.prompts.append(tuple(messages))
        if self.failures:
            raise self.failures.pop(0)
        async with aclosing(super().stream(messages, options=options)) as deltas:
            async for delta in deltas:
                yield delta


async def read_retrying(model: FlakyModel, **options: Any) -> tuple[str, RetryingModel]:
    retrying = RetryingModel(model, draw=lambda low, high: 0.0)
    async with aclosing(retrying.stream(PROMPT, options=replace(OPTIONS, **options))) as deltas:
        return "".join([delta.text async for delta in deltas]), retrying


async def test_it_asks_again_before_the_first_word() -> None:
    model = FlakyModel([errors.ModelUnreachable(), errors.ModelFaulty()])
    text, retrying = await read_retrying(model)
    assert text == "Six hours."
    assert retrying.failures == ["model_unreachable", "model_faulty"]


async def test_it_gives_up_after_two_retries() -> None:
    model = FlakyModel([errors.ModelFaulty() for _ in range(5)])
    with pytest.raises(errors.ModelFaulty):
        await read_retrying(model)
    assert len(model.prompts) == 3


async def test_it_does_not_ask_again_after_the_first_word() -> None:
    def break_off(position: int) -> None:
        if position == 1:
            raise errors.ModelBroken

    model = FlakyModel([], before=break_off)
    with pytest.raises(errors.ModelBroken):
        await read_retrying(model)
    assert len(model.prompts) == 2  # the flaky one and the scripted one below it, once each


@pytest.mark.parametrize("error", [errors.ModelTimeout, errors.ModelUnauthorized, errors.ContextOverflow, errors.ModelRejected])
async def test_it_does_not_ask_again_where_that_would_change_nothing(error: type[errors.ModelError]) -> None:
    model = FlakyModel([error()])
    with pytest.raises(error):
        await read_retrying(model)
    assert len(model.prompts) == 1


async def test_retries_wait_for_a_random_time_that_may_double() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.0

    model = RetryingModel(FlakyModel([errors.ModelFaulty(), errors.ModelFaulty()]), draw=draw)
    async with aclosing(model.stream(PROMPT, options=OPTIONS)) as deltas:
        assert [delta.text async for delta in deltas if delta.text] == ["Six", " hours."]
    assert drawn == [(0, 0.25), (0, 0.5)]


def test_the_fall_back_answers_where_the_first_model_fails(employee: User, leave: Document, honest: FakeServer) -> None:
    lay_route(serve(honest, "fault"), fallbacks=(serve(honest, "unauthorized"), serve(honest, "plain")))
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert (answer.text, answer.model, answer.fallback) == (f"{SIX_HOURS}[1]", "plain", "")
    recorded = receipt_of(answer)["model"]
    assert [attempt["row"] for attempt in recorded["attempts"]] == ["fault", "unauthorized", "plain"]
    assert recorded["attempts"][0]["retried_after"] == ["model_faulty", "model_faulty"]
    assert [attempt["calls"][0]["outcome"] for attempt in recorded["attempts"]] == ["model_faulty", "model_unauthorized", "done"]


def test_the_receipt_reports_route_reason_usage_and_price(employee: User, leave: Document, honest: FakeServer) -> None:
    lay_route(serve(honest, price_in="2.5", price_out="10"), name="everyone", language="en")
    recorded = receipt_of(ask(QUESTION, user=employee, dependencies=dependencies_over_rows()))["model"]
    assert recorded["route"]["name"] == "everyone"
    assert recorded["route"]["chosen_by"] == "only"
    assert recorded["route"]["question"] == {
        "collections": ["handbook"],
        "question_class": "duration",
        "complexity": "simple",
        "language": "en",
    }
    (attempt,) = recorded["attempts"]
    assert attempt["calls"][0]["usage"] == {"prompt_tokens": 12, "completion_tokens": 3, "cached_tokens": 8}
    assert attempt["price"] == "0.00006"  # 12 · 2.5 + 3 · 10, a million
    row = ServedModel.objects.get()
    assert (row.calls_total, row.prompt_tokens_total, str(row.cost_total)) == (1, 12, "0.000060")


def test_a_dead_and_a_hanging_server_leave_a_quoted_answer_and_open_the_breaker(
    employee: User, leave: Document, honest: FakeServer
) -> None:
    hanging = serve(honest, "slow-first", first_token_timeout_s=0.2)
    dead = serve(honest, "dead", base_url="http://127.0.0.1:9/v1")
    lay_route(hanging, fallbacks=(dead,))
    for _ in range(3):
        answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
        assert (answer.model, answer.fallback) == ("extractive", "model_unreachable")
    assert {read_breaker(row).state for row in (hanging, dead)} == {BreakerState.OPEN}
    start = time.monotonic()
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert (answer.model, answer.fallback) == ("extractive", "model_suspended")
    assert SIX_HOURS in answer.text
    assert len(honest.requests) == 3
    assert time.monotonic() - start < 30  # the hanging server would take a minute


@pytest.mark.parametrize("dialect", ["overflowing", "silent-overflow"])
def test_too_long_a_prompt_is_shortened_once(
    employee: User, collection: Collection, leave: Document, honest: FakeServer, dialect: str
) -> None:
    for number in range(6):
        add_document(collection, f"more-{number}.md", f"{number} {SIX_HOURS} " + f"service word{number} " * 200)
    serve(honest, dialect)
    honest.refuse_longer_than = 9000
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert answer.fallback == ""
    sizes = [len(request["messages"][1]["content"]) for request in honest.requests]
    assert len(sizes) == 2
    assert sizes[1] < sizes[0] * 0.7
    calls = receipt_of(answer)["model"]["attempts"][0]["calls"]
    said = {"overflowing": "maximum context length", "silent-overflow": "without any text"}[dialect]
    assert said in calls[0]["detail"]
    assert (calls[1]["outcome"], calls[1]["detail"]) == ("done", "")


def test_a_prompt_that_is_always_too_long_is_said_to_be(
    employee: User, collection: Collection, leave: Document, honest: FakeServer
) -> None:
    add_document(collection, "more.md", f"{SIX_HOURS} more service")
    serve(honest)
    honest.refuse_longer_than = 10
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert (answer.model, answer.fallback) == ("extractive", "context_overflow")
    assert len(honest.requests) == 2
    assert read_breaker(ServedModel.objects.get()).state == BreakerState.CLOSED


def test_a_key_that_a_server_repeats_is_not_in_the_receipt(employee: User, leave: Document, fake_server: FakeServer) -> None:
    row = serve(fake_server, "telltale")
    row.set_key("sk-very-secret")
    row.save()
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert answer.fallback == "model_unauthorized"
    body = Event.objects.get(uid=answer.receipt).payload.body
    assert "Incorrect key: …" in body
    assert "sk-very-secret" not in body


def test_without_a_route_the_models_inside_the_company_answer(db: None, fake_server: FakeServer) -> None:
    inside, outside = serve(fake_server), serve(fake_server, "outside", is_external=True)
    assert [choice.report()["row"] for choice in route().choices] == ["plain"]
    ServedModel.objects.filter(pk=inside.pk).update(is_enabled=False)
    assert [choice.report()["row"] for choice in route().choices] == ["outside"]
    ServedModel.objects.filter(pk=outside.pk).update(is_enabled=False)
    assert route().choices == ()


def test_a_route_whose_models_are_out_of_use_quotes_instead_of_asking_another(db: None, fake_server: FakeServer) -> None:
    serve(fake_server)
    lay_route(serve(fake_server, "gone", is_enabled=False), language="zh")
    assert route(language="zh").choices == ()
    assert len(route(language="en").choices) == 1


def test_a_disabled_route_is_not_read(db: None, fake_server: FakeServer) -> None:
    lay_route(serve(fake_server, "other"), is_enabled=False)
    serve(fake_server)
    assert route().route["name"] == "default"


def test_an_adapter_is_asked_by_its_name_with_its_options(db: None, fake_server: FakeServer) -> None:
    row = serve(fake_server, lora_name="policies", temperature=0.3, extra={"top_p": 0.9, "stream": False}, max_answer_tokens=77)
    assert async_to_sync(read)(RowChoice(row)) == fake_server.text
    (asked,) = fake_server.requests
    assert (asked["model"], asked["temperature"], asked["top_p"], asked["max_tokens"]) == ("policies", 0.3, 0.9, 77)
    assert asked["stream"] is True


def test_the_key_is_kept_encrypted_and_sent(db: None, fake_server: FakeServer, settings: Any) -> None:
    row = serve(fake_server)
    row.set_key("s3cret-key")
    row.save()
    assert "s3cret-key" not in row.sealed_key
    async_to_sync(read)(RowChoice(row))
    assert "Authorization: Bearer s3cret-key" in fake_server.requests[0]["head"]
    settings.SECRET_KEY = "another secret of this installation"
    with pytest.raises(errors.ModelUnauthorized, match="another ATTEST_SECRET_KEY"):
        async_to_sync(read)(RowChoice(row))


def test_a_key_may_stand_in_a_variable(db: None, fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("COMPANY_MODEL_KEY", "from-the-environment")
    settings.MODEL_KEY_ORIGINS = {"COMPANY_MODEL_KEY": (f"http://127.0.0.1:{fake_server.port}",)}
    async_to_sync(read)(RowChoice(serve(fake_server, key_variable="COMPANY_MODEL_KEY")))
    assert "Authorization: Bearer from-the-environment" in fake_server.requests[0]["head"]


def test_the_variables_of_the_environment_are_a_row(db: None, fake_server: FakeServer, settings: Any) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_CONTEXT_TOKENS = fake_server.base_url, "plain", 2048
    configured_gateway()
    row = ServedModel.objects.get(name=ENVIRONMENT)
    assert (row.base_url, row.served_name, row.context_tokens) == (fake_server.base_url, "plain", 2048)
    ServedModel.objects.update(price_in="3")
    settings.LLM_MODEL = "other"
    keep_environment_model()
    row.refresh_from_db()
    assert (row.served_name, str(row.price_in)) == ("other", "3.0000")
    settings.LLM_BASE_URL = ""
    keep_environment_model()
    assert route().choices == ()
