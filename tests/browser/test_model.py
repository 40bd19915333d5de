"""A real vLLM behind the pages: what it streams is shown sentence by sentence, each with the citation that it earned."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation
from tests.browser.conftest import SignIn, wait_until_demo_is_read
from tests.browser.test_story import ask
from tests.vllm_server import EIGHT_HOURS, INVENTED, LINKED, NINE_HOURS, SIX_HOURS, TEN_DAYS, TWELVE_DAYS, VllmServer

pytestmark = [pytest.mark.browser, pytest.mark.vllm]


@pytest.fixture(scope="module")
def installation(vllm_server: VllmServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose answers are written by the model, with a collection of one document beside the demo.

    The tiny model picks its words by the whole prompt: the demo's own "five years" must not be among the evidence.
    """
    handbook = tmp_path_factory.mktemp("handbook") / "annual-leave.md"
    handbook.write_text(f"# Annual leave\n\nEmployees earn annual leave by length of service. {SIX_HOURS} {EIGHT_HOURS}\n")
    installation = Installation(
        tmp_path_factory.mktemp("installation"),
        LLM_BASE_URL=vllm_server.base_url,
        LLM_MODEL=vllm_server.model,
        LLM_API_KEY=vllm_server.api_key,
        LLM_CONTEXT_TOKENS="4096",
        LLM_FIRST_TOKEN_TIMEOUT_S=str(PATIENCE_S),  # the server's first answer comes late on a busy machine
        ATTEST_WORKERS="1",
    )
    try:
        installation.wait_until_ready()
        chinese = handbook.with_name("年假.md")
        chinese.write_text(f"# 年假\n\n{TEN_DAYS}。\n", "utf-8")
        for path, slug in ((handbook, "leave"), (chinese, "nianjia")):
            ingested = installation.manage("ingest", str(path), "--collection", slug, "--create")
            assert ingested.returncode == 0, ingested.stderr
        wait_until_demo_is_read(installation)  # beside it, the model's next word comes too late on two cores
        yield installation
    finally:
        installation.stop()


def ask_about_leave(page: Page, question: str, *, collection: str = "leave") -> None:
    """As a knowledge admin, who reads every collection: ask the one document."""
    page.goto(f"{page.url}?collection={collection}")
    ask(page, question)


def test_markers_of_a_streamed_answer_become_citations(sign_in: SignIn) -> None:
    page = sign_in("grace")
    ask_about_leave(page, "How many hours of annual leave per pay period do employees with five years of service earn?")
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "answered")
    expect(turn.locator(".sentence")).to_have_text([SIX_HOURS, EIGHT_HOURS])
    expect(turn.locator("a.cite")).to_have_text([re.compile("1"), re.compile("2")])
    expect(turn).to_contain_text("tiny")
    turn.locator("a.cite").first.click()
    expect(page.locator("#panel mark")).to_have_text(SIX_HOURS)


def test_a_wrong_number_never_reaches_the_page(sign_in: SignIn) -> None:
    page = sign_in("grace")
    seen: list[str] = []
    page.on("response", lambda response: seen.append(response.url) if "/stream/" in response.url else None)
    ask_about_leave(page, "How many hours of annual leave per pay period do employees with ten years of service earn?")
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "answered")
    expect(turn.locator(".sentence")).to_have_text([EIGHT_HOURS])
    expect(turn).to_contain_text("1 sentence was withheld")
    assert NINE_HOURS not in page.content()
    assert NINE_HOURS not in page.request.get(seen[0]).text()


def test_the_stop_button_ends_the_generation(sign_in: SignIn, vllm_server: VllmServer) -> None:
    page = sign_in("grace")
    ask_about_leave(page, "Tell me endlessly about annual leave of employees by length of service per pay period?")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".turn")).to_have_attribute("data-state", re.compile("stopped|refused"))
    generated = vllm_server.metric("vllm:generation_tokens_total")
    page.wait_for_timeout(1500)
    assert vllm_server.metric("vllm:generation_tokens_total") == generated


ASKED = "How many hours of annual leave per pay period do employees with {} years of service earn?"


@pytest.mark.parametrize(
    ("years", "shown", "withheld"),
    [
        ("twenty", [EIGHT_HOURS], ""),  # a wrong marker is put right
        ("four", [EIGHT_HOURS], INVENTED),
        ("six", [SIX_HOURS], ""),  # no marker: it gets the one that it earned
        ("seven", [SIX_HOURS], LINKED),
    ],
)
def test_each_thing_a_model_may_say_is_treated_as_it_should(sign_in: SignIn, years: str, shown: list[str], withheld: str) -> None:
    page = sign_in("grace")
    ask_about_leave(page, ASKED.format(years))
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "answered")
    expect(turn.locator(".sentence")).to_have_text(shown)
    expect(turn.locator("a.cite")).to_have_text([re.compile("1")])
    if withheld:
        expect(turn).to_contain_text("1 sentence was withheld")
        assert withheld not in page.content()
    turn.locator("a.cite").first.click()
    expect(page.locator("#panel mark")).to_have_text(shown[0])


def test_a_chinese_answer_is_verified_too(sign_in: SignIn) -> None:
    page = sign_in("grace")
    ask_about_leave(page, "工龄满五年的员工每年享有几天年假？", collection="nianjia")
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "answered")
    expect(turn.locator(".sentence")).to_have_text([f"{TEN_DAYS}。"])
    assert TWELVE_DAYS not in page.content()


def test_an_admin_connects_the_model_once_more_by_a_schema_and_routes_to_it(sign_in: SignIn, vllm_server: VllmServer) -> None:
    page = sign_in("grace")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Add model").click()
    page.get_by_label("Name", exact=True).fill("By schema")
    page.get_by_label("Address").fill(vllm_server.base_url)
    page.get_by_label("Model name on the server").fill(vllm_server.model)
    page.locator("#id_key").fill(vllm_server.api_key)
    page.locator("#id_context_tokens").fill("4096")
    page.get_by_label("JSON schema").check()
    page.get_by_role("button", name="Save").click()
    page.locator("tbody", has_text="By schema").get_by_role("button", name="Test").click()
    expect(page.get_by_text(re.compile("By schema works: first token after"))).to_be_visible()
    page.get_by_role("link", name="New route").click()
    page.locator("#id_name").fill("Schema first")
    page.get_by_label("By schema").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Ask").click()
    ask_about_leave(page, ASKED.format("eight"))
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "answered")
    expect(turn.locator(".sentence")).to_have_text([SIX_HOURS])
    expect(turn).to_contain_text("1 sentence was withheld")
    assert NINE_HOURS not in page.content()
    page.get_by_role("link", name="Models").click()
    route = page.locator("tr", has_text="Schema first")
    route.locator("summary").click()
    route.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The route was deleted.")).to_be_visible()
