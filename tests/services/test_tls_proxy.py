"""deploy/caddy/Caddyfile in front of a started installation, set as docs/operations.md says: a real Caddy, with TLS."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.harness.installation import ROOT, manage, run_attest
from bench.harness.ports import free_port
from retrieval.encoding.opening import ENGLISH

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is missing (Debian: caddy)")
QUESTION = "What does parking cost?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tls")
    manage(home, "prepare")
    (home / "parking.md").write_text("# Parking\n\nParking costs 40 euros a month.\n", encoding="utf-8")
    manage(home, "ingest", str(home / "parking.md"), "--collection", "parking", "--create")
    return home


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[tuple[str, str, ssl.SSLContext]]:
    """Returns: the https address, the http address that leads there, and what trusts Caddy's own authority."""
    plain, secure = free_port(), free_port()
    name = f"localhost:{secure}"
    given = {
        "ATTEST_BEHIND_TLS": "1",
        "ATTEST_ALLOWED_HOSTS": "localhost",
        "ATTEST_TRUSTED_ORIGINS": f"https://{name}",
        "ATTEST_TRUSTED_PROXIES": "127.0.0.1",
        "ATTEST_EMBEDDER": ENGLISH,
        "ATTEST_JUDGE": "off",
    }
    with run_attest(home, **given) as url:
        environment = os.environ | {
            "ATTEST_DOMAIN": "localhost",
            "ATTEST_WEB": url.removeprefix("http://"),
            "ATTEST_HTTP_PORT": str(plain),
            "ATTEST_HTTPS_PORT": str(secure),
            "XDG_DATA_HOME": str(home / "caddy"),
            "XDG_CONFIG_HOME": str(home / "caddy"),
        }
        command = ["caddy", "run", "--config", str(ROOT / "deploy/caddy/Caddyfile"), "--adapter", "caddyfile"]
        with (home / "caddy.log").open("wb") as log, subprocess.Popen(command, env=environment, stderr=log, stdout=log) as caddy:
            try:
                authority = home / "caddy/caddy/pki/authorities/local/root.crt"
                yield f"https://{name}", f"http://localhost:{plain}", _trust(authority, caddy, name)
            finally:
                caddy.terminate()
    print((home / "caddy.log").read_text(encoding="utf-8"))


def _trust(authority: Path, caddy: subprocess.Popen[bytes], name: str) -> ssl.SSLContext:
    deadline = time.monotonic() + 60
    while True:
        assert caddy.poll() is None and time.monotonic() < deadline
        if authority.exists() and authority.stat().st_size:
            context = ssl.create_default_context(cafile=str(authority))
            try:
                httpx.get(f"https://{name}/healthz", verify=context)
            except httpx.HTTPError:
                pass
            else:
                return context
        time.sleep(0.1)


@pytest.fixture
def key(home: Path) -> str:
    return manage(home, "create_api_key", "--user", "admin", "--scope", "ask", "--scope", "read", "--scope", "manage").split()[-1]


def test_a_question_is_asked_and_answered_over_tls(site, key: str) -> None:
    url, _plain, trust = site
    with httpx.Client(base_url=url, verify=trust, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        answer = client.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert "40 euros" in answer["answer"]
        with client.stream("POST", "/api/v1/ask?stream=true", json={"question": QUESTION}) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in response.headers  # compressed events would be held back
            assert "40 euros" in "".join(response.iter_text())


def test_the_sign_in_page_keeps_its_cookies_to_tls_and_plain_http_leads_to_it(site) -> None:
    url, plain, trust = site
    page = httpx.get(f"{url}/accounts/login/", verify=trust)
    assert page.status_code == 200
    cookies = page.headers.get_list("set-cookie")
    assert cookies and [cookie for cookie in cookies if "secure" not in cookie.lower()] == []
    led = httpx.get(f"{plain}/accounts/login/")
    assert led.status_code == 308 and led.headers["location"].startswith("https://localhost")


def test_the_audit_has_the_address_of_the_reader_and_not_of_the_proxy(site, home: Path) -> None:
    url, _plain, trust = site
    with httpx.Client(base_url=url, verify=trust, headers={"X-Forwarded-For": "198.51.100.7"}) as client:
        client.get("/accounts/login/")
        form = {"login": "admin", "password": "wrong", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.post("/accounts/login/", data=form, headers={"Referer": f"{url}/accounts/login/"})
    code = "from audit.models import Payload; print(*Payload.objects.values_list('body', flat=True))"
    said = manage(home, "shell", "-c", code)
    assert "127.0.0.1" in said and "198.51.100.7" not in said  # Caddy believes nobody's own X-Forwarded-For
