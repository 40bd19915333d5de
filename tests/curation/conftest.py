"""A collection that answers, and people who run it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from kb.models import Collection, Document
from kb.rights.stewards import set_steward
from tests.chat.library import LEAVE, QUESTION, add_document

__all__ = ["QUESTION"]
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def audit_root(tmp_path: Path, settings) -> Path:
    settings.AUDIT_ROOT = tmp_path / "audit"
    return settings.AUDIT_ROOT


@pytest.fixture
def leave(collection: Collection) -> Document:
    """The document that answers QUESTION."""
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def owner(collection: Collection, db: None) -> User:
    """Somebody who owns the collection, without being an admin."""
    user = User.objects.create_user(username="owen", password="correct horse 7")
    set_steward(collection=collection, person=user, role="owner", user=None)
    return user


@pytest.fixture
def sign_in() -> SignIn:
    def _sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return _sign_in
