"""Sending a reply, as each kind of program takes it; only where the rules for connections let it go."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from integrations.chat_apps.models import ChatApp
from integrations.chat_apps.signing import sign
from outbound.hosts import HostRules, read_allowed
from outbound.sessions import checked_session

TIMEOUT_S = 10.0
SLACK = "https://slack.com/api"
SLACK_HOOKS = "https://hooks.slack.com"


class DeliveryFailed(Exception):
    """The program did not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said. `sources`: (label, address)."""

    text: str
    sources: tuple[tuple[str, str], ...] = ()
    address: str = ""
    answer: dict[str, Any] = field(default_factory=dict)


def send_reply(app: ChatApp, reply_to: dict[str, str], reply: Reply) -> None:
    """Raises: DeliveryFailed."""
    try:
        if app.kind == ChatApp.Kind.SLACK:
            _send_to_slack(app, reply_to, reply)
        elif app.reply_url:  # Teams has its answer in the response where there is no such address
            body = json.dumps(as_teams(reply) if app.kind == ChatApp.Kind.TEAMS else as_generic(reply, reply_to)).encode()
            headers = sign(app.read_secret(), body, moment=int(time.time())) if app.kind == ChatApp.Kind.GENERIC else {}
            _post(app.reply_url, body, headers)
    except ValueError as error:
        raise DeliveryFailed("a secret cannot be read") from error


def as_generic(reply: Reply, reply_to: dict[str, str]) -> dict[str, Any]:
    sources = [{"label": label, "url": url} for label, url in reply.sources]
    return {"context": reply_to.get("context", ""), "text": reply.text, "sources": sources, "url": reply.address}


def as_teams(reply: Reply) -> dict[str, Any]:
    lines = [reply.text, *(f"- [{label}]({url})" for label, url in reply.sources)]
    if reply.address:
        lines.append(f"[Attest]({reply.address})")
    return {"type": "message", "text": "\n\n".join(lines)}


def as_slack(reply: Reply) -> str:
    """Return it in Slack's own markup; what could be markup in the text is escaped."""
    lines = [_escape(reply.text), *(f"• <{url}|{_escape(label)}>" for label, url in reply.sources)]
    if reply.address:
        lines.append(f"<{reply.address}|Attest>")
    return "\n".join(lines)


def _send_to_slack(app: ChatApp, reply_to: dict[str, str], reply: Reply) -> None:
    text = as_slack(reply)
    is_open = app.posts_openly or bool(reply_to.get("direct"))
    if response_url := reply_to.get("response_url"):
        if _origin(response_url) not in (SLACK_HOOKS, _origin(app.reply_url or SLACK)):
            raise DeliveryFailed("the response address is not Slack's")
        kind = "in_channel" if app.posts_openly else "ephemeral"
        _post(response_url, json.dumps({"response_type": kind, "text": text}).encode(), {})
        return
    given = {"channel": reply_to.get("channel", ""), "thread_ts": reply_to.get("thread", ""), "text": text, "unfurl_links": False}
    if not is_open:  # others in the channel may not read what the asker may
        given["user"] = reply_to.get("user", "")
    method = "chat.postMessage" if is_open else "chat.postEphemeral"
    token = {"Authorization": f"Bearer {app.read_token()}"}
    told = _post(f"{(app.reply_url or SLACK).rstrip('/')}/{method}", json.dumps(given).encode(), token)
    if not told.get("ok"):
        raise DeliveryFailed(f"Slack: {str(told.get('error', 'no answer'))[:100]}")


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    rules = HostRules(allowed=tuple(map(read_allowed, settings.CHAT_HOSTS)))
    try:
        with checked_session(rules, timeout_s=TIMEOUT_S) as session:
            given = {"Content-Type": "application/json; charset=utf-8", **headers}
            response = session.post(url, data=body, headers=given, allow_redirects=False)
        if response.status_code >= 300:
            raise DeliveryFailed(f"answered {response.status_code}")
        told = response.json() if response.headers.get("Content-Type", "").startswith("application/json") else {}
    except (requests.RequestException, ValueError) as error:
        raise DeliveryFailed(type(error).__name__) from error
    return told if isinstance(told, dict) else {}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
