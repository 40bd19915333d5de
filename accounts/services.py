"""Changing accounts and groups: each change is in the audit in the same transaction, and somebody always stays in charge."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, TypedDict

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import Mark, readable_names
from accounts.errors import AccountRefused
from accounts.keys import revoke_api_key
from accounts.models import ApiKey, DirectoryEntry, SignInRules, User, today
from audit.actor import actor_of
from audit.services import record


class AccountValues(TypedDict, total=False):
    """What people may set of an account: the one list behind its forms and what the audit keeps of it."""

    username: Annotated[str, Mark.ONCE]
    first_name: str
    last_name: str
    email: str
    role: str
    groups: Iterable[Group]
    ends_on: Annotated[str, "a guest's last day, such as 2026-12-31; empty: no end"]
    is_active: Annotated[bool, Mark.LATER]


class GroupValues(TypedDict, total=False):
    """What people may set of a group."""

    name: str


def create_account(
    *,
    username: str,
    role: str = User.Role.EMPLOYEE,
    groups: Iterable[Group] = (),
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    ends_on: str = "",
    password: str = "",
    is_told: bool = False,
    actor: User | None = None,
    confirmed_by: User | None = None,
) -> User:
    """Make an account. `actor` None: the command line.

    Args:
        password: without one nobody can sign in until its owner has set one by a link (`accounts.sign_in.links`).
        is_told: somebody else knows the password: its owner must set another one at the first sign-in.
        confirmed_by: the second person, without whom nobody makes an auditor or a reviewer (`accounts.second_person`).
    Raises: AccountRefused: the name is taken or malformed, the role unknown, the password too weak; an auditor or a reviewer made
        alone.
    """
    if role in User.GUARDED:
        _check_second_person(actor, confirmed_by)
    user = User(username=username.strip(), role=role, first_name=first_name, last_name=last_name, email=email.strip())
    user.ends_on = read_day(ends_on)
    with transaction.atomic():
        check_account(user)
        if password:
            _check_password(password, user)
        user.set_password(password or None)  # None: one that nothing matches
        user.must_change_password = bool(password) and is_told
        user.save()
        user.groups.set(groups)
        _record("account.created", user=user, actor=actor, payload=_state(user))
    return user


def change_account(
    *,
    user: User,
    actor: User | None,
    role: str | None = None,
    groups: Iterable[Group] | None = None,
    is_active: bool | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    ends_on: str | None = None,
    confirmed_by: User | None = None,
) -> User:
    """Change what is given, leave the rest; records nothing where nothing differs. Who may not sign in any more loses every
    session and every API key for good: neither works again when the account is enabled once more.

    Args: confirmed_by: the second person, without whom nobody makes an auditor or a reviewer, or changes the mail address of one.
    Raises: AccountRefused: malformed; an auditor's account changed alone; one's own role or access; the last active admin of people
        and sign-in.
    """
    with transaction.atomic():
        # In line with every other change of an admin, so that two cannot remove each other at once.
        admins = list(User.objects.system_admins().select_for_update().order_by("pk"))
        user = User.objects.select_for_update().get(pk=user.pk)
        before = _state(user)
        given = {"role": role, "is_active": is_active, "first_name": first_name, "last_name": last_name, "email": email}
        for name, value in given.items():
            if value is not None:
                setattr(user, name, value)
        if ends_on is not None and ends_on != before["ends_on"]:
            user.ends_on = read_day(ends_on)
        _protect(user, before=before, actor=actor, admins=admins, groups=groups)
        becomes_guarded = user.is_guarded and user.role != before["role"]
        # By the address a new password is asked for.
        if becomes_guarded or (before["role"] in User.GUARDED and user.email != before["email"]):
            _check_second_person(actor, confirmed_by)
        check_account(user)
        is_disabled = before["is_active"] and not user.is_active
        if is_disabled:
            user.session_generation += 1
        user.save()
        if groups is not None:
            user.groups.set(groups)
        after = _state(user)
        changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
        if changed:
            _record("account.changed", user=user, actor=actor, payload={"username": user.username, "changed": changed})
        if is_disabled:
            for key in ApiKey.objects.select_related("user").filter(user=user, revoked_at=None).order_by("pk"):
                revoke_api_key(key, actor=actor)
    return user


def reset_password(*, user: User, actor: User | None, confirmed_by: User | None = None) -> User:
    """Make the password useless, and with it every session and every link that was sent before. Its owner sets a new one by a
    link (`accounts.sign_in.links`).

    Args: confirmed_by: the second person, without whom nobody resets an auditor or a reviewer.
    Raises: AccountRefused: one of those reset alone.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.is_guarded:
            _check_second_person(actor, confirmed_by)
        user.set_unusable_password()
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        _record_password("reset", user=user, actor=actor)
    return user


