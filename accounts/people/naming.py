"""User names that nobody has, for people who come from elsewhere."""

import re

from accounts.models import User

CHARACTERS = 150
NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")


def free_name(wanted: str) -> str:
    """Return a name that sign-in takes and nobody has: the wanted one, else with a number."""
    wanted = NOT_IN_NAMES.sub("-", wanted).strip("-")[: CHARACTERS - 4] or "person"
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, 1000)))
    taken = set(User.objects.filter(username__istartswith=wanted).values_list("username", flat=True))
    lower = {name.lower() for name in taken}
    return next(name for name in names if name.lower() not in lower)
