"""The flow of a question, from scope to receipt, with a small search and scripted models around it."""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat import errors, services
from chat.flow.events import Progress, Status
from chat.flow.question import answer_question
from chat.flow.running import ask
from chat.models import Turn
from chat.types import Answer, Outcome
from gateway.layers.openai_compatible import OpenAICompatibleModel
from gateway.ports import GenerationOptions
from kb.index.search import PassageSearch, add_vocabulary, scope_for
from kb.models import Collection, Document
from retrieval.errors import IndexDamaged
from retrieval.types import SearchConfig
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with, search
from tests.gateway.fake_server import FakeServer

TRUE = f"{SIX_HOURS} [1]"
FALSE = "Employees with three to fifteen years of service earn 9 hours of annual leave per pay period. [1]"


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def receipt_of(answer: Answer) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=answer.receipt).payload.body)["payload"]


def start(user: User, question: str = QUESTION) -> Turn:
    return services.start_turn(user=user, question=question)


def run(turn: Turn, user: User, emit: Callable[[Any], None] = lambda _event: None, **dependencies: Any) -> Answer:
    asked = asked_by(user, turn.question, turn=turn)
    return async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(**dependencies), emit=emit)


def test_a_supported_sentence_is_shown_with_its_quote(employee: User, leave: Document) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(TRUE)))
    assert answer.outcome == Outcome.ANSWERED
    assert answer.text == f"{SIX_HOURS}[1]"
    (citation,) = answer.citations
    assert (citation.marker, citation.place.document, citation.place.version) == (1, "leave.md", 1)
    page = leave.current_version.pages.get()
    assert page.text[citation.place.start : citation.place.end] == citation.quote == SIX_HOURS
    assert (answer.model, answer.fallback) == ("scripted", "")


def test_a_false_number_is_withheld_and_counted_but_kept_in_the_receipt(employee: User, leave: Document) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(f"{FALSE} {TRUE}")))
    assert "9 hours" not in json.dumps(answer.as_dict())
    assert (answer.withheld, len(answer.sentences)) == (1, 1)
    receipt = receipt_of(answer)["sentences"]
    assert [(one["verdict"], one["reason"]) for one in receipt] == [("withheld", "number"), ("supported", "")]
    assert "9 hours" in receipt[0]["raw"]


def test_where_nothing_stands_of_what_a_model_wrote_the_documents_are_quoted(employee: User, leave: Document) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(FALSE)))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "extractive", "nothing_supported")
    assert answer.text.startswith(SIX_HOURS)
    assert answer.withheld == 1
    receipt = receipt_of(answer)
    assert [one["verdict"] for one in receipt["sentences"]][:2] == ["withheld", "supported"]
    assert FALSE in receipt["model"]["failed_output"]


def below_the_threshold(user: User, collection: Collection, question: str) -> None:
    """Set the collection's threshold so that its documents are on the question's subject, and seem not to answer."""
    receipt = receipt_of(ask(question, user=user, dependencies=dependencies_with()))["sufficiency"]
    assert receipt["parts"]["subject"] > receipt["probability"]
    collection.sufficiency_threshold = (receipt["parts"]["subject"] + receipt["probability"]) / 2
    collection.save()


def test_below_the_threshold_a_model_reads_what_is_on_the_subject(employee: User, collection: Collection, leave: Document) -> None:
    below_the_threshold(employee, collection, QUESTION)
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(TRUE)))
    assert (answer.outcome, answer.model, answer.text) == (Outcome.ANSWERED, "scripted", f"{SIX_HOURS}[1]")


@pytest.mark.parametrize(
    ("said", "reason"),
    [(FALSE, "insufficient_evidence"), ("The documents do not contain the answer to this question.", "model_declined")],
)
def test_below_the_threshold_nothing_but_a_models_supported_sentence_is_shown(
    employee: User, collection: Collection, leave: Document, said: str, reason: str
) -> None:
    below_the_threshold(employee, collection, QUESTION)
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(said)))
    assert (answer.outcome, answer.reason, answer.text) == (Outcome.REFUSED, reason, "")
    assert [near.place.document for near in answer.nearest] == ["leave.md"]
    without = ask(QUESTION, user=employee, dependencies=dependencies_with())
    assert (without.outcome, without.reason) == (Outcome.REFUSED, "insufficient_evidence")


