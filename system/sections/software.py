"""Which versions run here, and how the installation is reached."""

import platform
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings
from django.utils.translation import gettext as _

from system.values import Fact, Problem, Section

PACKAGES = ("Django", "celery", "torch", "faiss-cpu", "mcp")


@cache
def attest_version() -> str:
    """Return this release's number; "" where its file is not there."""
    try:
        project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except OSError:
        return ""
    return str(project["version"])


def read_software() -> Section:
    facts = [
        Fact(code="attest", label="Attest", value=attest_version(), unit="version"),
        Fact(code="python", label="Python", value=platform.python_version(), unit="version"),
        *(Fact(code=name.lower(), label=name, value=_version(name), unit="version") for name in PACKAGES),
        Fact(code="platform", label=_("Platform"), value=f"{platform.system()} {platform.machine()}"),
        Fact(code="public_url", label=_("Public address"), value=settings.PUBLIC_URL or None),
        Fact(code="tls", label=_("Behind TLS"), value=settings.BEHIND_TLS),
        Fact(code="time_zone", label=_("Time zone"), value=settings.TIME_ZONE),
    ]
    return Section(code="software", title=_("Software"), facts=facts, problems=_problems())


def _problems() -> list[Problem]:
    problems = []
    if settings.DEBUG:
        sentence = _("ATTEST_DEBUG is on: error pages show internals to everyone. Remove it and restart.")
        problems.append(Problem(code="debug", sentence=sentence, command="unset ATTEST_DEBUG; scripts/run", is_urgent=True))
    is_served = any(host not in ("localhost", "127.0.0.1", "[::1]", "testserver") for host in settings.ALLOWED_HOSTS)
    if is_served and not settings.BEHIND_TLS:
        sentence = _(
            "People reach this installation over the network, and ATTEST_BEHIND_TLS is not set: sign-ins may be sent "
            "unencrypted. Put a server with TLS in front of it, and set the variable."
        )
        problems.append(Problem(code="no_tls", sentence=sentence, command="ATTEST_BEHIND_TLS=1 scripts/run"))
    return problems


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
