"""Who did what an event records."""

from dataclasses import dataclass
from typing import Protocol


class Account(Protocol):
    """What the audit needs of a user; accounts.models.User has it."""

    @property
    def pk(self) -> object: ...

    def get_username(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted: `id` is the user's primary key, "" for the system itself; `name` is for people and erased with the payload."""

    id: str = ""
    name: str = ""


SYSTEM = Actor()
COMMAND_LINE = Actor(name="manage.py")


def actor_of(user: Account | None, *, otherwise: Actor = SYSTEM) -> Actor:
    """Return the user as an actor; `otherwise` where there is none. An anonymous user has no id."""
    return otherwise if user is None else Actor(id=str(user.pk or ""), name=user.get_username())
