"""Two people for what touches an auditor or a reviewer: one asks, another confirms, and only then it happens."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services
from accounts.errors import AccountRefused
from accounts.models import PendingAct, User
from accounts.sign_in.second_factors.holding import remove_factors
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record

LASTS = timedelta(days=7)


def pending_acts() -> QuerySet[PendingAct]:
    """Return what waits for a second person, with the people; older ones have lapsed."""
    return PendingAct.objects.select_related("user", "asked_by").filter(asked_at__gt=timezone.now() - LASTS)


@transaction.atomic
def request_act(*, kind: str, user: User, actor: User) -> PendingAct:
    """Ask a second person to confirm something. Asking again renews it, as whoever asks now. Raises: AccountRefused: of oneself."""
    if actor.pk == user.pk:
        raise AccountRefused("own_account", _("Only another admin can change your role and access."))
    given = {"asked_by": actor, "asked_at": timezone.now()}
    act, _is_new = PendingAct.objects.update_or_create(kind=kind, user=user, defaults=given)
    _record("account.act_requested", act, actor=actor)
    return act


@transaction.atomic
def confirm_act(*, pk: int, actor: User | None) -> PendingAct:
    """Do what was asked for, in the name of whoever asked. `actor` None: the command line.

    Raises: AccountRefused: it was done, withdrawn or has lapsed; by whoever asked, or whom it is about; whoever asked may no more.
    """
    act = pending_acts().select_for_update(of=("self",)).filter(pk=pk).first()
    if act is None:
        raise AccountRefused("act_gone", _("This request is no longer pending. Submit it again."))
    if actor is not None and actor.pk in (act.asked_by_id, act.user_id):
        raise AccountRefused("second_person", _("Another person has to confirm this."))
    if not act.asked_by.is_system_admin:
        raise AccountRefused("act_gone", _("The person who requested this is no longer an admin. Submit it again."))
    asker = act.asked_by if actor is not None else None  # for whoever runs the machine nobody has to stand in
    if act.kind in User.GUARDED:
        services.change_account(user=act.user, role=act.kind, actor=asker, confirmed_by=actor)
    elif act.kind == PendingAct.Kind.PASSWORD:
        services.reset_password(user=act.user, actor=asker, confirmed_by=actor)
    else:
        remove_factors(user=act.user, actor=asker, confirmed_by=actor)
    PendingAct.objects.filter(pk=pk).delete()
    _record("account.act_confirmed", act, actor=actor)
    return act


@transaction.atomic
def withdraw_act(*, pk: int, actor: User) -> None:
    """Take it back, or refuse it. Twice is once."""
    act = PendingAct.objects.select_related("user", "asked_by").filter(pk=pk).first()
    if act is not None:
        PendingAct.objects.filter(pk=pk).delete()
        _record("account.act_withdrawn", act, actor=actor)


def _record(action: str, act: PendingAct, *, actor: User | None) -> None:
    record(
        action,
        by=actor_of(actor, otherwise=COMMAND_LINE),
        subject=f"user:{act.user_id}",
        summary=act.user.username,
        payload={"kind": act.kind, "username": act.user.username, "asked_by": act.asked_by.username},
    )