def test_a_model_that_repeats_itself_is_stopped_and_its_repeats_are_not_shown(employee: User, leave: Document) -> None:
    eight = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period. [1]"
    model = ScriptedModel(f"{TRUE} {TRUE} {TRUE} {eight}")
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(model))
    assert (answer.text, answer.withheld) == (f"{SIX_HOURS}[1]", 0)
    assert "8 hours" not in receipt_of(answer)["raw_output"]


def test_the_model_may_say_that_the_evidence_does_not_hold_the_answer(employee: User, leave: Document) -> None:
    answer = ask(
        QUESTION,
        user=employee,
        dependencies=dependencies_with(ScriptedModel("The documents do not contain the answer to this question.")),
    )
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "model_declined")


def test_a_question_far_from_every_document_is_refused_without_asking_the_model(employee: User, leave: Document) -> None:
    model = ScriptedModel(TRUE)
    answer = ask("Who was the first astronaut of service?", user=employee, dependencies=dependencies_with(model))
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "insufficient_evidence")
    assert model.prompts == []
    assert [near.place.document for near in answer.nearest] == ["leave.md"]
    assert answer.sufficiency is not None


def test_a_collection_has_its_own_threshold(employee: User, collection: Collection, leave: Document) -> None:
    collection.sufficiency_threshold = 1.01
    collection.save()
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(TRUE)))
    assert answer.reason == "insufficient_evidence"
    assert receipt_of(answer)["sufficiency"]["threshold"] == 1.01


def test_a_word_of_a_vocabulary_is_read_in_the_words_of_the_evidence(
    employee: User, collection: Collection, leave: Document
) -> None:
    """The document says annual leave; the model is asked, and its sentence judged, in that word. The receipt has both."""
    asked = QUESTION.replace("annual leave", "PTO")

    def find(question: str, *, user: User, collection: Collection | None, config: SearchConfig) -> PassageSearch:
        also = add_vocabulary(question, config, scope_for(user, collection=collection)).also
        return replace(search(question, user=user, collection=collection, config=config), also=also)

    model = ScriptedModel(TRUE)
    ask(asked, user=employee, dependencies=dependencies_with(model, search=find))
    assert asked in model.prompts[-1][-1].content
    Collection.objects.filter(pk=collection.pk).update(vocabulary="PTO = paid time off = annual leave")
    answer = ask(asked, user=employee, dependencies=dependencies_with(model, search=find))
    assert (answer.outcome, answer.text) == (Outcome.ANSWERED, f"{SIX_HOURS}[1]")
    assert answer.as_dict()["normalized_question"] == QUESTION
    assert QUESTION in model.prompts[-1][-1].content
    receipt = receipt_of(answer)
    assert (receipt["question"], receipt["rewritten"], receipt["normalized_question"]) == (asked, asked, QUESTION)
    assert receipt["search"]["vocabulary"] == ["PTO = paid time off = annual leave"]
    quoted = ask(asked, user=employee, dependencies=dependencies_with(None, search=find))
    assert quoted.text.startswith(SIX_HOURS)
    plain = ask(QUESTION, user=employee, dependencies=dependencies_with(None))
    assert (receipt_of(plain)["normalized_question"], plain.as_dict()["normalized_question"]) == (QUESTION, "")


def test_nothing_found_is_a_refusal_that_names_nothing(outsider: User, leave: Document) -> None:
    answer = ask(QUESTION, user=outsider, dependencies=dependencies_with(ScriptedModel(TRUE)))
    assert (answer.outcome, answer.reason, answer.nearest, answer.citations) == (Outcome.REFUSED, "nothing_found", (), ())
    assert "leave.md" not in json.dumps(receipt_of(answer))


def test_without_a_model_the_answer_is_quoted(employee: User, leave: Document) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(None))
    assert answer.model == "extractive"
    assert SIX_HOURS in answer.text
    assert answer.citations[0].quote in LEAVE
    assert receipt_of(answer)["prompt"] == {}


