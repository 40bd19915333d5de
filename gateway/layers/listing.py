"""What a server offers: the names under `/v1/models`, which every OpenAI-compatible server has."""

import json

import httpx

from gateway.errors import ModelBroken, ModelError
from gateway.layers.connecting import transport_for
from gateway.layers.translate import error_of_exception, error_of_response
from outbound.errors import OutboundError
from outbound.hosts import HostRules

TIMEOUT_S = 5.0
MOST_BYTES = 1024 * 1024
MOST_NAMES = 200
NAME_CHARACTERS = 200


async def list_served(*, base_url: str, api_key: str, rules: HostRules) -> tuple[str, ...]:
    """Return the names of the models, sorted, at most MOST_NAMES. Raises: ModelError."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    transport = transport_for(base_url, rules)
    try:
        async with (
            httpx.AsyncClient(
                headers=headers, timeout=TIMEOUT_S, transport=transport, trust_env=False, follow_redirects=False
            ) as client,
            client.stream("GET", f"{base_url.rstrip('/')}/models") as response,
        ):
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ModelBroken("the list of models is too long")
            if response.status_code != 200:
                raise error_of_response(response.status_code, bytes(body))
    except ModelError:
        raise
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OutboundError) as error:
        raise error_of_exception(error) from error
    return names_of(bytes(body))


def names_of(body: bytes) -> tuple[str, ...]:
    """Return the names in such a list. Raises: ModelBroken: it is none."""
    try:
        rows = json.loads(body)["data"]
        names = {row["id"] for row in rows if isinstance(row["id"], str) and 0 < len(row["id"]) <= NAME_CHARACTERS}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelBroken("the server's list of models cannot be read") from error
    return tuple(sorted(names)[:MOST_NAMES])
