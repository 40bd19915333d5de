"""A real OpenID Connect provider on this machine, in a process of its own, and a browser that signs in at it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

from bench.harness.patience import PATIENCE_S
from bench.harness.ports import free_port


class RunningProvider:
    """`people`: claims by subject, which can be changed while it runs."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.host = f"127.0.0.1:{port}"

    def says(self, subject: str, **claims: Any) -> None:
        """From now on the provider says this of a person, and nothing else."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims, timeout=PATIENCE_S).raise_for_status()

    def sign_in(self, client: Client, slug: str, subject: str, *, address: str = "", query: str = "") -> Any:
        """Go from the sign-in page to the provider, sign in there, and come back. Returns: what the browser is answered then."""
        start = client.get(address or f"/accounts/oidc/{slug}/login/{query}")
        assert start.status_code == 302, start.content.decode()
        return client.get(self.agree(start["Location"], subject))

    def agree(self, asked: str, subject: str) -> str:
        """Sign in at the provider. Returns: the path that it leads back to."""
        assert asked.startswith(f"{self.issuer}/"), asked
        back = httpx.post(asked, data={"sub": subject}, timeout=PATIENCE_S)
        assert back.status_code == 302, back.text
        parts = urlsplit(back.headers["Location"])
        return f"{parts.path}?{parts.query}"


@contextmanager
def running_provider() -> Iterator[RunningProvider]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        provider = RunningProvider(port)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE_S).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None, "the provider ended"
                assert time.monotonic() < deadline, "the provider does not answer"
                time.sleep(0.05)
        yield provider
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