def set_password(*, user: User, password: str, actor: User | None, how: str = "set", is_told: bool = False) -> User:
    """Give the account this password; whoever is signed in with it is signed out. `actor` None: the command line.

    Args:
        how: for the audit.
        is_told: somebody else knows it: its owner must set another one at the next sign-in.
    Raises: AccountRefused: the password is too weak, or the one that must be changed; or a directory's, which is changed there.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.is_service:
            raise AccountRefused("service_account", _("This is a program’s account: it has keys, and no password."))
        if DirectoryEntry.objects.filter(user=user).exists():
            raise AccountRefused(
                "directory_account", _("The password of this account is kept in the company directory. Change it there.")
            )
        _check_password(password, user)
        if user.must_change_password and user.check_password(password):
            raise AccountRefused("account_invalid", _("Choose a password that nobody else knows."))
        user.set_password(password)
        user.must_change_password = is_told
        user.save(update_fields=["password", "must_change_password"])
        _record_password(how, user=user, actor=actor)
    return user


def create_group(*, name: str, actor: User | None) -> Group:
    """Make a group that collections can be given to. Raises: AccountRefused: no name, or taken."""
    with transaction.atomic():
        group = Group.objects.create(name=_free_group_name(name))
        _record_group("group.created", group=group, actor=actor, payload={"name": group.name})
    return group


def rename_group(*, group: Group, name: str, actor: User | None) -> Group:
    """Raises: AccountRefused: no name, or taken."""
    with transaction.atomic():
        before = group.name
        name = _free_group_name(name, but=group)
        if name != before:
            group.name = name
            group.save(update_fields=["name"])
            _record_group("group.changed", group=group, actor=actor, payload={"name": {"from": before, "to": name}})
    return group


def delete_group(*, group: Group, actor: User | None) -> None:
    """Delete it; its members lose at once what they could read through it alone."""
    with transaction.atomic():
        members = list(group.user_set.order_by("username").values_list("username", flat=True))
        _record_group("group.deleted", group=group, actor=actor, payload={"name": group.name, "members": members})
        group.delete()


def _state(user: User) -> dict[str, object]:
    related = {
        "role": str(user.role),
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "ends_on": user.ends_on.isoformat() if user.ends_on else "",
    }
    return {name: related[name] if name in related else getattr(user, name) for name in readable_names(AccountValues)}


def _protect(
    user: User, *, before: dict[str, object], actor: User | None, admins: list[User], groups: Iterable[Group] | None
) -> None:
    was_admin = any(admin.pk == user.pk for admin in admins)
    loses_charge = was_admin and not user.is_system_admin
    is_own = actor is not None and actor.pk == user.pk
    if is_own and (user.role != before["role"] or user.is_active != before["is_active"]):
        raise AccountRefused("own_account", _("Only another admin can change your role and access."))
    wanted = before["groups"] if groups is None else sorted(group.name for group in groups)
    if is_own and user.role == User.Role.SYSTEM_ADMIN and wanted != before["groups"]:
        raise AccountRefused("own_account", _("Only another admin can change your groups: they determine what you can read."))
    rules = SignInRules.current()
    if loses_charge and rules.is_password_off and rules.break_glass_id == user.pk:
        raise AccountRefused("break_glass", _("This is the emergency account. Choose another one in the rules first."))
    if loses_charge and all(admin.pk == user.pk for admin in admins):
        raise AccountRefused(
            "last_admin", _("This is the last active admin of people and sign-in. Give another account this role first.")
        )


def _check_second_person(actor: User | None, confirmed_by: User | None) -> None:
    """Whoever runs the machine (`actor` None) is one already."""
    if actor is not None and (confirmed_by is None or confirmed_by.pk == actor.pk):
        sentence = _("A second person must confirm this, because it changes an auditor’s or a reviewer’s account.")
        raise AccountRefused("second_person", sentence)


def read_day(text: str) -> date | None:
    """Return a guest's last day; None for "". Raises: AccountRefused: it is no day, or it is over."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise AccountRefused("account_invalid", _("Enter the last day as YYYY-MM-DD, for example 2026-12-31.")) from error
    if day < today():
        raise AccountRefused(
            "account_invalid", _("The last day of access has already passed. To end access now, deactivate the account.")
        )
    return day


def check_account(user: User, *, is_free: bool = False) -> None:
    """Check an account that is to be saved. `is_free`: the caller knows that nobody else has its name or address.

    Raises: AccountRefused: malformed, or taken.
    """
    if user.ends_on is not None and user.role != User.Role.EMPLOYEE:
        raise AccountRefused("account_invalid", _("Only an employee’s account can expire: somebody has to stay in charge."))
    try:
        user.full_clean(exclude=["password"], validate_unique=not is_free)
    except ValidationError as error:
        raise AccountRefused("account_invalid", " ".join(error.messages)) from error
    if is_free:
        return
    others = User.objects.exclude(pk=user.pk)
    # Sign-in does not mind upper and lower case, nor whether it is a name or an address: so neither may be taken either way.
    names = [name for name in (user.username, user.email) if name]
    if any(others.filter(username__iexact=name).exists() or others.filter(email__iexact=name).exists() for name in names):
        raise AccountRefused("account_invalid", _("Another account already uses this user name or email address."))


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountRefused("account_invalid", " ".join(error.messages)) from error


def _free_group_name(name: str, *, but: Group | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 150 or "\x00" in name:
        raise AccountRefused("group_invalid", _("Enter a group name of at most 150 characters."))
    taken = Group.objects.filter(name__iexact=name)
    if (taken.exclude(pk=but.pk) if but else taken).exists():
        raise AccountRefused("group_invalid", _("A group with this name already exists."))
    return name


def _record(action: str, *, user: User, actor: User | None, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_of(actor),
        subject=f"user:{user.pk}",
        summary=user.username,
        payload=payload,
    )


def _record_password(how: str, *, user: User, actor: User | None) -> None:
    _record("account.changed", user=user, actor=actor, payload={"username": user.username, "changed": {"password": how}})


def _record_group(action: str, *, group: Group, actor: User | None, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_of(actor),
        subject=f"group:{group.pk}",
        summary=group.name,
        payload=payload,
    )
