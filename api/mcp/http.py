"""The same tools over HTTP, at /mcp: the protocol's streamable transport, one request at a time.

The library keeps no session here: a request is admitted by its key, its work and its stream end with it, and nothing is left that
another key could continue. What the library does as an ASGI application is bridged into a view, so that hosts, TLS, request numbers
and the shape of errors are those of every other address.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from accounts.client_address import client_address
from accounts.credentials import Credential, find_reader, key_credential
from accounts.errors import KeyRefused
from accounts.keys import recognise_key
from accounts.models import ApiKey
from api.mcp.server import server_for
from gateway.threads import run_in_thread

PATH = "/mcp"
LOOK_INTERVAL_S = 1.0  # between two looks at the key while something runs or streams
Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The key that a request came with, and where from."""

    key: str
    address: str


_CALLER: ContextVar[Caller] = ContextVar("mcp_caller")  # of the request that this task, and those that it starts, work for


@login_not_required
@csrf_exempt  # a key admits, never a cookie
@require_POST  # nothing is sent but as an answer: there is no stream to open, and no session to end
async def serve(request: HttpRequest) -> HttpResponseBase:
    """One message of the protocol. Raises: KeyRefused, TooManyRequests."""
    check_origin(request)
    caller, credential = await run_in_thread(admit)(request)
    exchange = Exchange(request, caller=caller, credential=credential)
    started = await exchange.start()
    if started is None:
        raise KeyRefused("key_revoked", _("This API key has been revoked."))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in started["headers"]}
    for name in ("content-length", "connection"):  # the server's to say
        headers.pop(name, None)
    if headers.get("content-type", "").startswith("text/event-stream"):
        return StreamingHttpResponse(exchange.body(), status=started["status"], headers=headers)
    return HttpResponse(b"".join([part async for part in exchange.body()]), status=started["status"], headers=headers)


def check_origin(request: HttpRequest) -> None:
    """Raises: KeyRefused: a page of another site sends this, which a name that leads here (DNS rebinding) does not change: the
    host has been checked before (ALLOWED_HOSTS)."""
    origin = request.headers.get("Origin", "")
    own = f"{request.scheme}://{request.get_host()}"
    if origin and origin != own and origin not in settings.CSRF_TRUSTED_ORIGINS:
        message = _(
            "Pages from this origin are not allowed to use the Model Context Protocol here. An administrator of this "
            "installation can allow it with ATTEST_TRUSTED_ORIGINS."
        )
        raise KeyRefused("origin_refused", message, status=HTTPStatus.FORBIDDEN)


def admit(request: HttpRequest) -> tuple[Caller, Credential]:
    """Raises: KeyRefused, TooManyRequests."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise KeyRefused("key_missing", _("Send the API key as “Authorization: Bearer KEY”."))
    caller = Caller(key=text.strip(), address=client_address(request))
    key = recognise_key(caller.key, scope="", address=caller.address)
    return caller, key_credential(key, scope="")


@cache
def get_server() -> MCPServer:
    """Return the process's server, whose tools work for whoever sent the request that calls them."""
    return server_for(_of_request)


def _of_request(scope: str) -> ApiKey:
    caller = _CALLER.get()
    return recognise_key(caller.key, scope=scope, address=caller.address, per_minute=0)  # counted when the request came


class Exchange:
    """One request to the library's application and its answer, while the key that it came with is good."""

    def __init__(self, request: HttpRequest, *, caller: Caller, credential: Credential) -> None:
        self._request, self._caller, self._credential = request, caller, credential
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Message | None:
        """Return how the response begins; None where the key ended before it did."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _task: self._sent.put_nowait(None))
        try:
            first = await self._next()
        except BaseException:
            await self._end()
            raise
        if first is None:
            await self._end()
        return first

    async def body(self) -> AsyncGenerator[bytes, None]:
        """Yield the response's parts. Left before its end, or when the key ends, the work ends too."""
        try:
            while (message := await self._next()) is not None:
                if part := message.get("body", b""):
                    yield part
                if not message.get("more_body", False):
                    return
        finally:
            await self._end()

    async def _next(self) -> Message | None:
        """Return what is sent next; None at the end, and when the key is good no more. Raises: what the application raised."""
        while True:
            try:
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    message = await self._sent.get()
            except TimeoutError:
                if await run_in_thread(find_reader)(self._credential) is None:
                    return None
                continue
            task = cast("asyncio.Task[None]", self._task)
            if message is None and task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error
            return message

    async def _run(self) -> None:
        _CALLER.set(self._caller)
        security = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # both checks are made by `serve`
        application = get_server().streamable_http_app(streamable_http_path=PATH, stateless_http=True, transport_security=security)
        given = self._request.headers
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": self._request.scheme,
            "path": PATH,
            "raw_path": PATH.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in given.items()],
            "client": None,
            "server": None,
        }
        messages: Iterator[Message] = iter([{"type": "http.request", "body": self._request.body, "more_body": False}])

        async def receive() -> Message:
            with suppress(StopIteration):
                return next(messages)
            await asyncio.Event().wait()  # that the sender leaves is seen by the server, which ends this task
            raise AssertionError

        async with application.router.lifespan_context(application):
            await application(scope, receive, self._send)

    async def _send(self, message: Message) -> None:
        self._sent.put_nowait(message)

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
