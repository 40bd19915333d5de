"""Widgets: who is let in by which token, what they may ask, what they see of a source, and what ends it."""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from asgiref.sync import async_to_sync
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.contrib.auth.models import Group
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.credentials import find_reader
from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.programs.service_accounts import create_service
from accounts.services import change_account
from audit.models import Event
from chat.models import Turn
from integrations.widgets.editing import change_widget, clean_origins, create_widget, delete_widget, renew_secret
from integrations.widgets.models import SpentToken, Widget, WidgetSession
from integrations.widgets.sessions import credential_of
from kb.models import Collection, Document, DocumentVersion
from tests.api.conftest import dependencies, leave, own_context, secret
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel
from tests.confirmed import confirmed

__all__ = ["dependencies", "leave", "own_context", "secret"]
pytestmark = pytest.mark.django_db
SITE = "https://intranet.example"


@pytest.fixture
def made(collection: Collection) -> tuple[Widget, str]:
    return create_widget(user=None, name="Intranet", title="Ask us", origins=[SITE], collections=["handbook"])


def sign(widget: Widget, secret: str, *, sub: str = "erin", **changes: Any) -> str:
    now = int(time.time())
    claims = {"aud": str(widget.uid), "sub": sub, "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm="HS256")


def open_(widget: Widget, token: str = "", *, origin: str = SITE) -> Any:
    address = reverse("outside:widget_session", args=[widget.uid])
    return Client(enforce_csrf_checks=True).post(address, {"token": token, "origin": origin}, content_type="application/json")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def ask(widget: Widget, key: str, question: str = QUESTION) -> tuple[int, str]:
    response = await AsyncClient().post(
        reverse("outside:widget_ask", args=[widget.uid]),
        json.dumps({"question": question, "language": "en"}),
        content_type="application/json",
        headers=bearer(key),
    )
    if not response.streaming:
        return response.status_code, response.content.decode()
    return response.status_code, b"".join([part async for part in response.streaming_content]).decode()


def asked(widget: Widget, key: str, question: str = QUESTION) -> tuple[int, str]:
    return async_to_sync(ask)(widget, key, question)


def test_a_token_lets_its_person_in_and_they_ask_with_their_own_rights(
    made: tuple[Widget, str], leave: Document, secret: Document, employee: User, outsider: User, dependencies: Any
) -> None:
    widget, shared = made
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    opened = open_(widget, sign(widget, shared, sub="ERIN"))
    assert (opened.status_code, opened.json()["name"]) == (200, "erin")
    status, text = asked(widget, opened.json()["session"])
    assert (status, "event: done" in text, SIX_HOURS in text) == (200, True, True)
    turn = Turn.objects.get()
    assert (turn.conversation.user, turn.conversation.collection.slug) == (employee, "handbook")
    receipt = Event.objects.get(uid=turn.receipt)
    assert (receipt.actor_name, receipt.payload.data["via"]) == ("erin", "widget:Intranet")
    other = open_(widget, sign(widget, shared, sub="olga")).json()["session"]
    status, text = asked(widget, other)
    assert (status, json.loads(text)["error"]["code"]) == (400, "unknown_collection")
    assert SIX_HOURS not in text


def test_a_conversation_goes_on_in_its_session(
    made: tuple[Widget, str], leave: Document, employee: User, dependencies: Any
) -> None:
    widget, shared = made
    key = open_(widget, sign(widget, shared)).json()["session"]
    assert asked(widget, key)[0] == asked(widget, key, "And how many days?")[0] == 200
    assert list(Turn.objects.order_by("pk").values_list("position", flat=True)) == [0, 1]
    assert Turn.objects.values("conversation").distinct().count() == 1


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


BAD: dict[str, tuple[Callable[[Widget, str], str], int, str]] = {
    "another secret": (lambda widget, shared: sign(widget, "x" * 64), 401, "token_invalid"),
    "another widget": (lambda widget, shared: sign(widget, shared, aud=str(uuid.uuid4())), 401, "token_invalid"),
    "expired": (
        lambda widget, shared: sign(widget, shared, iat=int(time.time()) - 400, exp=int(time.time()) - 200),
        401,
        "token_expired",
    ),
    "too long-lived": (lambda widget, shared: sign(widget, shared, exp=ago(-3600)), 401, "token_invalid"),
    "no number": (lambda widget, shared: sign(widget, shared, jti=None), 401, "token_invalid"),
    "no end": (lambda widget, shared: sign(widget, shared, exp=None), 401, "token_invalid"),
    "unsigned": (
        lambda widget, shared: jwt.encode({"aud": str(widget.uid), "sub": "erin"}, None, algorithm="none"),
        401,
        "token_invalid",
    ),
    "nonsense": (lambda widget, shared: "a.b.c", 401, "token_invalid"),
    "nobody": (lambda widget, shared: sign(widget, shared, sub="nobody"), 403, "person_unknown"),
    "a number for a name": (lambda widget, shared: sign(widget, shared, sub=""), 403, "person_unknown"),
    "none": (lambda widget, shared: "", 401, "token_missing"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_good_token_lets_nobody_in(made: tuple[Widget, str], employee: User, case: str) -> None:
    make, status, code = BAD[case]
    refused = open_(made[0], make(*made))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert not WidgetSession.objects.exists()
    assert Event.objects.get(action="widget.refused").payload.data["reason"] == code


def test_a_token_opens_one_session(made: tuple[Widget, str], employee: User) -> None:
    token = sign(*made)
    assert open_(made[0], token).status_code == 200
    assert open_(made[0], token).json()["error"]["code"] == "token_used"
    assert SpentToken.objects.count() == 1


def test_a_sites_public_key_checks_tokens_too(employee: User) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    User.objects.filter(pk=employee.pk).update(email="erin@example.org")
    widget, secret = create_widget(
        user=None, name="Portal", title="Ask", origins=[SITE], signing="EdDSA", public_key=public, match_by="email"
    )
    assert secret == ""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    now = int(time.time())
    claims = {"aud": str(widget.uid), "sub": "Erin@example.org", "iat": now, "exp": now + 60, "jti": "1"}
    assert open_(widget, jwt.encode(claims, pem, algorithm="EdDSA")).status_code == 200
    # The public key is known to all: it must not serve as a shared secret.
    parts = ({"alg": "HS256", "typ": "JWT"}, claims | {"jti": "2"})
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    mark = hmac.new(public.encode(), head + b"." + body, "sha256").digest()
    token = b".".join((head, body, base64.urlsafe_b64encode(mark).rstrip(b"="))).decode()
    assert open_(widget, token).json()["error"]["code"] == "token_invalid"


def test_only_on_its_sites(made: tuple[Widget, str], employee: User) -> None:
    widget = made[0]
    assert open_(widget, sign(*made), origin="https://evil.example").json()["error"]["code"] == "origin_refused"
    address = reverse("outside:widget", args=[widget.uid])
    page = Client().get(address, {"origin": SITE, "accent": "#123456", "language": "zh-hans"})
    assert page.status_code == 200
    assert f"frame-ancestors {SITE}" in page["Content-Security-Policy"]
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert "#123456" in page.content.decode()
    assert "您的问题" in page.content.decode() or 'lang="zh-Hans"' in page.content.decode()
    for query, headers in (
        ({"origin": "https://evil.example"}, {}),
        ({}, {}),
        ({"origin": SITE}, {"Referer": "https://evil.example/page"}),
    ):
        assert Client().get(address, query, headers=headers).status_code == 403


def test_a_guest_reads_what_the_service_account_reads(
    made: tuple[Widget, str], leave: Document, secret: Document, knowledge_admin: User, group: Group, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    guest = create_service(username="visitors", purpose="the shop", owner=knowledge_admin, actor=None, groups=[group])
    widget = change_widget(widget=made[0], user=None, guest="visitors")
    opened = open_(widget).json()
    assert opened["name"] == ""
    assert SIX_HOURS in asked(widget, opened["session"])[1]
    second = open_(widget).json()["session"]
    asked(widget, second)
    assert Turn.objects.values("conversation").distinct().count() == 2  # one guest does not see what another asked
    change_widget(widget=widget, user=None, guest="")
    assert asked(widget, opened["session"])[0] == 401
    assert guest.user.is_active


def test_a_source_is_shown_to_who_may_read_it(
    made: tuple[Widget, str], leave: Document, secret: Document, employee: User, group: Group
) -> None:
    widget = made[0]
    key = open_(widget, sign(*made)).json()["session"]
    DocumentVersion.objects.update(indexed_at="2026-01-01T00:00:00Z")

    def source(document: Document, page: int = 1) -> Any:
        address = reverse("outside:widget_source", args=[widget.uid, document.current_version.uid, page])
        return Client().get(address, {"start": "5", "end": "20"}, headers=bearer(key))

    shown = source(leave).json()
    assert (shown["title"], len(shown["quote"]), "/library/sources/" in shown["address"]) == ("Leave", 15, True)
    assert Event.objects.get(action="source.viewed").actor_name == "erin"
    assert source(secret).status_code == source(leave, 9).status_code == 404
    employee.groups.remove(group)
    assert source(leave).status_code == 404


ENDS: dict[str, Callable[[Widget, User], object]] = {
    "disabled": lambda widget, user: change_widget(widget=widget, user=None, is_enabled=False),
    "deleted": lambda widget, user: delete_widget(widget, user=None),
    "secret renewed": lambda widget, user: renew_secret(widget, user=None),
    "site taken away": lambda widget, user: change_widget(widget=widget, user=None, origins=["https://other.example"]),
    "person deactivated": lambda widget, user: change_account(user=user, actor=None, is_active=False),
    "an hour is over": lambda widget, user: WidgetSession.objects.update(expires_at="2020-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_a_session_ends_its_running_answers(made: tuple[Widget, str], employee: User, end: str) -> None:
    """A running answer looks every second whether `find_reader` still finds its asker (chat.flow.question)."""
    assert open_(made[0], sign(*made)).status_code == 200
    credential = credential_of(WidgetSession.objects.select_related("user").get())
    assert find_reader(credential) == employee
    ENDS[end](made[0], employee)
    assert find_reader(credential) is None


@pytest.mark.parametrize(
    "text", ["*", "https://*.example", "http://intranet.example", "https://a.example/path", "ftp://a", "a.example", ""]
)
def test_what_is_no_site_is_refused(text: str) -> None:
    with pytest.raises(ValuesRefused):
        clean_origins([text])


def test_sites_are_kept_in_one_spelling() -> None:
    given = ["HTTPS://Intranet.Example:443/", "http://127.0.0.1:8080", "https://intranet.example"]
    assert clean_origins(given) == ["https://intranet.example", "http://127.0.0.1:8080"]


def test_admins_manage_widgets_and_see_a_secret_once(knowledge_admin: User, collection: Collection, employee: User) -> None:
    admin = Client()
    admin.force_login(knowledge_admin)
    confirmed(admin)
    fields = {
        "name": "Intranet",
        "title": "Ask us",
        "origins": f"{SITE}\nhttps://portal.example",
        "collections": [str(collection.pk)],
        "accent": "#aa3300",
        "language": "",
        "signing": "HS256",
        "public_key": "",
        "match_by": "username",
        "guest": "",
    }
    page = admin.post("/integrations/widgets/new/", fields).content.decode()
    widget = Widget.objects.get()
    shared = widget.verification_key()
    assert shared in page
    assert str(widget.uid) in page
    assert shared not in admin.get(f"/integrations/widgets/{widget.pk}/").content.decode()
    assert shared not in json.dumps([event.payload.data for event in Event.objects.all()])
    assert open_(widget, sign(widget, shared)).status_code == 200
    admin.post(f"/integrations/widgets/{widget.pk}/change/", fields | {"is_enabled": ""}, follow=True)
    assert "Disabled" in admin.get("/integrations/").content.decode()
    admin.post(f"/integrations/widgets/{widget.pk}/secret/")
    widget.refresh_from_db()
    assert widget.verification_key() != shared
    wrong = admin.post("/integrations/widgets/new/", fields | {"name": "Other", "origins": "everywhere", "accent": "red"})
    assert wrong.status_code == 422
    assert {"origins", "accent"} <= wrong.context["form"].errors.keys() or "origins" in wrong.context["form"].errors
    assert admin.post(f"/integrations/widgets/{widget.pk}/delete/").status_code == 302
    assert not Widget.objects.exists()