def test_markers_are_numbered_by_first_use_and_the_receipt_keeps_the_models(
    employee: User, collection: Collection, leave: Document
) -> None:
    add_document(collection, "other.md", f"The form asks this: {QUESTION}")
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(f"{SIX_HOURS} [2]")))
    receipt = receipt_of(answer)
    assert [one["document"] for one in receipt["evidence"]] == ["other.md", "leave.md"]
    assert [citation.marker for citation in answer.citations] == [1]
    assert receipt["sentences"][0]["markers"] == [2]
    assert receipt["sentences"][0]["citations"] == [1]


def test_two_quotes_of_one_passage_have_two_numbers(employee: User, leave: Document) -> None:
    eight = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period."
    again = "So employees with three to fifteen years earn 6 hours of annual leave. [1]"
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(f"{TRUE} {eight} [1] {again}")))
    assert [citation.quote for citation in answer.citations] == [SIX_HOURS, eight]
    assert [[citation.marker for citation in one.verdict.citations] for one in answer.sentences] == [[1], [2], [1]]


def test_a_sentence_cut_off_by_the_token_limit_is_withheld(employee: User, leave: Document) -> None:
    cut = SIX_HOURS.removesuffix(" per pay period.")
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(ScriptedModel(f"{TRUE} {cut}", finish="length")))
    assert answer.text == f"{SIX_HOURS}[1]"
    assert receipt_of(answer)["sentences"][1]["reason"] == "cut_off"


def test_the_receipt_holds_what_the_answer_saw(employee: User, collection: Collection, leave: Document) -> None:
    model = ScriptedModel(TRUE)
    turn = start(employee)
    answer = run(turn, employee, model=model)
    event = Event.objects.get(uid=answer.receipt)
    assert (event.action, event.actor_id, event.subject) == ("question.answered", str(employee.pk), f"turn:{turn.uid}")
    receipt = receipt_of(answer)
    assert receipt["question"] == receipt["rewritten"] == QUESTION
    assert (receipt["language"], receipt["index_generation"], receipt["outcome"]) == ("en", 7, "answered")
    assert receipt["scope"] == {"collections": [{"slug": "handbook", "name": "Handbook"}]}
    assert receipt["prompt"]["messages"][1]["content"] == model.prompts[0][1].content
    assert receipt["prompt"]["template"] == "answer.en"
    assert receipt["model"]["name"] == "scripted"
    assert receipt["model"]["base_url"] == "http://scripted.test/v1"
    (evidence,) = receipt["evidence"]
    chunk = leave.current_version.chunks.get()
    assert (evidence["chunk_id"], evidence["text"], evidence["text_hash"]) == (str(chunk.pk), LEAVE, chunk.text_hash)
    assert evidence["scores"]["keyword_rank"] == 1
    assert receipt["raw_output"] == TRUE
    assert (receipt["turn"], receipt["conversation"]) == (str(turn.uid), str(turn.conversation.uid))
    assert receipt["answer"]["answer"] == answer.text
    assert {"scope", "search", "sufficiency", "prompt", "first_token", "verify", "total"} <= set(receipt["timings_ms"])


def test_the_turn_is_finished_with_the_answer_and_its_receipt(employee: User, leave: Document) -> None:
    turn = start(employee)
    answer = run(turn, employee, model=ScriptedModel(TRUE))
    turn.refresh_from_db()
    assert (turn.state, turn.receipt, turn.answer) == (Turn.State.ANSWERED, answer.receipt, answer.as_dict())
    assert turn.finished_at is not None


def test_sentences_are_released_one_by_one_and_only_when_they_passed(employee: User, leave: Document) -> None:
    events: list[Any] = []
    eight = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period. [1]"
    run(start(employee), employee, events.append, model=ScriptedModel(f"{TRUE} {FALSE} {eight}"))
    assert [event.step for event in events if isinstance(event, Status)] == ["searching", "reading", "writing"]
    assert [len(event.answer.sentences) for event in events if isinstance(event, Progress)] == [1, 2]


def test_a_chinese_question_gets_the_chinese_prompt_and_a_chinese_answer(employee: User, collection: Collection) -> None:
    add_document(collection, "假期.md", "工龄满五年的员工每年享有 10 天年假。")
    model = ScriptedModel("工龄满五年的员工每年享有 10 天年假[1]。工龄满五年的员工每年享有 12 天年假[1]。")
    search = dependencies_with(model).search
    found = dependencies_with(model, search=lambda question, **given: search("工龄满五年的员工每年享有 天年假", **given))
    answer = ask("工龄满五年的员工每年有几天年假？", user=employee, dependencies=found)
    assert model.prompts[0][1].content.endswith("问题：工龄满五年的员工每年有几天年假？")
    assert "10 天年假" in answer.text
    assert "12 天" not in answer.text


