"""Narrow a folder or a document to some of its collection's readers, or take that back."""

from argparse import ArgumentParser
from typing import cast

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.errors import ValuesRefused
from kb.management.finding import find_collection
from kb.models import Collection, Document, Folder
from kb.rights.folders import create_folder, file_document, narrow_document, narrow_folder
from kb.rights.readers import Readers, clean_readers


class Command(BaseCommand):
    help = "Say who of a collection's readers may read a folder or a document: named groups and people, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("collection", metavar="SLUG", help="address or name of the collection")
        parser.add_argument("--folder", metavar="PATH", default="", help="“Contracts/2026”; with --document: where it is to lie")
        parser.add_argument("--create", action="store_true", help="make the folder where it does not exist")
        parser.add_argument("--document", metavar="NAME", default="", help="name of the document's file")
        parser.add_argument("--group", metavar="NAME", action="append", default=[], help="may read it; may be given several times")
        parser.add_argument("--person", metavar="NAME", action="append", default=[], help="user name; may be given several times")
        parser.add_argument("--all", action="store_true", dest="is_open", help="everyone who may read what it lies in")

    @transaction.atomic
    def handle(
        self,
        *,
        collection: str,
        folder: str,
        create: bool,
        document: str,
        group: list[str],
        person: list[str],
        is_open: bool,
        **options: object,
    ) -> None:
        if is_open == bool(group or person):
            raise CommandError("Name groups and people by --group and --person, or say --all.")
        if not (folder or document):
            raise CommandError("Name a --folder or a --document.")
        row = find_collection(collection)
        try:
            readers = None if is_open else clean_readers(groups=group, people=person)
            place = _find(row, folder, create=create)
            if not document:
                narrow_folder(folder=cast(Folder, place), readers=readers, user=None)
                self.stdout.write(f"Folder {folder}: {_describe(readers)}.")
                return
            found = Document.objects.live().filter(collection=row, name=document).first()
            if found is None:
                raise CommandError(f"There is no document {document!r} in {collection}.")
            if place is not None:
                file_document(document=found, folder=place, user=None)
            narrow_document(document=found, readers=readers, user=None)
        except ValuesRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"Document {document}: {_describe(readers)}.")


def _find(collection: Collection, path: str, *, create: bool) -> Folder | None:
    """Return the folder of this path, made where that is asked for; None for no path. Raises: CommandError, ValuesRefused."""
    place: Folder | None = None
    for name in filter(None, path.split("/")):
        found = Folder.objects.filter(collection=collection, parent=place, name=" ".join(name.split())).first()
        if found is None and not create:
            raise CommandError(f"There is no folder {path!r}. Make it with --create.")
        place = found or create_folder(collection=collection, name=name, parent=place, user=None)
    return place


def _describe(readers: Readers | None) -> str:
    if readers is None:
        return "everyone who may read what it lies in"
    return ", ".join((*readers.groups, *readers.people))
