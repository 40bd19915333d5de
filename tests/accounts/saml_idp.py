"""A SAML identity provider: it reads the request that a browser brings, and signs what it says by its key."""

import base64
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

ENTITY, SSO = "https://idp.example/entity", "https://idp.example/sso"
METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"><md:IDPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>
 </ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="{sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>"""
ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID
 Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{acs}"
 InResponseTo="{request}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}">
<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}
</saml:AttributeStatement></saml:Assertion>"""
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="{id}" Version="2.0" IssueInstant="{now}" Destination="{acs}" InResponseTo="{request}"><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""


def make_key() -> tuple[str, str]:
    """Return a private key and a certificate for it, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), certificate.public_bytes(pem).decode()


@dataclass
class Idp:
    key: str = field(repr=False)
    certificate: str

    @classmethod
    def make(cls) -> "Idp":
        return cls(*make_key())

    @property
    def metadata(self) -> str:
        bare = "".join(self.certificate.split("-----")[2].split())
        return METADATA.format(entity=ENTITY, sso=SSO, certificate=bare)

    def read_request(self, address: str) -> str:
        """Return the ID of the request that the browser was sent here with."""
        assert address.startswith(f"{SSO}?"), address
        packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
        root = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
        return str(root.get("ID"))

    def answer(
        self,
        request: str,
        *,
        subject: str = "s-1",
        slug: str = "corp",
        signed: str = "assertion",
        minutes: int = 5,
        audience: str = "",
        issuer: str = ENTITY,
        wrap: bool = False,
        **attributes: list[str],
    ) -> str:
        """Return what the browser posts. `signed`: assertion, response or "". `wrap`: a forged assertion before the signed."""
        base = f"http://testserver/accounts/saml/{slug}"
        now = datetime.now(UTC)
        values = {
            "now": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "since": f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
            "until": f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}",
            "acs": f"{base}/acs/",
            "audience": audience or f"{base}/metadata/",
            "request": request,
            "issuer": issuer,
        }
        said = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in found)
            + "</saml:Attribute>"
            for name, found in attributes.items()
        )
        assertion = ASSERTION.format(id=f"_{uuid4().hex}", subject=subject, attributes=said, **values)
        if signed == "assertion":
            assertion = self._sign(assertion)
        if wrap:
            assertion = ASSERTION.format(id=f"_{uuid4().hex}", subject="s-admin", attributes=said, **values) + assertion
        response = RESPONSE.format(id=f"_{uuid4().hex}", assertion=assertion, **values)
        if signed == "response":
            response = self._sign(response)
        return base64.b64encode(response.encode()).decode()

    def _sign(self, xml: str) -> str:
        signed = OneLogin_Saml2_Utils.add_sign(xml, self.key, self.certificate)
        text = signed.decode() if isinstance(signed, bytes) else signed
        return text.partition("?>")[2] if text.startswith("<?xml") else text
