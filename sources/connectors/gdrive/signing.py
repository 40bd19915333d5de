"""Sign in as a service account: a signed claim for a token (RFC 7523), as Google documents it."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url, service_rules
from sources.connectors.calling.calls import Calls
from sources.connectors.calling.tokens import read_token
from sources.connectors.errors import ConnectorError, SignInRefused

API, TOKENS = "https://www.googleapis.com", "https://oauth2.googleapis.com/token"
KNOWN = frozenset(("www.googleapis.com", "oauth2.googleapis.com", "accounts.google.com"))
SCOPE = "https://www.googleapis.com/auth/drive.readonly"
LASTS_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKey:
    """`tokens`: where it asks for tokens."""

    account: str
    tokens: str
    private: RSAPrivateKey = field(repr=False)


def read_key(text: str) -> ServiceKey:
    """Read the JSON file of a key. Raises: ConnectorError: bad_key; AddressRefused."""
    try:
        found = json.loads(text)
        private = load_pem_private_key(str(found["private_key"]).encode(), None)
        account, tokens = str(found["client_email"]), str(found.get("token_uri") or TOKENS)
    except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
        raise ConnectorError(
            _("The key is not the JSON file of a Google service account. Paste all of it."), code="bad_key"
        ) from error
    if not isinstance(private, RSAPrivateKey):
        raise ConnectorError(_("The key is not the JSON file of a Google service account. Paste all of it."), code="bad_key")
    return ServiceKey(account=account, tokens=check_url(tokens), private=private)


class TokenDesk:
    """Gives tokens for one account, for itself or for the person that it acts for."""

    def __init__(self, key: ServiceKey, subject: str) -> None:
        self._key, self._subject = key, subject
        self._calls = Calls(key.tokens, rules=service_rules(key.tokens, KNOWN))

    def close(self) -> None:
        self._calls.close()

    def ask(self) -> tuple[str, float]:
        """Return a token and how many seconds it lasts. Raises: SignInRefused."""
        now, host = int(time.time()), self._calls.origin[1]
        claims: dict[str, object] = {"iss": self._key.account, "scope": SCOPE, "aud": self._key.tokens}
        claims |= {"iat": now, "exp": now + LASTS_S} | ({"sub": self._subject} if self._subject else {})
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = self._key.private.sign(signed.encode(), PKCS1v15(), SHA256())
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": f"{signed}.{_text(signature)}",
        }
        response = self._calls.ask("POST", self._key.tokens, data=form)
        refused = _("%(host)s rejected these credentials.")
        if not response.is_success:
            raise SignInRefused(refused % {"host": host})
        return read_token(response, host, refused)


def _part(value: dict[str, object]) -> str:
    return _text(json.dumps(value).encode())


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