# --- what goes wrong --------------------------------------------------------------------------------------------------


def served(fake: FakeServer, dialect: str) -> OpenAICompatibleModel:
    return OpenAICompatibleModel(base_url=fake.base_url, name=dialect)


@pytest.mark.parametrize(
    ("dialect", "code"),
    [("fault", "model_faulty"), ("unauthorized", "model_unauthorized"), ("empty", "model_silent"), ("breaking", "model_broken")],
)
def test_when_the_model_fails_the_documents_are_quoted_and_it_is_said(
    employee: User, leave: Document, fake_server: FakeServer, dialect: str, code: str
) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(served(fake_server, dialect)))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "extractive", code)
    assert SIX_HOURS in answer.text
    assert receipt_of(answer)["model"]["fallback"] == code


def test_a_hanging_server_is_given_up_and_the_documents_are_quoted(
    employee: User, leave: Document, fake_server: FakeServer
) -> None:
    options = GenerationOptions(max_tokens=50, first_token_timeout_s=0.2, total_timeout_s=1)
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(served(fake_server, "slow-first"), options=options))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "extractive", "model_timeout")


def test_a_dead_server_is_not_waited_for(employee: User, leave: Document) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = OpenAICompatibleModel(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", name="dead")
        answer = ask(QUESTION, user=employee, dependencies=dependencies_with(dead))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "extractive", "model_unreachable")


def test_what_a_broken_model_had_shown_is_replaced_and_kept_in_the_receipt(
    employee: User, leave: Document, fake_server: FakeServer
) -> None:
    fake_server.text = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period. [1] And then"
    answer = ask(QUESTION, user=employee, dependencies=dependencies_with(served(fake_server, "error-event")))
    assert answer.fallback == "model_faulty"
    assert receipt_of(answer)["model"]["failed_output"] == "Employees with"


def test_a_prompt_that_the_server_finds_too_long_is_sent_once_more_with_less(
    employee: User, collection: Collection, fake_server: FakeServer, settings: Any
) -> None:
    settings.ANSWER_CACHE_HOURS = 0  # the same question twice: it is the server that is looked at
    add_document(collection, "leave.md", *(f"{SIX_HOURS} Note {number}." for number in range(6)))
    fake_server.text, dependencies = TRUE, dependencies_with(served(fake_server, "plain"))
    ask(QUESTION, user=employee, dependencies=dependencies)
    fake_server.refuse_longer_than = sum(len(message["content"]) for message in fake_server.requests[0]["messages"]) - 1
    answer = ask(QUESTION, user=employee, dependencies=dependencies)
    assert (answer.outcome, answer.model) == (Outcome.ANSWERED, "plain")
    assert [request["messages"][1]["content"].count("<<<SOURCE") for request in fake_server.requests] == [6, 6, 3]


def test_no_answer_is_given_when_the_audit_cannot_be_written(employee: User, leave: Document) -> None:
    turn = start(employee)

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.search(r'INSERT INTO "?audit_event"? ', sql):
            raise DatabaseError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse), pytest.raises(errors.AuditUnavailable):
        run(turn, employee, model=ScriptedModel(TRUE))
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.answer) == (Turn.State.FAILED, "audit_unavailable", {})


def test_a_broken_index_is_a_failure_that_is_recorded(employee: User, leave: Document) -> None:
    def search(*_args: Any, **_given: Any) -> Any:
        raise IndexDamaged("segment missing")

    turn = start(employee)
    with pytest.raises(errors.SearchFailed):
        run(turn, employee, search=search)
    turn.refresh_from_db()
    assert (turn.state, turn.error_code) == (Turn.State.FAILED, "search_failed")
    event = Event.objects.get(uid=turn.receipt)
    assert (event.action, json.loads(event.payload.body)["payload"]["reason"]) == ("question.failed", "search_failed")


