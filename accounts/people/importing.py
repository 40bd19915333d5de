"""People from a CSV file: first a plan, line by line, of what would be made, changed and refused; then all of it or nothing."""

import csv
import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import User
from accounts.services import change_account, check_account, read_day
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record

COLUMNS = ("username", "first_name", "last_name", "email", "role", "groups", "ends_on")
MOST_LINES = 50_000
AT_ONCE = 500  # accounts in one event, and in one statement
ROLES = (User.Role.EMPLOYEE, User.Role.KNOWLEDGE_ADMIN, User.Role.SYSTEM_ADMIN)

Action = Literal["make", "change", "same", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What becomes of one line. `values`: by column, those that the file has; `changed`: of an account that is there."""

    number: int
    username: str
    action: Action
    reason: str = ""  # why it is refused
    values: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    lines: tuple[Line, ...]

    def having(self, action: Action) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.action == action)

    @property
    def digest(self) -> str:
        """Return what tells this plan from another one: of the same file, too, when the accounts have changed meanwhile."""
        shown = repr([(line.number, line.username, line.action, line.reason, sorted(line.changed.items())) for line in self.lines])
        return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def plan_import(text: str) -> Plan:
    """Say what would become of each line of a CSV file, whose first line names its columns. Groups are separated by semicolons.

    Raises: AccountRefused: it is no such file.
    """
    rows = _read(text)
    groups = {group.name.lower(): group for group in Group.objects.all()}
    accounts = {user.username.lower(): user for user in User.objects.prefetch_related("groups")}
    by_email = {user.email.lower(): user for user in accounts.values() if user.email}
    seen_names: set[str] = set()
    seen_emails: set[str] = set()
    lines = []
    for number, row in rows:
        name = row.get("username", "")
        user = accounts.get(name.lower())
        try:
            if name.lower() in seen_names:
                raise AccountRefused("account_invalid", _("This user name appears twice in the file."))
            seen_names.add(name.lower())
            values = _values(row, groups)
            email = values.get("email", "").lower()
            _check_address(name, email, user=user, accounts=accounts, by_email=by_email, seen=seen_emails)
            lines.append(_make(number, name, values) if user is None else _change(number, user, values))
        except AccountRefused as refused:
            lines.append(Line(number=number, username=name, action="refuse", reason=refused.message))
    return Plan(lines=tuple(lines))


def run_import(plan: Plan, *, actor: User | None) -> None:
    """Do what a plan says of the lines that it does not refuse, all or nothing. `actor` None: the command line.

    Raises: AccountRefused: somebody changed what the plan relied on.
    """
    making = plan.having("make")
    with transaction.atomic():
        changing = {line.username.lower(): line for line in plan.having("change")}
        accounts = {user.username.lower(): user for user in _named(changing)}
        if _named({line.username.lower(): line for line in making}):
            raise AccountRefused(
                "import_changed", _("Somebody has created one of these accounts in the meantime. Check the file again.")
            )
        for batch in _batches(making):
            _bulk_make(batch)
        # Whoever records stands in line to the end of the transaction: so as late as can be.
        for name, line in changing.items():
            change_account(user=accounts[name], actor=actor, **line.values)
        for batch in _batches(making):
            _record(batch, actor=actor)


def _bulk_make(lines: Sequence[Line]) -> None:
    users = [_user(line.username, line.values) for line in lines]
    for user in users:
        user.password = make_password(None)  # one that nothing matches
    User.objects.bulk_create(users)
    rows = [
        User.groups.through(user_id=user.pk, group_id=group.pk)
        for user, line in zip(users, lines, strict=True)
        for group in line.values.get("groups", ())
    ]
    User.groups.through.objects.bulk_create(rows)


def _record(lines: Sequence[Line], *, actor: User | None) -> None:
    shown = [
        {**line.values, "username": line.username, "groups": [group.name for group in line.values.get("groups", ())]}
        for line in lines
    ]
    record(
        "account.imported",
        by=actor_of(actor, otherwise=COMMAND_LINE),
        subject="people:import",
        summary=str(len(lines)),
        payload={"made": shown},
    )


def _batches(lines: Sequence[Line]) -> list[Sequence[Line]]:
    return [lines[start : start + AT_ONCE] for start in range(0, len(lines), AT_ONCE)]


def _read(text: str) -> list[tuple[int, dict[str, str]]]:
    """Return the lines with their numbers, each by column."""
    if "\x00" in text:
        raise AccountRefused("account_invalid", _("This is not a text file. Save the sheet as CSV (UTF-8)."))
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    found = []
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        if "username" not in head or len(set(head)) < len(head) or not set(head) <= set(COLUMNS):
            message = _("The first line must contain the column names: username, and any of %(names)s.")
            raise AccountRefused("account_invalid", message % {"names": ", ".join(COLUMNS[1:])})
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(head):
                message = _("Line %(number)s has more cells than there are columns.")
                raise AccountRefused("account_invalid", message % {"number": reader.line_num})
            cells = [*row, *[""] * (len(head) - len(row))]
            found.append((reader.line_num, dict(zip(head, (" ".join(cell.split()) for cell in cells), strict=True))))
            if len(found) > MOST_LINES:
                raise AccountRefused("account_invalid", _("A file can have at most %(count)s lines.") % {"count": MOST_LINES})
    except csv.Error as error:
        raise AccountRefused("account_invalid", _("This is not a valid CSV file: %(error)s.") % {"error": error}) from error
    return found


def _values(row: Mapping[str, str], groups: Mapping[str, Group]) -> dict[str, Any]:
    """Return the values of a line as services take them, of those columns that the file has. Raises: AccountRefused."""
    values: dict[str, Any] = {name: row[name] for name in ("first_name", "last_name", "email") if name in row}
    if "role" in row:
        role = row["role"].lower().replace(" ", "_") or User.Role.EMPLOYEE.value
        if role not in [one.value for one in ROLES]:
            raise AccountRefused("account_invalid", _("The role must be employee, knowledge_admin or system_admin."))
        values["role"] = role
    if "groups" in row:
        names = list(dict.fromkeys(filter(None, (name.strip() for name in row["groups"].split(";")))))
        if missing := [name for name in names if name.lower() not in groups]:
            raise AccountRefused("group_invalid", _("Unknown groups: %(names)s.") % {"names": ", ".join(missing)})
        values["groups"] = [groups[name.lower()] for name in names]
    if "ends_on" in row:
        read_day(row["ends_on"])
        values["ends_on"] = row["ends_on"]
    return values


def _check_address(
    name: str, email: str, *, user: User | None, accounts: Mapping[str, User], by_email: Mapping[str, User], seen: set[str]
) -> None:
    """Neither name nor address may be another account's, of here or of the file: one signs in by either."""
    if name.lower() in seen or (email and email in seen):
        raise AccountRefused("account_invalid", _("This email address appears twice in the file."))
    seen |= {one for one in (email, name.lower()) if one}
    others = [by_email.get(name.lower()), by_email.get(email), accounts.get(email)] if email else [by_email.get(name.lower())]
    if any(other is not None and other != user for other in others):
        raise AccountRefused("account_invalid", _("Another account already uses this user name or email address."))


def _make(number: int, name: str, values: dict[str, Any]) -> Line:
    check_account(_user(name, values), is_free=True)
    return Line(number=number, username=name, action="make", values=values)


def _change(number: int, user: User, values: dict[str, Any]) -> Line:
    """Return what differs. What only another way may change is refused."""
    if user.is_service or user.is_guarded:
        sentence = _("This account belongs to an auditor, a reviewer or a program. Change it on its own page.")
        raise AccountRefused("account_invalid", sentence)
    before = {name: _shown(user, name) for name in values}
    after = {name: _words(values[name]) for name in values}
    changed = {name: (before[name], after[name]) for name in values if before[name] != after[name]}
    if "role" in changed:
        raise AccountRefused("account_invalid", _("Change the role of an existing account on its own page."))
    kept = {name: values[name] for name in changed}
    return Line(number=number, username=user.username, action="change" if changed else "same", values=kept, changed=changed)


def _user(name: str, values: Mapping[str, Any]) -> User:
    plain = {key: value for key, value in values.items() if key not in ("groups", "ends_on")}
    return User(username=name, **plain, ends_on=read_day(values.get("ends_on", "")))


def _shown(user: User, name: str) -> str:
    if name == "groups":
        return ", ".join(sorted(group.name for group in user.groups.all()))
    if name == "ends_on":
        return user.ends_on.isoformat() if user.ends_on else ""
    return str(getattr(user, name))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(sorted(group.name for group in value))


def _named(names: Collection[str]) -> list[User]:
    """Return the accounts of these names, in any case."""
    wanted = sorted(names)
    found: list[User] = []
    for start in range(0, len(wanted), AT_ONCE):
        batch = wanted[start : start + AT_ONCE]
        found += User.objects.annotate(lower=Lower("username")).filter(lower__in=batch).prefetch_related("groups")
    return found
