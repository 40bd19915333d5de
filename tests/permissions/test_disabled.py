"""Who may not sign in reads nothing, whatever their role and groups still say."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from chat.models import Conversation
from kb.models import Chunk, Collection, Document
from tests.chat.library import LEAVE, add_document


@pytest.mark.parametrize("who", ["employee", "knowledge_admin"])
def test_a_disabled_account_sees_nothing(request: pytest.FixtureRequest, collection: Collection, who: str) -> None:
    user = request.getfixturevalue(who)
    add_document(collection, "leave.md", LEAVE)
    Conversation.objects.create(user=user)
    querysets = (Collection.objects, Document.objects, Chunk.objects, Conversation.objects)
    assert [rows.visible_to(user).count() for rows in querysets] == [1, 1, 1, 1]
    user.is_active = False
    user.save()
    assert [rows.visible_to(user).count() for rows in querysets] == [0, 0, 0, 0]


def test_an_active_knowledge_admin_alone_manages(
    collection: Collection, employee: User, auditor: User, knowledge_admin: User
) -> None:
    for user in (employee, auditor, AnonymousUser()):
        assert not Collection.objects.manageable_by(user).exists()
    assert Collection.objects.manageable_by(knowledge_admin).get() == collection
    knowledge_admin.is_active = False
    assert not Collection.objects.manageable_by(knowledge_admin).exists()
