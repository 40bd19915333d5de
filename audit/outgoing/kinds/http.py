"""JSON lines by POST: a webhook, or the collector of a SIEM."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx

from audit.outgoing.errors import OutputUnavailable
from audit.outgoing.values import HttpPlace


def send_by_http(place: HttpPlace, lines: Sequence[bytes], *, kind: str) -> None:
    """POST the lines, all of them in one request. No redirect is followed. Raises: OutputUnavailable."""
    headers = {"Content-Type": "application/x-ndjson", "X-Attest-Kind": kind}
    try:
        if place.token_file:
            headers["Authorization"] = f"Bearer {Path(place.token_file).read_text().splitlines()[0].strip()}"
        with httpx.Client(timeout=place.timeout_s, verify=tls_context(place.ca_file)) as client:
            response = client.post(place.url, content=b"".join(line + b"\n" for line in lines), headers=headers)
    except (httpx.HTTPError, OSError, IndexError) as error:
        raise OutputUnavailable(f"{place.url}: {error or type(error).__name__}") from error
    if not response.is_success:
        raise OutputUnavailable(f"{place.url} answered {response.status_code}")


def tls_context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)
