"""A checked `requests` session: it connects to judged addresses alone, by their names in TLS and `Host`, and follows nothing."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outbound.hosts import HostRules, read_allowed
from outbound.sessions import checked_session

NAME = "id.example"


class Answers(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.server.seen.append(self.headers["Host"])  # type: ignore[attr-defined]  # set below
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        """Nothing is printed."""


@contextmanager
def served(context: ssl.SSLContext | None = None) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.seen = []  # type: ignore[attr-defined]  # for the handler
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rules_for(server: HTTPServer, *addresses: str) -> HostRules:
    """Every name leads to these addresses; this server may be reached though it is on this machine."""
    port = server.server_address[1]
    return HostRules(allowed=(read_allowed(f"127.0.0.1:{port}"),), resolve=lambda host, port: addresses or ("127.0.0.1",))


def test_it_connects_to_the_judged_address_and_keeps_the_name() -> None:
    with served() as server, checked_session(rules_for(server), timeout_s=10) as session:
        port = server.server_address[1]
        assert session.get(f"http://{NAME}:{port}/").text == "ok"
        assert server.seen == [f"{NAME}:{port}"]  # type: ignore[attr-defined]  # set above


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "10.255.255.1"])
def test_what_leads_inside_is_not_connected_to(address: str) -> None:
    rules = HostRules(resolve=lambda host, port: (address,), is_inside=lambda found: True)
    with checked_session(rules, timeout_s=10) as session, pytest.raises(requests.ConnectionError, match="may not be connected to"):
        session.get(f"https://{NAME}/")


def test_a_name_that_nobody_knows_is_an_error_of_requests() -> None:
    rules = HostRules(resolve=lambda host, port: ())
    with checked_session(rules, timeout_s=10) as session, pytest.raises(requests.ConnectionError, match="no such host"):
        session.get(f"https://{NAME}/")


def test_the_name_is_looked_up_once_a_request_and_not_again_to_connect() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("169.254.169.254",)

    with served() as server:
        port = server.server_address[1]
        rules = HostRules(allowed=(read_allowed(f"127.0.0.1:{port}"),), resolve=resolve)
        with checked_session(rules, timeout_s=10) as session:
            assert session.get(f"http://{NAME}:{port}/").status_code == 200
            with pytest.raises(requests.ConnectionError):  # a kept connection is no way past the rules
                session.get(f"http://{NAME}:{port}/")
    assert asked == [NAME, NAME]


def test_redirects_are_not_followed() -> None:
    with served() as server, checked_session(rules_for(server), timeout_s=10) as session:
        with pytest.raises(requests.TooManyRedirects):
            session.get(f"http://{NAME}:{server.server_address[1]}/away")
        assert len(server.seen) == 1  # type: ignore[attr-defined]  # set above


def certificate(name: str, folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for this name that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, private = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(*pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return path, context


@pytest.mark.parametrize(("name", "is_trusted"), [(NAME, True), ("other.example", False)])
def test_tls_checks_the_certificate_against_the_name_and_not_the_address(tmp_path: Path, name: str, is_trusted: bool) -> None:
    path, context = certificate(name, tmp_path)
    with served(context) as server, checked_session(rules_for(server), timeout_s=10) as session:
        url = f"https://{NAME}:{server.server_address[1]}/"
        if is_trusted:
            assert session.get(url, verify=str(path)).text == "ok"
        else:
            with pytest.raises(requests.exceptions.SSLError):
                session.get(url, verify=str(path))
