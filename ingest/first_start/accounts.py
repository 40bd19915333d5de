"""Create the accounts of a first start, and print them."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAccount:
    """An account made just now. The password is in clear here alone: it is printed once and kept nowhere."""

    username: str
    password: str = field(repr=False)
    role: str  # a User.Role
    explanation: str  # what this person shows


def describe_accounts(accounts: tuple[FirstAccount, ...]) -> str:
    """Return the lines that list who may sign in; passwords stand there only for accounts made just now."""
    if not accounts:
        return (
            _("Sign in with your account. If you forgot the password, run: .venv/bin/python manage.py changepassword NAME") + "\n"
        )
    roles = dict(User.Role.choices)
    width = max(len(account.username) for account in accounts)
    lines = [
        f"  {account.username:<{width}}  {account.password}  {roles[account.role]}: {account.explanation}" for account in accounts
    ]
    return "\n".join([_("These accounts were created. Their passwords are shown only once:"), *lines]) + "\n"
