"""What a chat program's request says, whatever its kind."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from integrations.chat_apps.models import ChatApp
from integrations.chat_apps.signing import ChatRefused

MENTION = re.compile(r"<@[A-Z0-9]+>\s*|<at>[^<]*</at>\s*")
ID_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A question, or what is answered at once (`challenge`), or nothing that needs an answer (both empty)."""

    event_id: str = ""
    external_id: str = ""
    question: str = ""
    reply_to: dict[str, str] = field(default_factory=dict)
    challenge: str = ""


def read_request(app: ChatApp, body: bytes, *, content_type: str) -> Received:
    """Raises: ChatRefused: it is no such request."""
    readers = {ChatApp.Kind.SLACK: _slack, ChatApp.Kind.TEAMS: _teams, ChatApp.Kind.GENERIC: _generic}
    try:
        if app.kind == ChatApp.Kind.SLACK and content_type.startswith("application/x-www-form-urlencoded"):
            received = _slash({name: values[0] for name, values in parse_qs(body.decode()).items()})
        else:
            received = readers[ChatApp.Kind(app.kind)](json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ChatRefused("chat_request_invalid", _("The request cannot be read."), status=HTTPStatus.BAD_REQUEST) from error
    if max(len(received.event_id), len(received.external_id)) > ID_CHARACTERS:
        raise ChatRefused("chat_request_invalid", _("The request cannot be read."), status=HTTPStatus.BAD_REQUEST)
    return received


def _slack(given: Mapping[str, Any]) -> Received:
    """The Events API: being mentioned in a channel, and messages to the app itself."""
    if given["type"] == "url_verification":
        return Received(challenge=str(given["challenge"]))
    event = given["event"]
    is_direct = event["type"] == "message" and event.get("channel_type") == "im"
    if event.get("bot_id") or event.get("subtype") or not (is_direct or event["type"] == "app_mention"):
        return Received()
    reply_to = {"channel": str(event["channel"]), "thread": str(event.get("thread_ts") or event["ts"]), "user": str(event["user"])}
    if is_direct:
        reply_to["direct"] = "1"
    return _question(str(given["event_id"]), str(event["user"]), event["text"], reply_to)


def _slash(given: Mapping[str, str]) -> Received:
    """A slash command, which brings its own address for the answer."""
    reply_to = {"channel": given["channel_id"], "user": given["user_id"], "response_url": given["response_url"]}
    return _question(given["trigger_id"], given["user_id"], given.get("text", ""), reply_to)


def _teams(given: Mapping[str, Any]) -> Received:
    return _question(str(given["id"]), str(given["from"].get("aadObjectId") or given["from"]["id"]), given["text"], {})


def _generic(given: Mapping[str, Any]) -> Received:
    return _question(str(given["id"]), str(given["user"]), given["text"], {"context": str(given.get("context", ""))[:300]})


def _question(event_id: str, external_id: str, text: str, reply_to: dict[str, str]) -> Received:
    question = " ".join(MENTION.sub("", text).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").split())
    return Received(event_id=event_id, external_id=external_id, question=question, reply_to=reply_to)
