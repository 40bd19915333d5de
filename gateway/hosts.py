"""Which servers a model may be reached at, and which of them may receive a key from the environment.

Knowledge admins type addresses; the operator sets the environment. So a row may name any server but this machine and what only it
can reach, and beyond that what ATTEST_MODEL_HOSTS and LLM_BASE_URL name. A key in a variable goes to the origins that the operator
bound it to, never to one that only a page names.
"""

from urllib.parse import urlsplit

from django.conf import settings

from outbound.hosts import HostRules, normalise_host, read_allowed
from outbound.transport import PORTS

ENVIRONMENT_KEY = "LLM_API_KEY"  # bound to LLM_BASE_URL
Origin = tuple[str, str, int]  # scheme, host, port


def model_rules() -> HostRules:
    """Return the rules for a model's address."""
    allowed = [read_allowed(text) for text in settings.MODEL_HOSTS]
    if origin := read_origin(settings.LLM_BASE_URL):
        _scheme, host, port = origin
        allowed.append(read_allowed(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))
    return HostRules(allowed=tuple(allowed))


def read_origin(address: str) -> Origin | None:
    """Return scheme, host and port of an http or https address, in one spelling; None for anything else."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not port or not parts.hostname:
        return None
    return parts.scheme, normalise_host(parts.hostname), port


def may_see_key(variable: str, address: str) -> bool:
    """Tell whether the operator bound the key in this variable to the address's origin."""
    origin = read_origin(address)
    bound = [*settings.MODEL_KEY_ORIGINS.get(variable, ())]
    if variable == ENVIRONMENT_KEY:
        bound.append(settings.LLM_BASE_URL)
    return origin is not None and origin in {read_origin(text) for text in bound}
