"""Sign requests for S3: Signature Version 4 in the Authorization header.

Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)". boto3 signs
too, but it brings some 30 MB and connections of its own, which go to whatever a name leads to.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

import httpx

NOTHING = hashlib.sha256(b"").hexdigest()  # of the empty body that every request here has
SIGNED = ("host", "range", "x-amz-content-sha256", "x-amz-date")
UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs requests without a body in."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str

    def __call__(self, request: httpx.Request) -> None:
        self.sign(request, datetime.now(UTC))

    def sign(self, request: httpx.Request, now: datetime) -> None:
        """Add the headers of a request that is sent at `now` (UTC)."""
        day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
        request.headers["x-amz-content-sha256"], request.headers["x-amz-date"] = NOTHING, moment
        names = [name for name in SIGNED if name in request.headers]
        canonical = "\n".join(
            (
                request.method,
                quote(unquote(request.url.raw_path.partition(b"?")[0].decode()), safe="/" + UNRESERVED),
                _canonical_query(request.url.query.decode()),
                *(f"{name}:{request.headers[name].strip()}" for name in names),
                "",
                ";".join(names),
                NOTHING,
            )
        )
        scope = f"{day}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope},SignedHeaders={';'.join(names)},Signature={signature}"
        )


def _canonical_query(query: str) -> str:
    pairs = [(quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in parse_qsl(query, True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
