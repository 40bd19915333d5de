"""The widget in a page of another origin with a strict policy of its own: asked, answered, its source opened; refused elsewhere."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation

QUESTION = "How many days of annual leave do employees get?"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Intranet</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Intranet</h1></main>
<script src="{home}/static/widget/embed.js" data-widget="{uid}" data-token-url="/attest-token" data-accent="#7a1f5c" defer></script>
</body></html>"""


class Host:
    """A site on an origin of its own, whose server signs tokens for the person that is signed in there."""

    def __init__(self, home: str, uid: str, secret: str, *, person: str) -> None:
        host = self
        self.person, self.policy = person, f"default-src 'none'; script-src {home}; frame-src {home}; connect-src 'self'"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                now = int(time.time())
                claims = {"aud": uid, "sub": host.person, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
                is_token = self.path == "/attest-token"
                token = jwt.encode(claims, secret, algorithm="HS256")
                body = json.dumps({"token": token}) if is_token else PAGE.format(home=home, uid=uid)
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if is_token else "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", host.policy)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def host(installation: Installation) -> Iterator[Host]:
    """A site of which the widget knows, and its widget."""
    server = Host(installation.url, uid := str(uuid.uuid4()), secret := uuid.uuid4().hex * 2, person="maya")
    code = f"""
import time
from accounts.models import User
from integrations.widgets.models import Widget
from kb.models import DocumentVersion
until = time.monotonic() + {PATIENCE_S}
while DocumentVersion.objects.exclude(status__in=["indexed", "failed"]).exists() and time.monotonic() < until:
    time.sleep(0.5)  # the demo is still being read
person = User.objects.filter(role="employee", is_active=True, groups__isnull=False).order_by("pk").first()
widget = Widget(uid="{uid}", name="{uid}", title="Ask the handbook", origins=["{server.url}"])
widget.set_secret("{secret}")
widget.save()
print("PERSON", person.username)
"""
    done = installation.manage("shell", "-c", code)
    assert done.returncode == 0, done.stderr
    server.person = done.stdout.partition("PERSON ")[2].split()[0]
    yield server
    server.server.shutdown()
    server.server.server_close()


def open_widget(page: Page, url: str) -> FrameLocator:
    page.set_default_timeout(PATIENCE_S * 1000)  # the frame comes from a server that is busy with the other tests
    page.goto(url)
    page.get_by_role("button", name="Open questions and answers").click()
    return page.frame_locator("attest-widget iframe")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_visitor_asks_on_another_site_and_opens_the_source(
    browser: Browser, host: Host, installation: Installation, width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: complaints.append(request.url) if not request.url.startswith((host.url, installation.url)) else None,
    )
    frame = open_widget(page, host.url)
    expect(frame.get_by_label("Your question")).to_be_focused(timeout=PATIENCE_S * 1000)  # its script runs from here on
    frame.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(frame.locator(".turn .sources, .turn .failure")).to_be_visible(timeout=PATIENCE_S * 1000)
    expect(frame.locator(".failure")).to_have_count(0)
    expect(frame.locator("#who")).to_contain_text("Asking as")
    page.screenshot(path=str(tmp_path_factory.getbasetemp() / f"widget-{width}.png"))
    frame.locator(".source").first.click()
    expect(frame.locator("dialog mark")).not_to_be_empty()
    inside = next(one for one in page.frames if "/widget/" in one.url)
    assert Axe().run(inside).response["violations"] == []
    frame.locator("dialog").get_by_role("button", name="Close").click()
    frame.locator("#question").press("Escape")
    expect(page.locator("attest-widget iframe")).to_be_hidden()
    assert complaints == []
    context.close()


def test_a_site_that_is_not_named_shows_nothing(browser: Browser, host: Host, installation: Installation) -> None:
    page = browser.new_page()
    open_widget(page, host.url.replace("127.0.0.1", "localhost"))
    page.wait_for_timeout(1500)
    frames = [frame for frame in page.frames if "/widget/" in frame.url]
    assert all("Ask the handbook" not in frame.content() for frame in frames)
    page.close()


def test_whoever_has_no_account_is_told_so(browser: Browser, host: Host) -> None:
    host.person = "nobody-here"
    page = browser.new_page(locale="zh-CN")
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(host.url)
    page.locator("attest-widget button").click()
    frame = page.frame_locator("attest-widget iframe")
    expect(frame.locator("#question")).to_be_focused(timeout=PATIENCE_S * 1000)
    frame.locator("#question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(frame.locator(".failure")).to_be_visible(timeout=PATIENCE_S * 1000)
    page.close()
