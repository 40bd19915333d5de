"""Requests to a source over HTTP: judged addresses, limits of time and size, errors as `sources.connectors.errors` has them.

Credentials go to the origin of the source's address and to no other, whatever it redirects to.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from gateway.layers.connecting import trusted_certificates
from outbound.blocking import CheckedBlockingTransport
from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import HostRules
from sources.connectors.calling.addresses import origin_of, refused, typed_rules, unknown
from sources.connectors.errors import ItemGone, ItemUnreadable, SignInRefused, SourceAway, Throttled

TIMES = httpx.Timeout(30, connect=10)
ANSWER_TIME_S, DOWNLOAD_TIME_S = 120, 3600  # for a whole answer, however slowly it drips
ANSWER_BYTES = 32 * 1024 * 1024  # of an answer that is held in memory
REDIRECTS = 5
MOVED = (301, 302, 303, 307, 308)
USUAL_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0
Authorise = Callable[[httpx.Request], None]


class Calls:
    """The client of one source. `authorise` adds the credentials to a request; `renew` gets new ones after a 401."""

    def __init__(
        self,
        address: str,
        *,
        authorise: Authorise | None = None,
        renew: Callable[[], None] | None = None,
        headers: Mapping[str, str] | None = None,
        rules: HostRules | None = None,
    ) -> None:
        self.origin = origin_of(address)
        self._authorise, self._renew = authorise, renew
        transport = CheckedBlockingTransport(rules or typed_rules(), trusted_certificates())
        self._client = httpx.Client(transport=transport, timeout=TIMES, headers={"User-Agent": "Attest", **(headers or {})})

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, url: str, *, limit: int = ANSWER_BYTES, **request: Any) -> httpx.Response:
        """Return the answer, read whole, whatever its status. Raises: ConnectorError: also beyond `limit` bytes."""
        with self.stream(method, url, time_s=ANSWER_TIME_S, **request) as (response, chunks):
            content = bytearray()
            for chunk in chunks:
                content += chunk
                if len(content) > limit:
                    raise ItemUnreadable(_("%(host)s returned more than can be read at once.") % {"host": self.origin[1]})
            kept = [
                (name, value)
                for name, value in response.headers.items()
                if name not in ("content-encoding", "content-length", "transfer-encoding")
            ]
            return httpx.Response(response.status_code, headers=kept, content=bytes(content), request=response.request)

    def ask_json(self, method: str, url: str, **request: Any) -> Any:
        """Return what a successful answer holds. Raises: ConnectorError: also for every other status."""
        response = self.ask(method, url, **request)
        check_status(response)
        return read_json(response)

    def download(self, url: str, into: BinaryIO, *, may_leave: bool = False, **request: Any) -> httpx.Headers:
        """Write what the address gives, at most as much as may be uploaded. `may_leave`: see `stream`.

        Raises: ConnectorError, ItemGone, ItemUnreadable.
        """
        headers = {"Accept-Encoding": "identity", **request.pop("headers", {})}
        with self.stream("GET", url, time_s=DOWNLOAD_TIME_S, may_leave=may_leave, headers=headers, **request) as (response, chunks):
            check_item_status(response)
            size = 0
            for chunk in chunks:
                size += len(chunk)
                check_size(size)
                into.write(chunk)
            return response.headers

    @contextmanager
    def stream(
        self, method: str, url: str, *, time_s: float, may_leave: bool = False, follow: bool = True, **request: Any
    ) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """Give the answer and its decoded bytes.

        Redirects are followed within the origin, or beyond it where it `may_leave`: for services that keep their downloads
        elsewhere. A server that somebody typed must not send us through the company's network.

        Raises: ConnectorError; 429, 5xx and 401 are raised here, every other status is the caller's.
        """
        deadline = time.monotonic() + time_s
        with self._translated():
            response = self._send_on(method, url, may_leave=may_leave, follow=follow, request=request)
            try:
                check_server(response)
                yield response, self._chunks(response, deadline)
            finally:
                response.close()

    def _send_on(self, method: str, url: str, *, may_leave: bool, follow: bool, request: dict[str, Any]) -> httpx.Response:
        for _hop in range(REDIRECTS + 1):
            response = self._send(method, url, request)
            target = response.headers.get("location")
            if not follow or response.status_code not in MOVED or not target:
                return response
            response.close()
            url = str(response.url.join(target))
            request = {**request, "params": None}
            if origin_of(url) != self.origin and not (may_leave and url.startswith(("https:", f"{self.origin[0]}:"))):
                raise SourceAway(
                    _("%(host)s redirects to %(other)s. Enter the target address instead.")
                    % {"host": self.origin[1], "other": response.url.join(target).host}
                )
        raise SourceAway(_("%(host)s redirects in a loop.") % {"host": self.origin[1]})

    def _send(self, method: str, url: str, request: dict[str, Any]) -> httpx.Response:
        response = self._send_once(method, url, request)
        if response.status_code == 401 and self._renew and origin_of(url) == self.origin:
            response.close()
            self._renew()
            response = self._send_once(method, url, request)
        return response

    def _send_once(self, method: str, url: str, request: dict[str, Any]) -> httpx.Response:
        built = self._client.build_request(method, url, **request)
        if self._authorise and origin_of(str(built.url)) == self.origin:
            self._authorise(built)
        return self._client.send(built, stream=True)

    def _chunks(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        with self._translated():
            for chunk in response.iter_bytes():
                if time.monotonic() > deadline:
                    raise SourceAway(_("%(host)s responds too slowly.") % {"host": self.origin[1]})
                yield chunk

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except HostRefused as error:
            raise refused(error.host) from error
        except HostUnknown as error:
            raise unknown(error.host) from error
        except (UnicodeEncodeError, httpx.LocalProtocolError) as error:  # without its text, which holds the header
            raise SignInRefused(
                _("The credentials contain characters that are not allowed in a header. Paste them again.")
            ) from error
        except httpx.TimeoutException as error:
            raise SourceAway(_("%(host)s responds too slowly.") % {"host": self.origin[1]}) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise SourceAway(
                _("%(host)s cannot be reached: %(reason)s.") % {"host": self.origin[1], "reason": str(error)[:200].rstrip(".")}
            ) from error


def with_password(username: str, password: str) -> Authorise:
    """Return what signs requests in by HTTP's basic scheme, as UTF-8 (RFC 7617)."""
    value = "Basic " + b64encode(f"{username}:{password}".encode()).decode()

    def authorise(request: httpx.Request) -> None:
        request.headers["Authorization"] = value

    return authorise


