"""One object for each checkpoint, in an S3-compatible bucket with object lock: nobody changes or removes it before its time.

A PUT, signed as AWS Signature Version 4 has it; a whole client of theirs would be sixty times the code.
Source: "Signature Version 4 signing process", AWS General Reference; "PutObject", Amazon S3 API Reference.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from audit.outgoing.errors import OutputUnavailable
from audit.outgoing.kinds.http import tls_context
from audit.outgoing.values import S3Place


def put_object(place: S3Place, name: str, content: bytes) -> None:
    """Store an object, locked for `retain_days`. Raises: OutputUnavailable."""
    now = datetime.now(UTC)
    path = f"/{place.bucket}/{place.prefix}{name}"
    headers = {
        "content-md5": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),  # wanted with a lock
        "content-type": "application/json",
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": (now + timedelta(days=place.retain_days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    try:
        secret = Path(place.secret_key_file).read_text().strip()
        signed = sign(place, secret=secret, method="PUT", path=path, headers=headers, content=content, now=now)
        with httpx.Client(timeout=place.timeout_s, verify=tls_context(place.ca_file)) as client:
            response = client.put(place.endpoint.rstrip("/") + quote(path), content=content, headers=signed)
    except (httpx.HTTPError, OSError) as error:
        raise OutputUnavailable(f"{place.endpoint}: {error or type(error).__name__}") from error
    if not response.is_success:
        raise OutputUnavailable(f"{place.endpoint} answered {response.status_code} to {path}")


def sign(
    place: S3Place, *, secret: str, method: str, path: str, headers: Mapping[str, str], content: bytes, now: datetime
) -> dict[str, str]:
    """Return the headers with those that sign them. `path`: not yet quoted."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(content).hexdigest()
    sent = {**headers, "host": urlsplit(place.endpoint).netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{sent[name].strip()}\n" for name in sorted(sent))
    request = f"{method}\n{quote(path)}\n\n{lines}\n{names}\n{digest}"
    scope = f"{day}/{place.region}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (day, place.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={place.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**sent, "authorization": credential}