def pausing_after_first_sentence(act: Callable[[], Any]) -> ScriptedModel:
    """Write a sentence and a word, let `act` happen, then go silent for longer than a watch lasts."""
    first = len(TRUE.split()) + 1

    async def pause(position: int) -> None:
        if position == first:
            await sync_to_async(act)()
            await asyncio.sleep(30)
            raise AssertionError("no watch has ended it")

    return ScriptedModel(f"{TRUE} {TRUE}", before=pause)


@pytest.mark.parametrize("withdraw", ["delete", "revoke", "replace"])
def test_an_answer_stops_when_its_source_is_withdrawn(
    employee: User, collection: Collection, leave: Document, withdraw: str
) -> None:
    def act() -> None:
        match withdraw:
            case "delete":
                Document.objects.filter(pk=leave.pk).update(deleted_at=timezone.now())
            case "revoke":
                collection.groups.clear()
            case "replace":
                Document.objects.filter(pk=leave.pk).update(current_version=None)

    model, turn = pausing_after_first_sentence(act), start(employee)
    with pytest.raises(errors.EvidenceWithdrawn):
        run(turn, employee, model=model)
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.answer) == (Turn.State.FAILED, "evidence_withdrawn", {})
    assert model.closed


def test_what_is_withdrawn_at_the_last_moment_is_not_shown(employee: User, collection: Collection, leave: Document) -> None:
    class Vanishing(ScriptedModel):
        async def stream(self, messages: Any, *, options: Any) -> Any:
            async for delta in super().stream(messages, options=options):
                yield delta
            await sync_to_async(collection.groups.clear)()

    with pytest.raises(errors.EvidenceWithdrawn):
        ask(QUESTION, user=employee, dependencies=dependencies_with(Vanishing(TRUE)))


def test_stop_keeps_what_was_released_and_records_it(employee: User, leave: Document) -> None:
    turn = start(employee)
    model = pausing_after_first_sentence(lambda: services.stop_turn(turn))
    answer = run(turn, employee, model=model)
    turn.refresh_from_db()
    assert (turn.state, turn.receipt) == (Turn.State.STOPPED, answer.receipt)
    assert answer.text == f"{SIX_HOURS}[1]"
    assert receipt_of(answer)["outcome"] == "stopped"
    assert model.closed


def test_cancelling_closes_the_model_and_records_what_was_seen(employee: User, leave: Document) -> None:
    turn = start(employee)
    model = pausing_after_first_sentence(lambda: None)

    async def cancel_after_first_sentence() -> None:
        released = asyncio.Event()
        asked = asked_by(employee, turn=turn)
        emit = lambda event: released.set() if isinstance(event, Progress) else None  # noqa: E731
        task = asyncio.create_task(answer_question(asked, compose=lambda: dependencies_with(model), emit=emit))
        await asyncio.wait_for(released.wait(), PATIENCE_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(cancel_after_first_sentence)()
    turn.refresh_from_db()
    assert turn.state == Turn.State.STOPPED
    assert turn.answer["answer"] == f"{SIX_HOURS}[1]"
    assert Event.objects.get(uid=turn.receipt).action == "question.stopped"
    assert model.closed


def test_a_turn_that_was_given_up_is_not_answered_twice(employee: User, leave: Document) -> None:
    turn = start(employee)
    Turn.objects.filter(pk=turn.pk).update(state=Turn.State.FAILED, error_code="interrupted", finished_at=timezone.now())
    with pytest.raises(errors.TurnTaken):
        run(turn, employee, model=ScriptedModel(TRUE))
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.receipt) == (Turn.State.FAILED, "interrupted", "")
    assert not Event.objects.filter(action__startswith="question").exists()


def test_a_turn_that_is_given_up_while_it_is_written_keeps_its_end(employee: User, leave: Document) -> None:
    """As where another process has taken this one for dead; too quick for the watch."""
    turn = start(employee)

    def give_up(position: int) -> Any:
        ended = {"state": Turn.State.FAILED, "error_code": "interrupted", "finished_at": timezone.now()}
        return sync_to_async(Turn.objects.filter(pk=turn.pk).update)(**ended) if position == 2 else None

    with pytest.raises(errors.AnswerInterrupted):
        run(turn, employee, model=ScriptedModel(TRUE, before=give_up))
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.answer, turn.receipt) == (Turn.State.FAILED, "interrupted", {}, "")
    assert not Event.objects.filter(action="question.answered").exists()
