"""The page of the company directories: how the last sync went, sync now, and what would follow for one person."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import system_admins_only
from accounts.models import DirectoryEntry, DirectorySync
from accounts.requests import SignedInRequest
from accounts.sign_in.directory.connecting import open_session
from accounts.sign_in.directory.errors import DirectoryUnavailable
from accounts.sign_in.directory.people import find_people
from accounts.sign_in.directory.syncing import find_directory, request_sync
from accounts.sign_in.directory.values import Directory
from audit.actor import actor_of
from audit.services import record

NAME_CHARACTERS = 150


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    rows = {row.directory: row for row in DirectorySync.objects.all()}
    shown = [
        {
            "directory": directory,
            "sync": rows.get(directory.slug),
            "connected": DirectoryEntry.objects.filter(directory=directory.slug).count(),
        }
        for directory in settings.DIRECTORIES
    ]
    return render(request, "people/directories.html", {"directories": shown})


@require_POST
@system_admins_only
def sync(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Have a worker sync it now."""
    directory = _find(slug)
    request_sync(directory, actor=actor_of(request.user))
    messages.success(request, _("%(name)s is synced within half a minute.") % {"name": directory.name})
    return redirect("accounts:directories")


@require_GET
@system_admins_only
def try_out(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the directory says of one person, and which groups would follow. Nothing changes."""
    directory = _find(slug)
    name = request.GET.get("name", "").replace("\x00", "").strip()[:NAME_CHARACTERS]
    context: dict[str, object] = {"directory": directory, "name": name}
    if name:
        known = frozenset(Group.objects.values_list("name", flat=True))
        try:
            with open_session(directory) as session:
                found = find_people(session, directory, name=name)
        except DirectoryUnavailable as error:
            context["failed"] = error.detail
        else:
            rules = directory.rules
            context["found"] = [
                {"person": person, "groups": sorted(rules.groups_of(person.groups, known=known) & known)} for person in found
            ]
            context["unknown"] = sorted(rules.ruled_groups - known)
        record(
            "directory.tried",
            by=actor_of(request.user),
            subject=f"directory:{slug}",
            summary=directory.name,
            payload={"name": name},
        )
    return render(request, "people/directory_try.html", context)


def _find(slug: str) -> Directory:
    directory = find_directory(slug)
    if directory is None:
        raise Http404
    return directory
