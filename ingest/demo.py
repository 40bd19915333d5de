"""Loads the demo: a fictional company's knowledge base (demo/demo.json) with people who may read different parts of it."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.services import create_account, create_group
from audit.services import record
from ingest.errors import UploadRefused
from ingest.first_accounts import FirstAccount
from ingest.services import accept_upload
from kb.models import Collection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLoad:
    """What loading the demo made."""

    accounts: tuple[FirstAccount, ...]
    documents: int  # accepted just now
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
                        accepted = accept_upload(collection=collection, name=Path(name).name, stream=stream, user=admin)
                    documents += accepted.outcome != "unchanged"
                except UploadRefused as error:
                    logger.warning("demo document %s was not accepted: %s", name, error.code)
                    refused.append(name)
    return DemoLoad(accounts=accounts, documents=documents, refused=tuple(refused))


def create_people(people: list[dict[str, Any]]) -> tuple[FirstAccount, ...]:
    """Make the accounts that do not exist yet, each with a password of its own, and put them into their groups."""
    made = []
    for person in people:
        if User.objects.filter(username=person["username"]).exists():
            continue
        account = create_account(
            username=person["username"],
            role=person["role"],
            groups=find_groups(person["groups"]),
            first_name=person["first_name"],
            last_name=person["last_name"],
        )
        made.append(
            FirstAccount(
                username=person["username"],
                password=account.password,
                role=person["role"],
                explanation=person["explanation"],
            )
        )
    return tuple(made)


def create_collection(entry: dict[str, Any], *, actor: User) -> Collection:
    """Return the collection with this entry's address; make it, with its groups, questions and words, where it is missing."""
    collection, is_new = Collection.objects.get_or_create(
        slug=entry["slug"],
        defaults={
            "name": entry["name"],
            "description": entry["description"],
            "suggested_questions": entry["suggested_questions"],
            "vocabulary": "\n".join(entry.get("vocabulary", [])),
        },
    )
    if is_new:
        collection.groups.set(find_groups(entry["groups"]))
        record(
            "collection.created",
            actor_id=actor.pk,
            actor_name=actor.get_username(),
            subject=f"collection:{collection.slug}",
            summary=collection.name,
            payload={
                "name": collection.name,
                "description": collection.description,
                "groups": sorted(entry["groups"]),
                "suggested_questions": collection.suggested_questions,
                "vocabulary": collection.vocabulary,
            },
        )
    return collection


def find_groups(names: list[str]) -> list[Group]:
    """Return the groups of these names; make those that are missing."""
    return [Group.objects.filter(name=name).first() or create_group(name=name, actor=None) for name in names]
