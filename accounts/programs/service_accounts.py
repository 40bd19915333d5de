"""Accounts of programs: made for a purpose, answered for by an owner, let in by keys alone."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, Group
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import ServiceAccount, User
from accounts.services import change_account, create_account
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record

PURPOSE_CHARACTERS = 300
ROLES = (User.Role.EMPLOYEE, User.Role.SYSTEM_ADMIN)  # the latter for programs that manage people


def find_services(user: User | AnonymousUser) -> QuerySet[ServiceAccount]:
    """Return the service accounts whose keys this person looks after: all for who manages people, else those that they answer for.
    What may manage people is for those alone who may themselves."""
    rows = ServiceAccount.objects.select_related("user", "owner")
    if not user.is_authenticated or not user.is_active:
        return rows.none()
    if user.is_system_admin:
        return rows
    return rows.none() if user.is_guarded else rows.filter(owner=user).exclude(user__role=User.Role.SYSTEM_ADMIN)


def with_keys(rows: QuerySet[ServiceAccount]) -> QuerySet[ServiceAccount]:
    """Each with `key_count`, of those that work, and `last_used`."""
    now = timezone.now()
    working = Q(user__api_keys__revoked_at=None) & (Q(user__api_keys__expires_at=None) | Q(user__api_keys__expires_at__gt=now))
    return rows.annotate(key_count=Count("user__api_keys", filter=working), last_used=Max("user__api_keys__last_used_at"))


@transaction.atomic
def create_service(
    *,
    username: str,
    purpose: str,
    owner: User,
    actor: User | None,
    groups: Iterable[Group] = (),
    role: str = User.Role.EMPLOYEE,
) -> ServiceAccount:
    """Make an account for a program. `actor` None: the command line.

    Raises: AccountRefused: no purpose; the name is taken or malformed; the owner cannot answer for it; another role than these.
    """
    if role not in ROLES:
        raise AccountRefused("service_invalid", _("A program’s account must be an employee or a system admin."))
    purpose = _clean_purpose(purpose)
    _check_owner(owner, role=role)
    user = create_account(username=username, role=role, groups=groups, actor=actor)
    user.is_service = True
    user.save(update_fields=["is_service"])
    service = ServiceAccount.objects.create(user=user, owner=owner, purpose=purpose)
    _record("service.created", service, actor=actor, payload={"owner": owner.username, "purpose": purpose, "role": role})
    return service


@transaction.atomic
def change_service(
    service: ServiceAccount,
    *,
    actor: User | None,
    purpose: str | None = None,
    owner: User | None = None,
    groups: Iterable[Group] | None = None,
    is_active: bool | None = None,
) -> ServiceAccount:
    """Change what is given, leave the rest. One that is deactivated loses its keys. Raises: AccountRefused."""
    service = ServiceAccount.objects.select_for_update(of=("self",)).select_related("user", "owner").get(pk=service.pk)
    before = {"owner": service.owner.username, "purpose": service.purpose}
    if purpose is not None:
        service.purpose = _clean_purpose(purpose)
    if owner is not None and owner != service.owner:
        _check_owner(owner, role=service.user.role)
        service.owner = owner
    service.save()
    after = {"owner": service.owner.username, "purpose": service.purpose}
    changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
    if changed:
        _record("service.changed", service, actor=actor, payload={"changed": changed})
    change_account(user=service.user, groups=groups, is_active=is_active, actor=actor)
    return service


def _clean_purpose(purpose: str) -> str:
    purpose = " ".join(purpose.replace("\x00", "").split())
    if not 1 <= len(purpose) <= PURPOSE_CHARACTERS:
        raise AccountRefused("service_invalid", _("Describe in at most 300 characters what the program does here."))
    return purpose


def _check_owner(owner: User, *, role: str) -> None:
    if not owner.is_active or owner.is_service or owner.has_ended or owner.is_guarded:
        sentence = _("The owner must be a person who can sign in and is neither an auditor nor a reviewer.")
        raise AccountRefused("service_invalid", sentence)
    if role == User.Role.SYSTEM_ADMIN and not owner.is_system_admin:
        raise AccountRefused("service_invalid", _("Only people who manage accounts can own a program that does."))


def _record(action: str, service: ServiceAccount, *, actor: User | None, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_of(actor, otherwise=COMMAND_LINE),
        subject=f"user:{service.user_id}",
        summary=service.user.username,
        payload={"username": service.user.username, **payload},
    )
