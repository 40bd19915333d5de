"""Loads the demo: a fictional company's knowledge base (demo/demo.json) with people who may read different parts of it."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.passwords import generate_password
from accounts.services import create_account, create_group
from ingest.errors import UploadRefused
from ingest.first_start.accounts import FirstAccount
from ingest.services import accept_upload
from kb.models import Collection
from kb.services import create_collection

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
            collection = make_collection(entry, actor=admin)
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
        password = generate_password()
        create_account(
            username=person["username"],
            password=password,  # invented people: nobody's own, so nobody has to change it
            role=person["role"],
            groups=find_groups(person["groups"]),
            first_name=person["first_name"],
            last_name=person["last_name"],
        )
        made.append(
            FirstAccount(
                username=person["username"],
                password=password,
                role=person["role"],
                explanation=person["explanation"],
            )
        )
    return tuple(made)


def make_collection(entry: dict[str, Any], *, actor: User) -> Collection:
    """Return the collection with this entry's address; make it, with its groups, questions and words, where it is missing."""
    found = Collection.objects.live().filter(slug=entry["slug"]).first()
    if found is not None:
        return found
    find_groups(entry["groups"])
    return create_collection(
        user=actor,
        slug=entry["slug"],
        name=entry["name"],
        description=entry["description"],
        groups=entry["groups"],
        suggested_questions=entry["suggested_questions"],
        vocabulary="\n".join(entry.get("vocabulary", [])),
    )


def find_groups(names: list[str]) -> list[Group]:
    """Return the groups of these names; make those that are missing."""
    return [Group.objects.filter(name=name).first() or create_group(name=name, actor=None) for name in names]
