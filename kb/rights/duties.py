"""Separating duties in an installation that one kind of admin ruled so far: who becomes what, told before it is done."""

from collections.abc import Collection as Several
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from audit.actor import COMMAND_LINE
from audit.services import record
from kb.models import Collection, Steward


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """What separating changes. Names of accounts, sorted."""

    system_admins: tuple[str, ...]  # will manage people, sign-in and models, and read nothing by that
    owners: tuple[str, ...]  # of these, who will own every collection of now
    knowledge_admins: tuple[str, ...]  # will manage collections alone
    watching: tuple[str, ...]  # auditors and reviewers who still own or edit something, or are superusers: they lose it
    unowned: tuple[str, ...]  # collections that nobody owns who can sign in and may run them: knowledge admins look after them
    collections: int
    problems: tuple[str, ...]  # why it cannot be done; empty: it can

    def as_dict(self) -> dict[str, object]:
        named = {"system_admins": [*self.system_admins], "owners": [*self.owners], "knowledge_admins": [*self.knowledge_admins]}
        found = {"watching": [*self.watching], "unowned": [*self.unowned]}
        return {**named, **found, "collections": self.collections}


def plan_separation(*, system_admins: Several[str], own: bool) -> Separation:
    """Say what becomes of each admin when duties are separated.

    Args:
        system_admins: knowledge admins who are to become system admins, beside those who are.
        own: they become owners of all collections of now, so that they read on what they read.
    """
    wanted = sorted(set(system_admins))
    admins = {user.username: user for user in User.objects.filter(role=User.Role.KNOWLEDGE_ADMIN, is_active=True)}
    already = sorted(User.objects.filter(role=User.Role.SYSTEM_ADMIN, is_active=True).values_list("username", flat=True))
    problems = [f"{name} is no active knowledge admin." for name in wanted if name not in admins and name not in already]
    becoming = [name for name in wanted if name in admins]
    staying = sorted(admins.keys() - set(becoming))
    if not becoming and not already:
        problems.append("Nobody would manage people: name at least one knowledge admin by --system-admin.")
    unowned = sorted(Collection.objects.live().with_owner().filter(Q(has_owner=False)).values_list("name", flat=True))
    if not staying and not own and unowned:
        problems.append(f"Nobody would manage {len(unowned)} collections: leave a knowledge admin, or use --own.")
    rules = SignInRules.current()
    keeper = rules.break_glass.username if rules.is_password_off and rules.break_glass else ""
    if keeper in staying:
        problems.append(f"{keeper} is the emergency account and has to manage people: name it by --system-admin.")
    return Separation(
        system_admins=tuple(sorted({*becoming, *already})),
        owners=tuple(becoming) if own else (),
        knowledge_admins=tuple(staying),
        watching=tuple(_watching_and_ruling().values_list("username", flat=True)),
        unowned=() if own and becoming else tuple(unowned),
        collections=Collection.objects.live().count(),
        problems=tuple(problems),
    )


def _watching_and_ruling() -> QuerySet[User]:
    rules = Q(is_superuser=True) | Exists(Steward.objects.filter(user=OuterRef("pk")))
    return User.objects.filter(rules, role__in=User.GUARDED).order_by("username")


@transaction.atomic
def separate_duties(*, system_admins: Several[str], own: bool) -> Separation:
    """Separate duties at once, in one event of the audit. Raises: AccountRefused: the plan has problems."""
    rules, _created = SignInRules.objects.select_for_update().get_or_create(pk=SignInRules.ONLY)
    list(User.objects.select_for_update().filter(role=User.Role.KNOWLEDGE_ADMIN).order_by("pk"))  # in line with changes of admins
    plan = plan_separation(system_admins=system_admins, own=own)
    if plan.problems:
        raise AccountRefused("duties_invalid", " ".join(plan.problems))
    becoming = User.objects.filter(username__in=system_admins, role=User.Role.KNOWLEDGE_ADMIN)
    if own:
        rows = [
            Steward(collection=collection, user=user, role=Steward.Role.OWNER)
            for collection in Collection.objects.live()
            for user in becoming
        ]
        Steward.objects.bulk_create(rows, update_conflicts=True, unique_fields=["collection", "user"], update_fields=["role"])
    # A superuser is a knowledge admin whatever their role: what separates them is that they are none any more.
    becoming.update(role=User.Role.SYSTEM_ADMIN, is_superuser=False)
    Steward.objects.filter(user__role__in=User.GUARDED).delete()  # they rule nothing by them, and whoever looks sees that
    User.objects.filter(role__in=User.GUARDED, is_superuser=True).update(is_superuser=False)
    rules.are_duties_separated = True
    rules.save()
    record("account.duties_separated", by=COMMAND_LINE, subject="sign_in:rules", payload=plan.as_dict())
    return plan


@transaction.atomic
def join_duties() -> bool:
    """Let knowledge admins manage people, sign-in and models again; roles stay. Returns: False where they do already."""
    rules, _created = SignInRules.objects.select_for_update().get_or_create(pk=SignInRules.ONLY)
    if not rules.are_duties_separated:
        return False
    rules.are_duties_separated = False
    rules.save()
    record("account.duties_joined", by=COMMAND_LINE, subject="sign_in:rules", payload={})
    return True
