"""Addresses to which a page's script sends a folder: first what is in it, then each file that was not taken yet."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from ingest.errors import UploadRefused, message_for
from ingest.many.drops import Offered, clean_path, close_drop, open_drop, take_file
from ingest.many.models import DroppedFile, FolderDrop
from ingest.upload import receive_files, takes_files
from kb.models import Collection
from kb.slugs import is_uuid


@require_POST
def begin(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Note what a dropped folder holds, and say which of it is to be sent: `{"files": [[path, bytes, milliseconds], …]}`."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    named = request.GET.get("folder", "")
    folder = get_object_or_404(collection.folders, uid=named) if is_uuid(named) else None
    try:
        offered = read_offer(request.body)
        drop = open_drop(collection=collection, folder=folder, files=offered, user=request.user)
    except ValuesRefused as refused:
        return JsonResponse({"message": refused.message}, status=422)
    rows = drop.files.values_list("pk", "path", "state", "error_code", "message")
    return JsonResponse(
        {
            "paths": [clean_path(file.path) for file in offered],  # as they are kept, in the order in which they were sent
            "files": [
                {
                    "path": path,
                    "state": state,
                    "message": (message or message_for(code)) if state == DroppedFile.State.REFUSED else "",
                    "address": reverse("ingest:drop_file", args=[drop.uid, pk]),
                }
                for pk, path, state, code, message in rows
            ],
        }
    )


def read_offer(body: bytes) -> list[Offered]:
    """Return the files that a script offers. Raises: ValuesRefused."""
    try:
        rows: list[Any] = json.loads(body)["files"]
        return [Offered(path=str(path), size=max(0, int(size)), modified=int(modified)) for path, size, modified in rows]
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ValuesRefused(
            {"files": [_("The list of files could not be read. Reload the page and choose the folder again.")]}
        ) from error


@takes_files
@require_POST
def take(request: SignedInRequest, uid: UUID, number: int) -> HttpResponseBase:
    """Take one file of a folder."""
    rows = DroppedFile.objects.filter(drop__in=open_drops(request)).select_related("drop__collection", "drop__folder")
    row = get_object_or_404(rows, drop__uid=uid, pk=number)
    with receive_files(request) as received:
        files = received.getlist("files")
        if len(files) != 1:
            return JsonResponse({"accepted": False, "message": _("Choose a file.")}, status=422)
        try:
            take_file(row=row, stream=files[0], user=request.user)
        except UploadRefused as refused:
            said = refused.detail if refused.code == "folder_refused" else ""
            return JsonResponse({"accepted": False, "message": said or refused.message}, status=422)
    return JsonResponse({"accepted": True, "message": ""})


@require_POST
def close(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Send no more of a folder; what was taken stays."""
    drop = get_object_or_404(open_drops(request).select_related("collection"), uid=uid)
    close_drop(drop)
    messages.success(request, _("The rest of “%(name)s” will not be sent. Files already received are kept.") % {"name": drop.name})
    return redirect("kb:collection", slug=drop.collection.slug)


def open_drops(request: SignedInRequest) -> QuerySet[FolderDrop]:
    """Return the folders that whoever asks has not sent whole, in collections that they may change now."""
    managed = Collection.objects.manageable_by(request.user)
    return FolderDrop.objects.filter(sent_by=request.user, closed_at=None, collection__in=managed)
