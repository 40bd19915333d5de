"""12 roles × 9 domains: each of 108 people holds one role in one domain, and what is not theirs leaves no canary anywhere.

A domain is a collection with three documents: an open one, one in a folder that is narrowed, and one that is narrowed itself. Every
name and text of a domain holds words that stand nowhere else (canaries). Each response is probed for the canaries of all 27
documents, 9 folders and 9 collections; what each role reads is written down here, by hand, and not asked of the program.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.models import today as day_of_today
from kb.models import AccessRequest, Collection, DocumentVersion
from kb.rights.folders import create_folder, file_document, narrow_document, narrow_folder
from kb.rights.readers import Readers
from kb.rights.stewards import set_steward
from kb.viewing.rendering import WIDTHS
from tests.permissions.conftest import make_document

pytestmark = pytest.mark.django_db
DOMAINS = ("Aardvark", "Bandicoot", "Cassowary", "Dugong", "Echidna", "Flamingo", "Gharial", "Hoatzin", "Ibisbill")
KINDS = ("open", "inner", "own")  # the collection's; in the narrowed folder; narrowed itself to one person
# What each role reads of its own domain, and what originals it may have; of all other domains: nothing.
ROLES: dict[str, tuple[set[str], set[str]]] = {
    "reader": ({"open"}, set()),
    "inner": ({"open", "inner"}, {"open", "inner"}),  # whose group may download, too
    "half": (set(), set()),  # in the folder's group, and no reader of the collection
    "named": ({"open", "own"}, set()),
    "editor": (set(KINDS), set(KINDS)),
    "owner": (set(KINDS), set(KINDS)),
    "let_in": ({"open"}, set()),  # for a time that goes on
    "let_out": (set(), set()),  # for a time that is over
    "guest": (set(), set()),  # in both groups; the last day was yesterday
    "revoked": (set(), set()),  # was in both groups until just now
    "half_revoked": ({"open"}, set()),  # was in both until just now, and stays in the reader's
    "reviewer": ({"open"}, set()),  # a reader who was an owner before
}


@dataclass
class Domain:
    collection: Collection
    documents: dict[str, DocumentVersion] = field(default_factory=dict)


def canary(domain: str, kind: str) -> str:
    return f"{domain}{kind.title()}Zq"


@pytest.fixture
def domains(settings, tmp_path: Path) -> list[Domain]:
    settings.MEDIA_ROOT, settings.CACHE_ROOT, settings.AUDIT_ROOT = (tmp_path / name for name in ("files", "cache", "audit"))
    return [make_domain(name, settings) for name in DOMAINS]


def make_domain(name: str, settings) -> Domain:
    slug = name.lower()
    readers, inner = (Group.objects.create(name=f"{slug} {kind}") for kind in ("readers", "inner"))
    collection = Collection.objects.create(name=f"{name}Coll", slug=slug, suggested_questions=[f"What is {canary(name, 'open')}?"])
    collection.groups.add(readers)
    collection.download_groups.add(inner)
    folder = create_folder(collection=collection, name=f"{name}Folder", user=None)
    narrow_folder(folder=folder, readers=Readers(groups=(inner.name,)), user=None)
    named = person("named", slug, readers)
    domain = Domain(collection=collection)
    for kind in KINDS:
        word = canary(name, kind)
        version = make_document(collection, name=f"{word}.pdf", text=f"{word} has nine days of leave.")
        original = settings.MEDIA_ROOT / version.storage_path
        original.parent.mkdir(parents=True, exist_ok=True)
        original.write_bytes(f"%PDF-1.7 {word}".encode())
        pictures = settings.CACHE_ROOT / "pages" / version.sha256
        pictures.mkdir(parents=True)
        for width in WIDTHS:
            (pictures / f"1-{width}.webp").write_bytes(f"picture {word}".encode())
        domain.documents[kind] = version
    file_document(document=domain.documents["inner"].document, folder=folder, user=None)
    narrow_document(document=domain.documents["own"].document, readers=Readers(people=(named.username,)), user=None)
    for role in ("editor", "owner"):
        set_steward(collection=collection, person=person(role, slug), role=role, user=None)
    person("reader", slug, readers)
    person("half", slug, inner)
    for role in ("inner", "guest", "revoked", "half_revoked"):
        person(role, slug, readers, inner)
    for role, hours in (("let_in", 1), ("let_out", -1)):
        until = timezone.now() + timedelta(hours=hours)
        AccessRequest.objects.create(collection=collection, user=person(role, slug), reason="x", state="granted", until=until)
    reviewer = person("reviewer", slug, readers, role=User.Role.REVIEWER)
    collection.stewards.create(user=reviewer, role="owner")
    return domain


def person(name: str, slug: str, *groups: Group, role: str = User.Role.EMPLOYEE) -> User:
    user = User.objects.create(username=f"{name}-{slug}", role=role)
    user.groups.set(groups)
    return user


def revoke() -> None:
    """What was taken away since the sessions began."""
    User.objects.filter(username__startswith="guest-").update(ends_on=day_of_today() - timedelta(days=1))
    for user in User.objects.filter(username__startswith="revoked-"):
        user.groups.clear()
    for user in User.objects.filter(username__startswith="half_revoked-"):
        user.groups.remove(*user.groups.filter(name__endswith=" inner"))


def surfaces(own: Domain, other: Domain, *, is_whole: bool) -> Iterator[str]:
    """The pages and lists that are probed: of the first domain all of them, of the others those that show most."""
    yield from ("/library/find/?q=leave", "/api/v1/collections")
    yield from (f"/api/v1/collections/{domain.collection.slug}/documents" for domain in (own, other))
    if not is_whole:
        return
    yield from ("/", "/library/", "/library/due/", "/library/access/", f"/library/c/{own.collection.slug}/")
    yield from ("/api/v1/due", "/api/v1/listed-collections", "/reviews/", "/audit/")
    for domain in (own, other):
        slug = domain.collection.slug
        yield from (f"/library/c/{slug}/?q=leave&sort=name", f"/?collection={slug}", f"/library/c/{slug}/nowhere/")
        yield from (f"/api/v1/collections/{slug}{end}" for end in ("", "/folders", "/tags"))


def of_document(version: DocumentVersion, *, is_whole: bool) -> tuple[str, ...]:
    """The addresses of one document; the last is its original's."""
    sources = f"/library/sources/{version.uid}/1/"
    document = f"/api/v1/documents/{version.document.uid}"
    more = (f"/library/documents/{version.document.uid}/", sources, f"{sources}image.webp", document) if is_whole else ()
    return (*more, f"{document}/pages/1", f"/library/versions/{version.uid}/original/")


