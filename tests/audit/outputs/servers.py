"""Servers that take what the audit sends: an HTTP server that also speaks S3, and syslog over TLS."""

import hashlib
import hmac
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Taken:
    """What a server got: (path, headers, body) of each request, and what it answers."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200


@contextmanager
def http_server() -> Iterator[Taken]:
    taken = Taken()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(taken.status)
            self.end_headers()

        do_PUT = do_POST

        def do_GET(self) -> None:
            self.send_response(taken.status)
            self.end_headers()
            self.wfile.write(b"".join(body for _path, _headers, body in taken.requests))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()


def is_signed_for_s3(request: tuple[str, dict[str, str], bytes], *, secret: str) -> bool:
    """Check a signature (AWS Signature Version 4) from what arrived."""
    path, headers, body = request
    given = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=[^/]+/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        headers["authorization"],
    )
    assert given is not None
    day, region, names, signature = given.groups()
    canonical = "\n".join(
        ["PUT", path, "", *(f"{name}:{headers[name]}" for name in names.split(";")), "", names, hashlib.sha256(body).hexdigest()]
    )
    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            headers["x-amz-date"],
            f"{day}/{region}/s3/aws4_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() == signature


@dataclass
class Syslog:
    port: int = 0
    received: list[bytes] = field(default_factory=list)  # what each connection sent, to its end
    breaks_after: int | None = None  # bytes, after which it breaks the connection


@contextmanager
def syslog_server(folder: Path) -> Iterator[Syslog]:
    """A server on 127.0.0.1 with a certificate of its own, `folder`/ca.pem."""
    make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "ca.key")
    listener = socket.create_server(("127.0.0.1", 0))
    found = Syslog(port=listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                plain, _address = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as session:
                    content = b""
                    while part := session.recv(65536):
                        content += part
                        if found.breaks_after is not None and len(content) > found.breaks_after:
                            plain_reset(session)
                            break
                    else:
                        found.received.append(content)
                        session.unwrap()
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def plain_reset(session: ssl.SSLSocket) -> None:
    """Have the connection end as that of a server that was killed does."""
    session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def messages_of(content: bytes) -> list[bytes]:
    """Take octet-counted messages apart (RFC 5425)."""
    found = []
    while content:
        length, _space, rest = content.partition(b" ")
        found.append(rest[: int(length)])
        content = rest[int(length) :]
    return found
