"""Company directories for programs of who manages people: how the last sync went, and one more now."""

from typing import Any, cast

from django.conf import settings
from django.db.models import Count
from django.http import Http404
from ninja import Router, Status

from accounts.models import ApiKey, DirectoryEntry, DirectorySync
from accounts.sign_in.directory.syncing import find_directory, request_sync
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from audit.actor import actor_of

router = Router(tags=["people"])
PEOPLE = scoped(ApiKey.Scope.PEOPLE)


@router.get("/directories", response={200: schemas.DirectoriesOut, **schemas.ERRORS}, **PEOPLE)
def list_directories(request: ApiRequest) -> schemas.DirectoriesOut:
    """The company directories in the operator's file, and the result of each one's last sync."""
    syncs = {row.directory: row for row in DirectorySync.objects.all()}
    counts = dict(DirectoryEntry.objects.values_list("directory").annotate(count=Count("pk")).order_by())
    shown = []
    for directory in settings.DIRECTORIES:
        sync = syncs.get(directory.slug)
        last = None
        if sync is not None and sync.ended_at is not None:
            report = cast(dict[str, Any], sync.report)
            numbers = {name: report.get(name, 0) for name in ("people", "made", "changed", "disabled", "enabled", "refused")}
            last = schemas.SyncOut(ended_at=sync.ended_at, outcome=report["outcome"], **numbers)
        connected = counts.get(directory.slug, 0)
        shown.append(schemas.DirectoryOut(slug=directory.slug, name=directory.name, connected=connected, last_sync=last))
    return schemas.DirectoriesOut(directories=shown)


@router.post("/directories/{slug:slug}/sync", response={202: None, **schemas.ERRORS}, **PEOPLE)
def sync_now(request: ApiRequest, slug: str) -> Status[None]:
    """Have a worker sync a directory within half a minute."""
    directory = find_directory(slug)
    if directory is None:
        raise Http404
    request_sync(directory, actor=actor_of(request.user))
    return Status(202, None)
