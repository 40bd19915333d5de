"""A connection goes to the address that was judged; the name server is a table, the connector notes where it was sent."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import HostRules, read_allowed
from outbound.transport import CheckedByProxy, CheckedTransport


class Connector(httpx.AsyncBaseTransport):
    """Answers every request; `dead`: addresses where nothing listens."""

    def __init__(self, *, dead: tuple[str, ...] = (), response: httpx.Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.dead = dead
        self.response = response or httpx.Response(200, text="ok")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("refused", request=request)
        return self.response


def rules(*answers: tuple[str, ...], allowed: tuple[str, ...] = ()) -> HostRules:
    """Rules whose name server gives one answer after the other."""
    coming: Iterator[tuple[str, ...]] = iter(answers)
    return HostRules(allowed=tuple(map(read_allowed, allowed)), resolve=lambda host, port: next(coming))


async def ask(transport: httpx.AsyncBaseTransport, url: str, *, times: int = 1, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport, **options) as client:
        for _ in range(times):
            response = await client.get(url)
        return response


async def test_it_connects_to_the_judged_address_under_the_name() -> None:
    connector = Connector()
    await ask(CheckedTransport(rules(("192.0.2.7",)), connector), "https://models.example:8443/v1")
    (request,) = connector.requests
    assert str(request.url) == "https://192.0.2.7:8443/v1"
    assert request.headers["Host"] == "models.example:8443"
    assert request.extensions["sni_hostname"] == "models.example"


async def test_a_name_that_changes_its_address_is_judged_again_at_the_next_request() -> None:
    connector = Connector()
    with pytest.raises(HostRefused):
        await ask(CheckedTransport(rules(("192.0.2.7",), ("127.0.0.1",)), connector), "http://models.example/", times=2)
    assert [request.url.host for request in connector.requests] == ["192.0.2.7"]


async def test_the_next_address_is_tried_where_nothing_listens() -> None:
    connector = Connector(dead=("2001:db8::7",))
    response = await ask(CheckedTransport(rules(("2001:db8::7", "192.0.2.7")), connector), "http://models.example/")
    assert response.text == "ok"
    assert [request.url.host for request in connector.requests] == ["2001:db8::7", "192.0.2.7"]


async def test_where_nothing_listens_at_all_the_last_error_is_reported() -> None:
    with pytest.raises(httpx.ConnectError, match="refused"):
        await ask(CheckedTransport(rules(("192.0.2.7",)), Connector(dead=("192.0.2.7",))), "http://models.example/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::127.0.0.1]/", "http://2130706433/", "http://[64:ff9b::a9fe:a9fe]/"]
)
async def test_an_address_that_leads_inside_is_never_connected_to(url: str) -> None:
    connector = Connector()
    with pytest.raises(HostRefused):
        await ask(CheckedTransport(HostRules(), connector), url)
    assert connector.requests == []


async def test_a_redirect_inside_is_refused_even_by_a_client_that_follows() -> None:
    connector = Connector(response=httpx.Response(307, headers={"Location": "http://169.254.169.254/latest/"}))
    with pytest.raises(HostRefused):
        await ask(CheckedTransport(rules(("192.0.2.7",)), connector), "http://models.example/", follow_redirects=True)
    assert len(connector.requests) == 1


async def test_an_unknown_name_is_not_connected_to() -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(HostUnknown):
        await ask(CheckedTransport(HostRules(resolve=unknown), Connector()), "http://models.example/")
    proxied = Connector()
    await ask(CheckedByProxy(HostRules(resolve=unknown), proxied), "https://models.example/")  # the proxy may know it
    assert [request.url.host for request in proxied.requests] == ["models.example"]


async def test_nothing_inside_is_asked_of_a_proxy() -> None:
    proxied = Connector()
    with pytest.raises(HostRefused):
        await ask(CheckedByProxy(rules(("127.0.0.1",)), proxied), "https://models.example/")
    assert proxied.requests == []
