"""What a scope costs where much is narrowed: 100,000 documents with readers of their own, 5,000 groups, 50,000 people.

`python -m bench.scope [--documents N] [--json FILE]`: in a database of its own, SQLite, which is removed.
"""

import os
import random
import statistics
import tempfile
import time
import tracemalloc
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.report import Measure, add_json_option, publish

GROUPS, PEOPLE, GROUPS_OF_A_PERSON, GROUPS_OF_A_DOCUMENT = 5_000, 50_000, 20, 3
FOLDERS = 500
ASKERS = 200
BATCH = 5_000


def fill(documents: int) -> None:
    """Write people, groups and one collection whose documents are all narrowed, a half of them in narrowed folders besides."""
    from django.contrib.auth.models import Group

    from accounts.models import User
    from kb.models import Chunk, Collection, Document, DocumentVersion, Folder, Page, RightsClock

    drawn = random.Random(7)
    groups = Group.objects.bulk_create((Group(name=f"group-{n}") for n in range(GROUPS)), batch_size=BATCH)
    people = User.objects.bulk_create((User(username=f"person-{n}") for n in range(PEOPLE)), batch_size=BATCH)
    member = User.groups.through
    members = (member(user=one, group=group) for one in people for group in drawn.sample(groups, GROUPS_OF_A_PERSON))
    member.objects.bulk_create(members, batch_size=BATCH)
    collection = Collection.objects.create(name="Contracts", slug="contracts")
    collection.groups.set(groups)
    folders = Folder.objects.bulk_create(
        Folder(collection=collection, name=f"folder-{n}", is_narrowed=True) for n in range(FOLDERS)
    )
    Folder.gates.through.objects.bulk_create(Folder.gates.through(from_folder=one, to_folder=one) for one in folders)
    Folder.groups.through.objects.bulk_create(
        Folder.groups.through(folder=one, group=group) for one in folders for group in drawn.sample(groups, 50)
    )
    rows = Document.objects.bulk_create(
        (
            Document(
                collection=collection,
                name=f"{n}.pdf",
                title=str(n),
                is_narrowed=True,
                rights_change=1,
                folder=drawn.choice(folders) if n % 2 else None,
            )
            for n in range(documents)
        ),
        batch_size=BATCH,
    )
    named = Document.groups.through
    names = (named(document=row, group=group) for row in rows for group in drawn.sample(groups, GROUPS_OF_A_DOCUMENT))
    named.objects.bulk_create(names, batch_size=BATCH)
    versions = DocumentVersion.objects.bulk_create(
        DocumentVersion(document=row, number=1, sha256="0" * 64, size=1, media_type="text/plain", storage_path="x")
        for row in rows[:50]
    )
    pages = Page.objects.bulk_create(Page(version=version, number=1, text="x") for version in versions)
    Chunk.objects.bulk_create(
        Chunk(id=n, version=page.version, ordinal=0, page=page, start=0, end=1, text="x", text_hash="")
        for n, page in enumerate(pages)
    )
    for version in versions:
        Document.objects.filter(pk=version.document_id).update(current_version=version)
    RightsClock.objects.create(pk=RightsClock.ONLY, number=1, stamps=["0" * 12])


def measure(documents: int) -> list[Measure]:
    """Return every figure. `documents`: how many are narrowed."""
    from accounts.models import User
    from kb.index.search import scope_for
    from kb.models import Chunk, Document
    from kb.rights.folders import narrow_document
    from kb.rights.readers import Readers
    from kb.rights.table import get_rights_table

    askers = list(User.objects.order_by("?")[:ASKERS])
    tracemalloc.start()
    first_s = timed(lambda: scope_for(askers[0])) / 1000
    held_mb = tracemalloc.get_traced_memory()[0] / 2**20
    for asker in askers:  # as many results as a process keeps, and those that it lets go of
        scope_for(asker)
    all_mb = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    times = [timed(partial(scope_for, asker)) for asker in askers]
    busy = time.process_time()
    for asker in askers:
        scope_for(asker)
    busy_ms = (time.process_time() - busy) * 1000 / len(askers)
    document = Document.objects.earliest("pk")
    changed = []
    for count in range(10):
        narrow_document(document=document, readers=Readers(people=(f"person-{count}",)), user=None)
        changed.append(timed(lambda: scope_for(askers[0])))
    reader = askers[0]
    rows = Document.objects.visible_to(reader)
    agrees = rows.count() == documents - len(get_rights_table().hidden(reader, collections=[document.collection_id])) // 8
    by_rows = [timed(partial(list, Document.objects.visible_to(asker).filter(pk__lt=document.pk + 50))) for asker in askers[:20]]
    few = list(Chunk.objects.values_list("pk", flat=True)[:50])
    hydrating = [timed(partial(Chunk.objects.visible_to(asker).in_bulk, few)) for asker in askers[:20]]
    return [
        Measure(name="resolving a scope, median", value=round(statistics.median(times), 2), unit="ms", goal=5),
        Measure(name="resolving a scope, processor time", value=round(busy_ms, 2), unit="ms", goal=5),
        Measure(name="resolving a scope, p95", value=round(sorted(times)[int(0.95 * len(times))], 2), unit="ms"),
        Measure(name="the first one after another's change, median", value=round(statistics.median(changed), 1), unit="ms"),
        Measure(name="the first one of a process", value=round(first_s, 2), unit="s"),
        Measure(name="memory of what a process remembers", value=round(held_mb, 1), unit="MB", goal=50),
        Measure(name="memory with the results that it keeps", value=round(all_mb, 1), unit="MB", goal=50),
        Measure(name="the second lock for 50 documents, median", value=round(statistics.median(by_rows), 2), unit="ms"),
        Measure(name="the second lock for 50 passages, median", value=round(statistics.median(hydrating), 2), unit="ms"),
        Measure(name="database and scope agree", value=float(agrees), unit="", goal=1),
    ]


def timed(run: Callable[[], Any]) -> float:
    """Return how long it took, in ms."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="that are narrowed")
    add_json_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"ATTEST_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill(given.documents)
        publish(measure(given.documents), out=given.out)


if __name__ == "__main__":
    main()
