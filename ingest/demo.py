"""Loads the demo: a fictional company's knowledge base (demo/demo.json) with people who may read different parts of it."""

import json
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.services import create_account
from audit.services import record
from ingest.errors import UploadRefused
from ingest.services import accept_upload
from kb.models import Collection

logger = logging.getLogger(__name__)

# Letters and digits that no font confuses; sixteen of 32 give 80 bits.
PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account made just now. The password is in clear here alone: it is printed once and kept nowhere."""

    username: str
    password: str
    role: str  # a User.Role
    explanation: str  # what this person shows


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLoad:
    """What loading the demo made."""

    accounts: tuple[NewAccount, ...]
    documents: int
    refused: tuple[str, ...]  # names of files that were not accepted


def load_demo(*, folder: Path) -> DemoLoad:
    """Make the demo's groups, people and collections, and accept its documents; the worker indexes them afterwards.

    All or nothing; what exists already (by name, address or content) stays as it is.

    Args:
        folder: holds demo.json and the files it names.
    Raises: FileNotFoundError: no demo.json there.
    """
    description: dict[str, Any] = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    with transaction.atomic():
        accounts = create_people(description["people"])
        admin = User.objects.filter(role=User.Role.KNOWLEDGE_ADMIN, is_active=True).earliest("pk")
        documents, refused = 0, []
        for entry in description["collections"]:
            collection = create_collection(entry, actor=admin)
            for name in entry["files"]:
                try:
                    with (folder / name).open("rb") as stream:
                        accept_upload(collection=collection, name=Path(name).name, stream=stream, user=admin)
                    documents += 1
                except UploadRefused as error:
                    logger.warning("demo document %s was not accepted: %s", name, error.code)
                    refused.append(name)
    return DemoLoad(accounts=accounts, documents=documents, refused=tuple(refused))


def create_people(people: list[dict[str, Any]]) -> tuple[NewAccount, ...]:
    """Make the accounts that do not exist yet, each with a password of its own, and put them into their groups."""
    made = []
    for person in people:
        if User.objects.filter(username=person["username"]).exists():
            continue
        groups = [Group.objects.get_or_create(name=name)[0] for name in person["groups"]]
        password = generate_password()
        create_account(username=person["username"], password=password, role=person["role"], groups=groups)
        User.objects.filter(username=person["username"]).update(first_name=person["first_name"], last_name=person["last_name"])
        made.append(
            NewAccount(username=person["username"], password=password, role=person["role"], explanation=person["explanation"])
        )
    return tuple(made)


def create_collection(entry: dict[str, Any], *, actor: User) -> Collection:
    """Return the collection with this entry's address; make it, with its groups and suggested questions, where it is missing."""
    collection, is_new = Collection.objects.get_or_create(
        slug=entry["slug"],
        defaults={
            "name": entry["name"],
            "description": entry["description"],
            "suggested_questions": entry["suggested_questions"],
        },
    )
    if is_new:
        collection.groups.set([Group.objects.get_or_create(name=name)[0] for name in entry["groups"]])
        record(
            "collection.created",
            actor_id=str(actor.pk),
            actor_name=actor.get_username(),
            subject=f"collection:{collection.slug}",
            summary=collection.name,
            payload={"slug": collection.slug, "name": collection.name, "groups": entry["groups"]},
        )
    return collection


def generate_password() -> str:
    """Return a random password that is easy to type."""
    return "-".join("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(4))