def check_server(response: httpx.Response) -> None:
    """Raise what concerns the whole source: Throttled, SignInRefused, SourceAway."""
    host, status = response.url.host, response.status_code
    if named := response.request.headers.get("Host"):
        host = named
    if status == 429 or (status == 503 and "retry-after" in response.headers):
        wait_s = read_wait(response.headers.get("retry-after", ""))
        raise Throttled(_("%(host)s asks to wait.") % {"host": host}, retry_after=wait_s)
    if status in (401, 407):
        raise SignInRefused(_("%(host)s rejected these credentials.") % {"host": host})
    if status >= 500:
        raise SourceAway(_("%(host)s reported an internal error (%(status)s).") % {"host": host, "status": status})


def check_status(response: httpx.Response) -> None:
    """Raise for every answer that is no success, of a request that must succeed for the source to be of use."""
    check_server(response)
    if response.status_code == 403:
        raise SignInRefused(_("The account is not allowed to read %(where)s.") % {"where": response.url.path[:200]})
    if not response.is_success:
        raise SourceAway(
            _("%(where)s was not found (%(status)s). Check the address.")
            % {"where": response.url.path[:200], "status": response.status_code}
        )


def check_item_status(response: httpx.Response) -> None:
    """Raise for every answer that does not give this one item: ItemGone, ItemUnreadable."""
    check_server(response)
    if response.status_code in (404, 410):
        raise ItemGone(_("It has been deleted in the meantime."))
    if not response.is_success:
        raise ItemUnreadable(_("The source did not provide it (%(status)s).") % {"status": response.status_code})


def check_size(size: int) -> None:
    """Raises: ItemUnreadable: more bytes than may be uploaded."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise ItemUnreadable(_("It exceeds the limit of %(most)s MB per document.") % {"most": settings.UPLOAD_MAX_BYTES // 2**20})


def read_wait(text: str) -> float:
    """Return the seconds of a Retry-After: a number, or a date of HTTP."""
    text = text.strip()
    try:
        wait_s = float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        wait_s = USUAL_WAIT_S
    return min(max(wait_s, 1.0), LONGEST_WAIT_S)


def read_json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise SourceAway(_("%(host)s did not respond as its API should.") % {"host": response.url.host}) from error