def test_no_role_finds_a_canary_that_is_not_its_own(domains: list[Domain]) -> None:
    people = {(role, domain.collection.slug): Client() for domain in domains for role in ROLES}
    for (role, slug), client in people.items():
        client.force_login(User.objects.get(username=f"{role}-{slug}"))
    revoke()
    both = list(zip(DOMAINS, domains, strict=True))
    words = {(domain.collection.slug, kind): canary(name, kind) for name, domain in both for kind in KINDS}
    folders = {domain.collection.slug: f"{name}Folder" for name, domain in both}
    names = {domain.collection.slug: domain.collection.name for domain in domains}
    probes, leaks, lacks = 0, [], []
    for place, own in enumerate(domains):
        other, slug = domains[(place + 1) % len(domains)], own.collection.slug
        for role, (reads, has_file) in ROLES.items():
            client, seen = people[role, slug], ""
            hidden = [word for (at, kind), word in words.items() if at != slug or kind not in reads]
            # Whoever was let in goes on seeing, on the page of what they asked for, what they asked for.
            hidden += [name for at, name in names.items() if at != slug or not (reads or role == "let_out")]
            hidden += [name for at, name in folders.items() if at != slug or "inner" not in reads]
            for address in surfaces(own, other, is_whole=place == 0):
                text = body(client, address)
                probes += len(hidden)
                leaks += [(role, slug, address, word) for word in hidden if word in text]
                seen += text
            lacks += [(role, slug, kind) for kind in reads if words[slug, kind] not in seen]
            for domain in (own, other) if place == 0 else (own,):
                for kind, version in domain.documents.items():
                    *readable, original = of_document(version, is_whole=place == 0)
                    may_read, may_have = (domain is own and kind in given for given in (reads, has_file))
                    for address, may in [*((one, may_read) for one in readable), (original, may_have)]:
                        is_open = client.get(address).status_code == 200
                        probes += 1
                        if is_open is not may:
                            leaks.append((role, slug, address, f"{kind}: {is_open}"))
    assert leaks == []
    assert lacks == []  # what they may read is shown: the canaries would be found
    assert probes >= 10_000


def body(client: Client, address: str) -> str:
    response = client.get(address)
    return response.content.decode(errors="replace")
