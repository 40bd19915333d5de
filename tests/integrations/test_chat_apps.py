"""Chat programs against local fakes: signed requests, mapped people with their own rights, replies where only they read them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.credentials import find_reader
from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.services import change_account
from audit.models import Event
from chat.models import Turn
from integrations.chat_apps.answering import answer_message, credential_of, find_due
from integrations.chat_apps.editing import change_chat_app, create_chat_app
from integrations.chat_apps.models import ChatApp, ChatMessage, ChatPerson
from integrations.tasks import sweep
from kb.models import Document
from tests.api.conftest import dependencies, leave, own_context, secret
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel
from tests.confirmed import confirmed

__all__ = ["dependencies", "leave", "own_context", "secret"]
pytestmark = pytest.mark.django_db
SECRET = "slack-signing-secret"


class Fake:
    """A chat program's own server: keeps what it is sent."""

    def __init__(self) -> None:
        fake = self
        self.received: list[tuple[str, dict[str, str], Any]] = []
        self.answers: dict[str, Any] = {"ok": True}
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fake.received.append((self.path, dict(self.headers), json.loads(body)))
                fake.raw = body
                self.send_response(fake.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(fake.answers).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.raw = b""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def fake(settings: Any, monkeypatch: pytest.MonkeyPatch, dependencies: Any) -> Iterator[Fake]:
    settings.CHAT_HOSTS, settings.PUBLIC_URL = ["127.0.0.1"], "https://attest.example"
    monkeypatch.setattr("integrations.tasks.answer.delay", lambda pk: None)  # a worker does it: here the sweep
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    server = Fake()
    yield server
    server.server.shutdown()
    server.server.server_close()


def slack(fake: Fake, **changes: Any) -> ChatApp:
    given = {"name": "Slack", "kind": "slack", "secret": SECRET, "token": "xoxb-1", "reply_url": fake.url, "people": ["U1 = erin"]}
    return create_chat_app(user=None, **given | changes)[0]


def signed(body: bytes, *, prefix: str = "X-Slack", secret: str = SECRET, ago_s: int = 0) -> dict[str, str]:
    moment = str(int(time.time()) - ago_s)
    mark = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {f"{prefix}-Request-Timestamp": moment, f"{prefix}-Signature": f"v0={mark}"}


def post(app: ChatApp, given: dict[str, Any], *, headers: dict[str, str] | None = None) -> Any:
    body = json.dumps(given).encode()
    address = reverse("outside:chat", args=[app.uid])
    headers = signed(body) if headers is None else headers
    return Client(enforce_csrf_checks=True).post(address, body, content_type="application/json", headers=headers)


def mention(text: str = f"<@UBOT> {QUESTION}", *, user: str = "U1", number: str = "Ev1", **changes: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": user, "text": text, "channel": "C1", "ts": "17.1"} | changes
    return {"type": "event_callback", "event_id": number, "event": event}


def test_slack_is_answered_with_the_askers_rights_and_only_they_see_it(fake: Fake, leave: Document, employee: User) -> None:
    app = slack(fake)
    assert post(app, {"type": "url_verification", "challenge": "c"}).json() == {"challenge": "c"}
    began = time.monotonic()
    assert post(app, mention()).status_code == 200
    assert time.monotonic() - began < 3
    assert post(app, mention()).status_code == 200  # Slack sends again what it takes for lost
    assert sweep() == 1
    ((path, headers, sent),) = fake.received
    assert (path, headers["Authorization"]) == ("/chat.postEphemeral", "Bearer xoxb-1")
    assert (sent["channel"], sent["user"], sent["thread_ts"]) == ("C1", "U1", "17.1")
    assert SIX_HOURS in sent["text"]
    assert "<https://attest.example/library/sources/" in sent["text"]
    turn = Turn.objects.get()
    assert turn.question == QUESTION
    receipt = Event.objects.get(uid=turn.receipt)
    assert (receipt.actor_name, receipt.payload.data["via"]) == ("erin", "chat:Slack")
    post(app, mention(number="Ev2", type="message", channel_type="im", channel="D1", text="And in days?"))
    sweep()
    assert fake.received[-1][0] == "/chat.postMessage"
    assert Turn.objects.values("conversation").distinct().count() == 1  # a conversation goes on


def test_a_slash_command_is_answered_at_its_own_address(fake: Fake, leave: Document, employee: User) -> None:
    app = slack(fake)
    body = f"trigger_id=T1&user_id=U1&channel_id=C1&text={QUESTION.replace(' ', '+')}&response_url={fake.url}/commands/1".encode()
    told = Client().post(
        reverse("outside:chat", args=[app.uid]), body, content_type="application/x-www-form-urlencoded", headers=signed(body)
    )
    assert told.json()["response_type"] == "ephemeral"
    sweep()
    path, _headers, sent = fake.received[0]
    assert (path, sent["response_type"]) == ("/commands/1", "ephemeral")
    ChatMessage.objects.update(reply_to={"response_url": "https://evil.example/x"}, state="waiting")
    answer_message(ChatMessage.objects.get().pk)
    assert len(fake.received) == 1  # not where a request says, but where Slack is


def test_what_is_not_signed_just_now_by_the_program_is_refused(fake: Fake, employee: User) -> None:
    app = slack(fake)
    body = json.dumps(mention()).encode()
    for headers, code in (
        ({}, "signature_invalid"),
        (signed(body, secret="another"), "signature_invalid"),
        (signed(b"{}"), "signature_invalid"),
        (signed(body, ago_s=301), "request_too_old"),
        (signed(body, ago_s=-360), "request_too_old"),  # not a second beyond: a slow machine takes one
    ):
        refused = post(app, mention(), headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, code)
    assert not ChatMessage.objects.exists()
    assert Event.objects.filter(action="chat_app.refused").count() == 5
    change_chat_app(app=app, user=None, is_enabled=False)
    assert post(app, mention()).status_code == 403
    change_chat_app(app=app, user=None, is_enabled=True)
    assert post(app, {"type": "event_callback"}).status_code == 400
    assert post(app, mention(bot_id="B1")).json() == {}
    assert not ChatMessage.objects.exists()


def test_only_known_people_are_answered_and_nobody_by_anothers_rights(
    fake: Fake, leave: Document, employee: User, outsider: User
) -> None:
    app = slack(fake, people=["U1 = erin", "U2 = olga"])
    post(app, mention(user="U9"))
    post(app, mention(user="U2", number="Ev2"))
    sweep()
    texts = [sent["text"] for _path, _headers, sent in fake.received]
    assert "You are not registered here yet" in texts[0]
    assert SIX_HOURS not in "".join(texts)
    person = ChatPerson.objects.select_related("user").get(external_id="U1")
    credential = credential_of(person)
    assert find_reader(credential) == employee
    change_chat_app(app=app, user=None, people=["U1 = olga"])
    assert find_reader(credential) is None
    other = credential_of(ChatPerson.objects.select_related("user").get(external_id="U1"))
    change_account(user=outsider, actor=None, is_active=False)
    assert find_reader(other) is None


def test_a_reply_that_was_not_taken_is_sent_again_and_the_question_not_asked_again(
    fake: Fake, leave: Document, employee: User
) -> None:
    app = slack(fake)
    fake.answers = {"ok": False, "error": "ratelimited"}
    post(app, mention())
    sweep()
    assert ChatMessage.objects.get().state == "waiting"
    fake.answers = {"ok": True}
    sweep()
    assert ChatMessage.objects.get().state == "done"
    assert (len(fake.received), Turn.objects.count()) == (2, 1)
    ChatMessage.objects.update(state="running", leased_until="2020-01-01T00:00:00Z")  # its worker was killed
    assert len(find_due()) == 1
    ChatMessage.objects.update(attempts=3)  # it kills each worker that tries it
    assert find_due() == []
    assert ChatMessage.objects.get().state == "failed"


def test_teams_is_answered_in_its_own_request_with_a_link_unless_it_may_post_openly(
    fake: Fake, leave: Document, employee: User
) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    app = create_chat_app(user=None, name="Teams", kind="teams", secret=key, people=["aad-1 = erin"])[0]

    def send(number: str, secret: bytes = b"k" * 32) -> Any:
        given = {"id": number, "text": f"<at>Attest</at> {QUESTION}", "from": {"id": "29:x", "aadObjectId": "aad-1"}}
        mark = base64.b64encode(hmac.new(secret, json.dumps(given).encode(), hashlib.sha256).digest()).decode()
        return post(app, given, headers={"Authorization": f"HMAC {mark}"})

    assert send("1", b"other").status_code == 401
    told = send("1").json()
    assert told["type"] == "message"
    assert SIX_HOURS not in told["text"]
    assert "https://attest.example/c/" in told["text"]
    change_chat_app(app=app, user=None, posts_openly=True)
    assert SIX_HOURS in send("2").json()["text"]


def test_any_program_gets_a_signed_answer(fake: Fake, leave: Document, employee: User) -> None:
    app, made = create_chat_app(user=None, name="Portal", kind="generic", reply_url=f"{fake.url}/in", people=["7 = erin"])
    given = {"id": "m1", "user": 7, "text": QUESTION, "context": "thread 5"}
    assert post(app, given, headers=signed(json.dumps(given).encode(), prefix="X-Attest", secret=made)).status_code == 200
    sweep()
    path, headers, sent = fake.received[0]
    assert (path, sent["context"], SIX_HOURS in sent["text"], len(sent["sources"])) == ("/in", "thread 5", True, 1)
    moment = headers["X-Attest-Request-Timestamp"]
    mark = hmac.new(made.encode(), f"v0:{moment}:".encode() + fake.raw, hashlib.sha256).hexdigest()
    assert headers["X-Attest-Signature"] == f"v0={mark}"


def test_answers_go_nowhere_inside_unless_the_operator_allows_it(
    fake: Fake, leave: Document, employee: User, settings: Any
) -> None:
    settings.CHAT_HOSTS = []
    app = slack(fake)
    post(app, mention())
    sweep()
    assert fake.received == []


def test_admins_connect_a_program_and_read_no_secret_again(knowledge_admin: User, employee: User) -> None:
    admin = Client()
    admin.force_login(knowledge_admin)
    confirmed(admin)
    fields = {"name": "Slack", "kind": "slack", "secret": SECRET, "token": "xoxb-1", "reply_url": "", "people": "U1 = erin"}
    page = admin.post("/integrations/chats/new/", fields).content.decode()
    app = ChatApp.objects.get()
    assert f"/chat-apps/{app.uid}/" in page
    shown = admin.get(f"/integrations/chats/{app.pk}/").content.decode()
    assert "U1 = erin" in shown
    assert SECRET not in shown + json.dumps([event.payload.data for event in Event.objects.all()])
    wrong = admin.post("/integrations/chats/new/", fields | {"name": "B", "people": "U1 erin", "token": ""})
    assert (wrong.status_code, {"people", "token"} <= wrong.context["form"].errors.keys()) == (422, True)
    saved = admin.post(f"/integrations/chats/{app.pk}/", {**fields, "secret": "", "token": "", "people": "", "is_enabled": "on"})
    assert saved.status_code == 302
    app.refresh_from_db()
    assert (app.read_secret(), app.people.count()) == (SECRET, 0)
    assert "Slack" in admin.get("/integrations/chats/").content.decode()
    assert admin.post(f"/integrations/chats/{app.pk}/delete/").status_code == 302
    with pytest.raises(ValuesRefused):
        create_chat_app(user=None, name="x", kind="generic")
