"""What a list of 10,000 documents costs the server: the collection's page and its list over REST, filtered, sorted and by the page.

`python -m bench.lists [--documents N] [--json FILE]`: in a database of its own, SQLite, which is removed; or, where DATABASE_URL is
set, in that one, which has to be empty. Times are of a whole request without the network: middleware, queries, template.
"""

import os
import statistics
import tempfile
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from bench.report import Measure, add_json_option, publish

GOAL_MS = 50
OWNERS, TAGS, FOLDERS, TAGS_OF_A_DOCUMENT = 40, 30, 25, 2
ROUNDS = 21
BATCH = 2_000
# What a person does to the list, as the fields of its address.
WAYS = {
    "first page": {},
    "last page": {"page": "last"},
    "words in the name": {"q": "notice 77"},
    "a word in every name": {"q": "notice"},
    "ready": {"state": "ready"},
    "failed": {"state": "failed"},
    "a tag": {"tag": "tag-7"},
    "an owner": {"owner": "owner-7"},
    "newest first": {"sort": "newest"},
    "by the day they expire": {"sort": "expires"},
}


def fill(documents: int) -> None:
    """Write one collection of indexed documents, with owners, tags, folders and days; one in fifty has failed."""
    from accounts.models import User
    from kb.keeping.force import today
    from kb.models import Collection, Document, DocumentVersion, Folder, Tag

    owners = User.objects.bulk_create(User(username=f"owner-{n}") for n in range(OWNERS))
    collection = Collection.objects.create(name="Notices", slug="notices")
    folders = Folder.objects.bulk_create(Folder(collection=collection, name=f"folder-{n}") for n in range(FOLDERS))
    tags = Tag.objects.bulk_create(Tag(collection=collection, name=f"tag-{n}", folded=f"tag-{n}") for n in range(TAGS))
    rows = Document.objects.bulk_create(
        (
            Document(
                collection=collection,
                name=f"notice {n:05d}.md",
                title=f"Notice {n:05d}",
                folder=folders[n % FOLDERS],
                owner=owners[n % OWNERS],
                expires_on=today() + timedelta(days=n % 700) if n % 3 == 0 else None,
            )
            for n in range(documents)
        ),
        batch_size=BATCH,
    )
    through = Document.tags.through
    marked = (through(document=row, tag=tags[(n + k) % TAGS]) for n, row in enumerate(rows) for k in range(TAGS_OF_A_DOCUMENT))
    through.objects.bulk_create(marked, batch_size=BATCH)
    versions = DocumentVersion.objects.bulk_create(
        (
            DocumentVersion(
                document=row,
                number=1,
                sha256=f"{n:064x}",
                size=2_000,
                media_type="text/markdown",
                storage_path="x",
                status="failed" if n % 50 == 0 else "indexed",
                error_code="damaged" if n % 50 == 0 else "",
            )
            for n, row in enumerate(rows)
        ),
        batch_size=BATCH,
    )
    for row, version in zip(rows, versions, strict=True):
        row.current_version = version if version.status == "indexed" else None
    Document.objects.bulk_update(rows, ["current_version"], batch_size=500)


def measure(documents: int) -> list[Measure]:
    """Return the median time of each way to look at the list."""
    from django.test import Client

    from accounts.models import User

    admin = User.objects.create_user(username="kim", role=User.Role.KNOWLEDGE_ADMIN)
    browser = Client()
    browser.force_login(admin)
    measures = []
    for place, address, rows in (("page", "/library/c/notices/", 50), ("REST", "/api/v1/collections/notices/documents", 50)):
        for way, given in WAYS.items():
            fields = {**given, "page": str(documents // rows)} if given.get("page") == "last" else given
            took = [_timed(browser, address, fields) for _ in range(ROUNDS)][1:]  # the first compiles templates
            measures.append(Measure(name=f"{place}, {way}, median", value=statistics.median(took), unit="ms", goal=GOAL_MS))
    return measures


def _timed(browser: Any, address: str, fields: dict[str, str]) -> float:
    """Return how long one request took, in ms. Raises: RuntimeError: it was refused."""
    started = time.perf_counter()
    reply = browser.get(address, fields)
    took = (time.perf_counter() - started) * 1000
    if reply.status_code != 200:
        raise RuntimeError(f"{address} {fields}: {reply.status_code}")
    return round(took, 1)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    add_json_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"ATTEST_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        os.environ |= {"ATTEST_ALLOWED_HOSTS": "testserver", "ATTEST_RATE_KEY_PER_MINUTE": "0"}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill(given.documents)
        publish(measure(given.documents), out=given.out)


if __name__ == "__main__":
    main()
