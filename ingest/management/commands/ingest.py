"""manage.py ingest PATH… --collection SLUG: takes in files and folders, and waits until they are searchable."""

import re
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import slug_re
from django.utils.text import capfirst
from tqdm import tqdm

from accounts.errors import ValuesRefused
from accounts.models import User
from ingest.accepted import describe_formats
from ingest.errors import UploadRefused, message_for
from ingest.models import OPEN_STATES, Job
from ingest.queue.notices import notify_worker
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.keeping.tags import clean_tags
from kb.keeping.values import tag_document
from kb.management.finding import look_up_collection
from kb.models import Collection, DocumentVersion
from kb.rights.folders import find_folder
from kb.services import create_collection

POLL_S = 0.2
FINISHED = (DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED)


class Command(BaseCommand):
    help = "Take files and folders into a collection. Needs no worker; what a worker has begun is waited for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=f"read are: {describe_formats()}")
        parser.add_argument("--collection", required=True, metavar="SLUG", help="its address, or its name")
        parser.add_argument("--create", action="store_true", help="make the collection where it does not exist")
        parser.add_argument("--folder", metavar="PATH", default="", help="where new documents are to lie: “Contracts/2026”")
        parser.add_argument("--tag", action="append", default=[], metavar="NAME", help="a tag of the documents; as often as wanted")
        parser.add_argument("--no-wait", action="store_true", help="leave the reading to the workers")
        parser.add_argument("--user", metavar="NAME", help="who uploads, by user name; default: the first knowledge admin")

    def handle(
        self,
        *,
        paths: list[Path],
        collection: str,
        create: bool,
        folder: str,
        tag: list[str],
        no_wait: bool,
        user: str | None,
        **options: object,
    ) -> None:
        files = list(find_files(paths))
        if not files:
            raise CommandError("No files were found there.")
        try:
            tags = clean_tags(tag)
        except ValuesRefused as refused:
            raise CommandError(refused.message) from refused
        uploader = find_uploader(user)
        target = find_collection(collection, create=create, user=uploader)
        lies_in = find_folder(target, folder) if folder else None
        if folder and lies_in is None:
            raise CommandError(f"The collection {target.slug} has no folder {folder!r}.")
        outcomes: list[str] = []  # of each file, so that the closing line adds up
        problems: list[str] = []
        versions: dict[int, list[int]] = {}  # the files, by place, that a version is read for
        for path, name in tqdm(files, desc="Upload", unit="file", disable=None):
            try:
                with path.open("rb") as stream:
                    accepted = accept_upload(
                        collection=target, name=name, stream=stream, user=uploader, should_notify=False, folder=lies_in
                    )
                if tags:
                    tag_document(accepted.version.document, tags, user=uploader)
            except (UploadRefused, ValuesRefused, OSError) as error:
                outcomes.append("failed")
                problems.append(f"{name}: {error if isinstance(error, OSError) else error.message}")
                continue
            outcomes.append(accepted.outcome)
            if accepted.outcome != "unchanged" or accepted.version.status not in FINISHED:
                versions.setdefault(accepted.version.pk, []).append(len(outcomes) - 1)
            elif accepted.version.status == DocumentVersion.Status.FAILED:
                outcomes[-1] = "failed"
                problems.append(f"{name}: {message_for(accepted.version.error_code)}")
        if versions and not no_wait:
            for version in self._wait(list(versions)):
                problems.append(f"{version.document.name}: {message_for(version.error_code)}")
                for place in versions[version.pk]:
                    outcomes[place] = "failed"
        elif versions:
            notify_worker()
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(summary(Counter(outcomes), total=len(files), waited=not no_wait))
        if problems:
            raise SystemExit(1)

    def _wait(self, versions: list[int]) -> list[DocumentVersion]:
        """Do the jobs here, or wait for the worker that has them. Returns: those that failed."""
        open_jobs = Job.objects.filter(version__in=versions, kind=Job.Kind.INGEST)
        open_jobs = open_jobs.filter(state__in=OPEN_STATES)
        with tqdm(total=len(versions), desc="Index", unit="file", disable=None) as bar:
            while left := open_jobs.count():
                bar.update(len(versions) - left - bar.n)
                if not run_due_jobs(only_versions=versions, limit=1):
                    time.sleep(POLL_S)
            bar.update(len(versions) - bar.n)
        run_due_jobs(only_kind=Job.Kind.REMOVE)
        failed = DocumentVersion.objects.filter(pk__in=versions, status=DocumentVersion.Status.FAILED)
        return list(failed.select_related("document"))


def find_files(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file with the name it gets: below a folder its relative path. Hidden files are left out.

    Raises: CommandError: a path does not exist.
    """
    for path in paths:
        if path.is_file():
            yield path, path.name
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                relative = file.relative_to(path)
                if file.is_file() and not any(part.startswith(".") for part in relative.parts):
                    yield file, relative.as_posix()
        else:
            raise CommandError(f"{path} does not exist.")


def find_collection(named: str, *, create: bool, user: User | None) -> Collection:
    """Return the collection of this address or name. Raises: CommandError: it does not exist and is not to be made, or several
    have the name."""
    if (found := look_up_collection(named)) is not None:
        return found
    if create:
        is_address = bool(re.fullmatch(slug_re, named))
        try:
            if is_address:
                return create_collection(user=user, slug=named, name=capfirst(named.replace("-", " ")))
            return create_collection(user=user, name=named)
        except ValuesRefused as refused:
            raise CommandError(refused.message) from refused
    known = ", ".join(Collection.objects.live().values_list("slug", flat=True)) or "none yet"
    raise CommandError(f"There is no collection {named!r} (there are: {known}). Add --create to make it.")


def find_uploader(name: str | None) -> User | None:
    """Return the user who uploads, None on an installation without a knowledge admin. Raises: CommandError: unknown name."""
    if name:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.")
        return user
    return User.objects.filter(role=User.Role.KNOWLEDGE_ADMIN, is_active=True).order_by("pk").first()


def summary(outcomes: Counter[str], *, total: int, waited: bool) -> str:
    """Return the closing line."""
    files = "1 file" if total == 1 else f"{total} files"
    if outcomes["unchanged"] == total:
        return f"{files}: all unchanged, nothing to do."
    versions = "new version" if outcomes["new_version"] == 1 else "new versions"
    parts = [f"{outcomes['new']} new", f"{outcomes['new_version']} {versions}", f"{outcomes['unchanged']} unchanged"]
    parts.append(f"{outcomes['failed']} failed")
    return f"{files}: {', '.join(parts)}." + ("" if waited else " The workers read them now.")
