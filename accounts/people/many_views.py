"""Many people at once: chosen in the list, or named for a group."""

from django.contrib import messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.models import User
from accounts.people.members import change_members, find_named
from accounts.requests import SignedInRequest
from accounts.services import change_account

MOST_CHOSEN = 500


@require_POST
@system_admins_only
def change_many(request: SignedInRequest) -> HttpResponseBase:
    """Put the chosen accounts into a group, take them out of one, or deactivate them: all of them or none."""
    keys = [int(text) for text in request.POST.getlist("person")[:MOST_CHOSEN] if text.isdecimal() and len(text) < 19]
    chosen = User.objects.people().filter(pk__in=keys)
    act = request.POST.get("act", "")
    try:
        if not keys:
            raise AccountRefused("account_invalid", _("Choose at least one person in the list."))
        if act == "deactivate":
            with transaction.atomic():
                for user in chosen:
                    change_account(user=user, is_active=False, actor=request.user)
            messages.success(request, _("Deactivated: %(count)s.") % {"count": len(chosen)})
        else:
            _change_group(request, list(chosen.values_list("pk", flat=True)), is_joining=act == "join")
    except AccountRefused as refused:
        messages.error(request, refused.message)
    return redirect(_back(request))


@require_POST
@system_admins_only
def change_group(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Put the named accounts into a group, or take them out of it; one unknown name, and nothing changes."""
    group = get_object_or_404(Group, pk=pk)
    try:
        keys = find_named(request.POST.get("names", ""))
        is_joining = request.POST.get("act") != "leave"
        joined, left = change_members(
            group=group, actor=request.user, add=keys if is_joining else (), remove=() if is_joining else keys
        )
    except AccountRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _tell(group, joined, left))
    return redirect("accounts:group", pk=pk)


def _change_group(request: SignedInRequest, keys: list[int], *, is_joining: bool) -> None:
    name = " ".join(request.POST.get("group", "").replace("\x00", "").split())
    group = Group.objects.filter(name__iexact=name).first()
    if group is None:
        raise AccountRefused("group_invalid", _("There is no group with this name.") if name else _("Choose a group."))
    joined, left = change_members(
        group=group, actor=request.user, add=keys if is_joining else (), remove=() if is_joining else keys
    )
    messages.success(request, _tell(group, joined, left))


def _tell(group: Group, joined: list[str], left: list[str]) -> str:
    return _("%(group)s: %(joined)s joined, %(left)s left.") % {"group": group.name, "joined": len(joined), "left": len(left)}


def _back(request: SignedInRequest) -> str:
    """Return the list as it was searched: of what the form says, only its query."""
    query = request.POST.get("query", "")
    return (
        f"{reverse('accounts:index')}?{query}" if query and "\n" not in query and "\r" not in query else reverse("accounts:index")
    )
