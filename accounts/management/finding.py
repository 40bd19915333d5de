"""What commands name: people. Whoever runs a command is told in its own words what there is not."""

from django.core.management.base import CommandError

from accounts.models import User


def find_user(name: str) -> User:
    """Return the active user of this name. Raises: CommandError: there is none."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user
