"""Debian's slapd on this machine, with certificates of its own and what Active Directory adds to an entry."""

import shutil
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.harness.patience import PATIENCE_S
from bench.harness.ports import free_port

with warnings.catch_warnings():  # as in accounts.sign_in.directory.connecting
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3

PROGRAM = shutil.which("slapd") or ("/usr/sbin/slapd" if Path("/usr/sbin/slapd").exists() else "")
SUFFIX, ADMIN, SECRET = "dc=acme,dc=example", "cn=admin,dc=acme,dc=example", "s3cret-of-the-admin"
PASSWORD = "right horse 7"
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' AUXILIARY MAY ( sAMAccountName $ userAccountControl $ objectGUID ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
security simple_bind=128
disallow bind_anon
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw {secret}
directory {folder}/data
index objectClass,uid,cn,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


class Slapd:
    """A running server. Nobody binds to it without TLS."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.address, self.tls_address = f"ldap://127.0.0.1:{self.port}", f"ldaps://127.0.0.1:{self.tls_port}"
        self.ca_file = str(folder / "ca.pem")
        make_certificates(folder)
        (folder / "data").mkdir()
        configuration = CONFIGURATION.format(folder=folder, suffix=SUFFIX, admin=ADMIN, secret=SECRET)
        (folder / "slapd.conf").write_text(configuration)
        addresses = f"{self.address}/ {self.tls_address}/"
        command = [PROGRAM, "-h", addresses, "-f", str(folder / "slapd.conf"), "-d", "0"]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        self.connection: Any = None

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.connection is None:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "slapd does not answer"
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=PATIENCE_S).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
                continue
            server = ldap3.Server("127.0.0.1", port=self.tls_port, use_ssl=True, tls=ldap3.Tls(validate=ssl.CERT_NONE))
            self.connection = ldap3.Connection(server, ADMIN, SECRET, auto_bind=True, raise_exceptions=True)
        self.connection.add(SUFFIX, ["dcObject", "organization"], {"o": "Acme", "dc": "acme"})
        for unit in ("people", "groups"):
            self.connection.add(f"ou={unit},{SUFFIX}", "organizationalUnit")

    def empty(self) -> None:
        """Remove everybody and every group."""
        for unit in ("groups", "people"):
            self.connection.search(f"ou={unit},{SUFFIX}", "(objectClass=*)", ldap3.LEVEL)
            for entry in list(self.connection.entries):
                self.connection.delete(entry.entry_dn)

    def add_person(self, uid: str, *, password: str = PASSWORD, **values: object) -> str:
        dn = f"uid={uid},ou=people,{SUFFIX}"
        given = {"uid": uid, "cn": uid, "sn": uid.title(), "userPassword": password, **values}
        self.connection.add(dn, ["inetOrgPerson", "user"], given)
        return dn

    def add_group(self, name: str, *members: str) -> str:
        dn = f"cn={name},ou=groups,{SUFFIX}"
        self.connection.add(dn, "groupOfNames", {"member": list(members) or [""]})
        return dn

    def change(self, dn: str, **values: object) -> None:
        self.connection.modify(dn, {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()})

    def leave(self, group: str, member: str) -> None:
        self.connection.modify(group, {"member": [(ldap3.MODIFY_ADD, [""]), (ldap3.MODIFY_DELETE, [member])]})

    def remove(self, dn: str) -> None:
        self.connection.delete(dn)


@contextmanager
def running_slapd(folder: Path) -> Iterator[Slapd]:
    server = Slapd(folder)
    try:
        server.wait()
        yield server
    finally:
        if server.connection is not None:
            server.connection.unbind()
        server.process.terminate()
        server.process.wait(PATIENCE_S)


def make_certificates(folder: Path) -> None:
    """Write an authority, and the certificate that it gave to 127.0.0.1."""
    authority, its_key = make_certificate("Authority", None, None)
    server, key = make_certificate("127.0.0.1", authority, its_key)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem))
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "server.key").write_bytes(key.private_bytes(pem, kind, plain))


def make_certificate(
    name: str, issuer: x509.Certificate | None, issuer_key: ec.EllipticCurvePrivateKey | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signer = issuer_key or key
    builder = x509.CertificateBuilder(
        issuer_name=issuer.subject if issuer else subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=2),
    ).add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    if issuer is None:
        usage = {name: name in ("key_cert_sign", "crl_sign", "digital_signature") for name in USAGES}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
    return builder.sign(signer, hashes.SHA256()), key


USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
