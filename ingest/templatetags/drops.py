"""Folders that somebody has not sent whole, for the page of their collection."""

from django import template

from accounts.models import User
from ingest.errors import message_for
from ingest.many.drops import count_files, drops_of
from ingest.many.models import DroppedFile, FolderDrop
from kb.models import Collection

register = template.Library()
SHOWN = 3  # folders
REFUSED_SHOWN = 50  # files of each


@register.simple_tag
def open_drops(user: User, collection: Collection) -> list[FolderDrop]:
    """The newest of them, each with its counts and its refused files."""
    drops = list(drops_of(user, collection)[:SHOWN])
    counts = count_files(drops)
    for drop in drops:
        refused = drop.files.filter(state=DroppedFile.State.REFUSED)[:REFUSED_SHOWN]
        drop.counts, drop.refused = counts[drop.pk], list(refused)  # type: ignore[attr-defined]  # for the template
    return drops


@register.filter
def why_refused(row: DroppedFile) -> str:
    """Why a file was not taken, in the reader's language."""
    return row.message or message_for(row.error_code)
