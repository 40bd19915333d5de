"""How the installation is, for programs of who manages people, sign-in and models: what the page of the system says."""

from datetime import datetime
from typing import Any

from ninja import Router, Schema

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from system.first_run import list_steps
from system.report import read_report

router = Router(tags=["system"])
PEOPLE = scoped(ApiKey.Scope.PEOPLE)


class ProblemOut(Schema):
    code: str
    sentence: str
    command: str
    is_urgent: bool


class SectionOut(Schema):
    code: str
    title: str
    state: str
    facts: dict[str, Any]
    problems: list[ProblemOut]


class StepOut(Schema):
    code: str
    title: str
    is_done: bool


class SystemOut(Schema):
    at: datetime
    state: str
    sections: list[SectionOut]
    setup: list[StepOut]


@router.get("/system", response={200: SystemOut, **schemas.ERRORS}, **PEOPLE)
def get_system(request: ApiRequest) -> dict[str, Any]:
    """The state of the installation: what is wrong, in plain words, with the command that fixes it, and what is left to set up.
    `state`, of each section and of all: `ok`, `warn` (needs attention) or `bad` (does not work)."""
    steps = [{"code": step.code, "title": step.title, "is_done": step.is_done} for step in list_steps(request.user)]
    return read_report().as_dict() | {"setup": steps}
