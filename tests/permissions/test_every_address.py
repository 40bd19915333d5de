"""Every address × everyone. An address that is not in this table is a red build.

Outsiders read 404, never 403; whoever is not signed in is sent to the sign-in page.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import BrowserSession, IdentityProvider, ServiceAccount, User
from accounts.programs.service_accounts import create_service
from accounts.second_person import request_act
from accounts.sign_in.links import Purpose, make_link
from audit.models import HeldThing
from audit.services import record
from chat.conversations.sharing import share_conversation
from curation.answers.models import ApprovedAnswer
from curation.canary.models import HeldChange
from curation.gaps.models import Gap, GapQuestion
from curation.golden.expecting import Expected
from curation.golden.models import GoldenRun
from curation.golden.questions import write_golden
from curation.handover.services import hand_over
from curation.prompts.models import PromptVersion
from gateway.spending.budgets import create_budget
from guards.editing import create_guard
from ingest.documents.passages import change_passage
from ingest.many.drops import Offered, open_drop
from ingest.many.models import DroppedFile
from ingest.many.running import start_run
from integrations.chat_apps.editing import create_chat_app
from integrations.chat_apps.models import ChatApp
from integrations.widgets.editing import create_widget
from integrations.widgets.models import Widget
from kb.keeping.force import today
from kb.keeping.values import change_document
from kb.models import Chunk, Collection, Document, DocumentVersion, Folder, Page, Tag
from kb.reading_faults import report_fault
from kb.rights.access import ask_for_access
from kb.rights.folders import create_folder, file_document, narrow_folder
from kb.rights.readers import Readers
from kb.rights.stewards import set_steward
from retention.holding.services import Thing, place_hold
from retention.purging.purging import purge_documents
from retention.rules.changing import set_rule
from reviews.desk.intake import take_in
from reviews.models import Case as ReviewCase
from sources.models import SourceItem
from tests.confirmed import confirmed
from tests.permissions.conftest import PEOPLE, World, make_document

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class Case:
    """`expected`: the status for each of PEOPLE, in their order."""

    method: str
    expected: str
    arguments: Callable[[World], tuple[Any, ...]] = lambda world: ()
    data: Callable[[World], dict[str, Any]] = lambda world: {}
    is_json: bool = False
    query: str = ""


EVERYONE = "200 200 200 200 200 200"
SIGNED_IN = "200 200 200 302 200 200"
READERS = "200 200 404 302 200 404"  # whoever is in the collection's group, and knowledge admins
NARROWED = "200 404 404 302 200 404"  # whoever is also in the group that its folder is for
OWNER = "200 404 404 302 404 404"  # of a conversation: nobody else, whatever their role
OWNER_POST = "302 404 404 302 404 404"
ADMIN = "404 404 404 302 200 404"
ADMIN_POST = "404 404 404 302 302 404"
AUDITOR = "404 404 404 302 404 200"
AUDITOR_POST = "404 404 404 302 404 302"
# Programs get 401 instead. Here they come with a browser's session; tests/api/test_access.py has them with keys.
API_CALLERS = "200 200 200 401 200 200"
API_READERS = "200 200 404 401 200 404"
API_MANAGES = "403 403 403 401 200 403"
API_NARROWED = "200 404 404 401 200 404"
API_OWNER = "200 404 404 401 404 404"
API_LET_IN = "400 400 400 401 400 400"  # refused because the question is empty
REFUSED = "403 403 403 403 403 403"
API_AUDITS = "403 403 403 401 403 200"
REVIEW_RULES = {"sample_percent": 5, "second_percent": 5, "is_blind": True, "due_days": 5}
NOWHERE = "404 404 404 404 404 404"
NOWHERE_OR_SIGN_IN = "404 404 404 302 404 404"


def slug(world: World) -> tuple[str]:
    return (world.collection.slug,)


def conversation(world: World) -> tuple[Any]:
    return (world.conversation.uid,)


def an_upload(world: World) -> dict[str, Any]:
    return {"files": SimpleUploadedFile("own.txt", b"Wombats sleep for sixteen hours.")}


def attached_file(world: World) -> tuple[Any, Any]:
    """A file of the conversation."""
    holder = Collection.objects.create(name="Files", slug="files-of-it", is_private=True, keeper=world.conversation.user)
    world.conversation.files = holder
    world.conversation.save()
    return world.conversation.uid, make_document(holder, name="own.txt").document.uid


def turn(world: World) -> tuple[Any]:
    return (world.turn.uid,)


def document(world: World) -> tuple[Any]:
    return (world.document.uid,)


def page(world: World) -> tuple[Any, int]:
    return (world.version.uid, 1)


def folder(world: World) -> tuple[Any]:
    """An empty one for a group that the owner alone is in."""
    group, _is_new = Group.objects.get_or_create(name="Finance")
    world.people["owner"].groups.add(group)
    made = create_folder(collection=world.collection, name="Contracts", user=None)
    return (narrow_folder(folder=made, readers=Readers(groups=("Finance",)), user=None).uid,)


def narrowed(world: World) -> DocumentVersion:
    """A version of a document in that folder; its original and the pictures of its page are there."""
    version = make_document(world.collection, name="contract.pdf")
    file_document(document=version.document, folder=Folder.objects.get(uid=folder(world)[0]), user=None)
    for there, here in ((world.version.storage_path, version.storage_path),):
        copy = settings.MEDIA_ROOT / here
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((settings.MEDIA_ROOT / there).read_bytes())
    shutil.copytree(
        settings.CACHE_ROOT / "pages" / world.version.sha256, settings.CACHE_ROOT / "pages" / version.sha256, dirs_exist_ok=True
    )
    return version


def downloadable(world: World) -> tuple[Any]:
    """The version of the collection's document, whose readers may have the file too."""
    world.collection.download_groups.add(world.group)
    return (world.version.uid,)


def handover(world: World) -> tuple[Any]:
    return (hand_over(world.turn, user=world.people["owner"]).uid,)


def handed_turn(world: World) -> tuple[Any]:
    handover(world)
    return turn(world)


def widget(world: World) -> Widget:
    return create_widget(user=None, name="Intranet", title="Ask", origins=["https://intranet.example"])[0]


def widget_key(world: World) -> tuple[int]:
    return (widget(world).pk,)


def widget_uid(world: World) -> tuple[Any]:
    return (widget(world).uid,)


def guard(world: World) -> tuple[Any]:
    return (create_guard(user=None, name="Words", kind="words", terms="bomb", collection=world.collection.slug).uid,)


def guard_values(world: World) -> dict[str, Any]:
    return {"name": "Ours", "kind": "words", "terms": "bomb", "collection": world.collection.slug}


def guard_fields(world: World) -> dict[str, Any]:
    return guard_values(world) | {"side": "question", "mode": "monitor", "collection": str(world.collection.pk)}


def widget_values(world: World) -> dict[str, Any]:
    return {"name": "Portal", "title": "Ask", "origins": ["https://portal.example"]}


def chat_values(world: World) -> dict[str, Any]:
    return {"name": "Portal", "kind": "slack", "secret": "s", "token": "t"}


def widget_site(world: World) -> dict[str, Any]:
    return {"origin": "https://intranet.example", "token": ""}


def chat_app(world: World) -> ChatApp:
    return create_chat_app(user=None, name="Slack", kind="slack", secret="s", token="t")[0]


def chat_key(world: World) -> tuple[int]:
    return (chat_app(world).pk,)


def chat_uid(world: World) -> tuple[Any]:
    return (chat_app(world).uid,)


def budget(world: World) -> tuple[int]:
    person = world.people["owner"].username
    return (create_budget(user=None, kind="person", person=person, amount="10").pk,)


def pending_act(world: World) -> tuple[int]:
    other = User.objects.create_user(username="nils", role=User.Role.KNOWLEDGE_ADMIN)
    return (request_act(kind="auditor", user=world.people["outsider"], actor=other).pk,)


def steward(world: World) -> tuple[str, int]:
    """An editor who is not among the people."""
    person = User.objects.create_user(username="eddy")
    set_steward(collection=world.collection, person=person, role="editor", user=None)
    return (world.collection.slug, person.pk)


def listed(world: World) -> tuple[str]:
    Collection.objects.filter(pk=world.collection.pk).update(is_listed=True)
    return (world.collection.slug,)


def access_request(world: World) -> tuple[int]:
    """What the outsider asks for."""
    listed(world)
    asked = ask_for_access(collection=world.collection, user=world.people["outsider"], reason="For the audit of leave.")
    return (asked.pk,)


def narrowed_document(world: World) -> tuple[Any]:
    return (narrowed(world).document.uid,)


def narrowed_page(world: World) -> tuple[Any, int]:
    return (narrowed(world).uid, 1)


def shared_conversation(world: World) -> tuple[Any]:
    return (share_conversation(world.conversation, user=world.people["owner"]).uid,)


def fault(world: World) -> tuple[Any]:
    reported = report_fault(page=world.version.pages.get(number=1), note="A line is missing.", user=world.people["owner"])
    return (reported.uid,)


def tag_of_document(world: World) -> tuple[Any]:
    change_document(document=world.document, user=None, tags=["Leave"])
    return (Tag.objects.get().uid,)


def due_document(owner: str | None) -> Callable[[World], tuple[Any]]:
    """The document, to be reviewed today by this one of the people; None: by whoever runs the collection."""

    def prepare(world: World) -> tuple[Any]:
        person = world.people[owner] if owner else None
        Document.objects.filter(pk=world.document.pk).update(review_by=today(), owner=person)
        return (world.document.uid,)

    return prepare


def second_version(world: World) -> DocumentVersion:
    """The version that answers in place of the world's, which is the earlier one then."""
    version = DocumentVersion.objects.get(pk=world.version.pk)
    version.pk, version.uid, version.number = None, uuid4(), 2
    version.save()
    page = Page.objects.create(version=version, number=1, text=world.version.pages.get().text, width=595, height=842)
    Chunk.objects.create(id=7, version=version, ordinal=0, page=page, start=0, end=7, text="Wombats", text_hash="0" * 64)
    Document.objects.filter(pk=world.document.pk).update(current_version=version)
    return version


def compared(world: World) -> tuple[Any]:
    return (second_version(world).document.uid,)


def earlier(world: World) -> tuple[Any]:
    second_version(world)
    return (world.version.uid,)


def earlier_number(world: World) -> tuple[Any, int]:
    second_version(world)
    return (world.document.uid, 1)


def passage(world: World) -> tuple[Any, int]:
    return (world.document.uid, 0)


def passage_change(world: World) -> tuple[Any]:
    admin = world.people["knowledge_admin"]
    return (change_passage(chunk=world.version.chunks.get(), kind="off", reason="Misread.", user=admin).uid,)


def bulk_run(world: World) -> tuple[Any]:
    documents, admin = world.collection.documents.all(), world.people["knowledge_admin"]
    found = start_run(action="tag", documents=documents, collection=world.collection, values={"tags": ["Leave"]}, user=admin)
    return (found.uid,)


def dropped(world: World) -> DroppedFile:
    """The one file of a folder that the knowledge admin sends."""
    files = [Offered(path="rules/new.txt", size=30, modified=1)]
    drop = open_drop(collection=world.collection, folder=None, files=files, user=world.people["knowledge_admin"])
    return drop.files.get()


def other_collection() -> str:
    return Collection.objects.get_or_create(name="Other", slug="other")[0].slug


def person(world: World) -> tuple[int]:
    return (world.people["outsider"].pk,)


def group(world: World) -> tuple[int]:
    return (world.group.pk,)


def sql_source(world: World) -> tuple[Any]:
    return (world.sql_source.uid,)


def sql_source_action(action: str) -> Callable[[World], tuple[Any, ...]]:
    return lambda world: (world.sql_source.uid, action)


def act_on_source(action: str) -> Callable[[World], tuple[Any, str]]:
    return lambda world: (world.document_source.uid, action)


def document_source(world: World) -> tuple[Any]:
    return (world.document_source.uid,)


def source_item(world: World) -> tuple[Any, int]:
    item = SourceItem.objects.create(source=world.document_source, key="a", external_id="a", name="budget.md", place_key="a")
    return (world.document_source.uid, item.pk)


def model(world: World) -> tuple[int]:
    return (world.model.pk,)


def route(world: World) -> tuple[int]:
    return (world.route.pk,)


def event(world: World) -> tuple[Any]:
    return (world.event.uid,)


def case_to_review(world: World) -> tuple[Any]:
    take_in()
    return (world.event.uid,)


def rule(world: World) -> tuple[int]:
    return (set_rule(kind="views", collection=world.collection, days=30, by=None).pk,)


def hold(world: World) -> tuple[Any]:
    thing = Thing(kind=HeldThing.Kind.PERSON, value=str(world.people["teammate"].pk), label="tao")
    return (place_hold(name="Smith", reason="", things=[thing], by=None).uid,)


def purged(world: World) -> tuple[Any]:
    """A document that is gone, with its certificate."""
    document = make_document(world.collection, name="gone.pdf").document
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    assert purge_documents([document], scrub=False) == 1
    return (document.uid,)


def password_token(world: World) -> str:
    outsider = User.objects.get(pk=world.people["outsider"].pk)
    return make_link(outsider, purpose=Purpose.INVITED).split("/")[-2]


def session_of(world: World, who: str) -> str:
    """Return the public id of a session that this person has in another browser."""
    browser = Client()
    browser.force_login(world.people[who])
    return BrowserSession.objects.get(pk=browser.session.session_key).public_id


def passkey_of(world: World, who: str) -> int:
    passkey = Authenticator.objects.create(user=world.people[who], type="webauthn", data={"name": "Laptop", "credential": {}})
    return passkey.pk


def service(world: World) -> tuple[int]:
    """A program's account, for which the outsider answers."""
    made = create_service(username="robot", purpose="Reads", owner=world.people["outsider"], actor=None, groups=[world.group])
    return (made.pk,)


def service_key(world: World) -> int:
    account = ServiceAccount.objects.get(pk=service(world)[0]).user
    return create_api_key(user=account, name="nightly", scopes=["read"], days=30, actor=None).key.pk


def provider(world: World) -> tuple[str]:
    row = IdentityProvider.objects.create(
        slug="corp", name="Corp", issuer="http://127.0.0.1:9", client_id="attest", is_enabled=True
    )
    return (row.slug,)


def golden(world: World) -> tuple[Any]:
    expected = Expected(facts=(("nine days",),))
    return (write_golden(collection=world.collection, question="How long?", expected=expected, user=None).uid,)


def golden_run(world: World) -> tuple[Any]:
    return (GoldenRun.objects.create(collection=world.collection, cause="asked", state="done").uid,)


def collection_with_golden(world: World) -> tuple[str]:
    golden(world)
    return slug(world)


def case_of_the_collection(world: World) -> tuple[Any]:
    found = case_to_review(world)
    ReviewCase.objects.get().collections.create(slug=world.collection.slug)
    return found


def held_change(world: World) -> tuple[Any]:
    return (HeldChange.objects.create(collection=world.collection, kind="threshold", value=0.4, state="failed").uid,)


def gap(world: World) -> tuple[Any]:
    """Of a question that the owner asked."""
    case_to_review(world)
    row = Gap.objects.create(collection=world.collection, last_at=world.event.at, count=1, state="answered")
    GapQuestion.objects.create(gap=row, case=ReviewCase.objects.get(), cause="refused", vector=b"", encoder="none")
    return (row.uid,)


def prompt_version(world: World) -> tuple[Any]:
    return (PromptVersion.objects.create(name="answer.en", number=1, text="Be brief. {decline}").uid,)


def approved_answer(world: World) -> tuple[Any]:
    row = ApprovedAnswer.objects.create(collection=world.collection, text="Nine days.")
    row.questions.create(text="How long?")
    return (row.uid,)


NOT_APPROVED = "404 404 404 302 404 404"  # for anybody
GOLDEN = {"question": "How deep?", "expect": "answer", "facts": "nine days", "is_active": "on"}
PROVIDER = {"name": "Corp", "client_id": "attest", "groups_claim": "groups"}
FOLDER = {"option_path": "/nowhere", "interval_minutes": "60"}  # which may not be read
PLAN = {
    "name": "Shop",
    "query": "SELECT id FROM products",
    "key_column": "id",
    "title_template": "{id}",
    "interval_minutes": "60",
}
ADDRESSES = {
    "account_login": [Case("get", "302 302 302 200 302 302")],
    "account_logout": [Case("post", "302 302 302 302 302 302")],
    "account_inactive": [Case("get", EVERYONE)],
    "account_change_password": [Case("get", SIGNED_IN)],
    "account_set_password": [
        Case("get", EVERYONE, lambda world: (password_token(world),)),  # whoever has the link
        Case("get", "410 410 410 410 410 410", lambda world: ("nothing:x:y",)),
        Case("post", "422 422 422 422 422 422", lambda world: (password_token(world),), lambda world: {"password1": "x"}),
    ],
    "account_reauthenticate": [Case("get", SIGNED_IN), Case("post", SIGNED_IN, data=lambda world: {"password": "wrong"})],
    "mfa_index": [Case("get", "302 302 302 302 302 302")],
    "mfa_list_webauthn": [Case("get", "302 302 302 302 302 302")],
    "mfa_authenticate": [Case("get", "302 302 302 302 302 302"), Case("post", "302 302 302 302 302 302")],
    "mfa_reauthenticate": [Case("get", "302 302 302 302 302 302")],  # nobody has one: to the password
    "mfa_reauthenticate_webauthn": [Case("get", "302 302 302 302 302 302")],
    "mfa_activate_totp": [Case("get", SIGNED_IN), Case("post", SIGNED_IN, data=lambda world: {"code": "000000"})],
    "mfa_deactivate_totp": [Case("get", "404 404 404 302 404 404"), Case("post", "404 404 404 302 404 404")],
    "mfa_view_recovery_codes": [Case("get", "404 404 404 302 404 404")],
    "mfa_generate_recovery_codes": [Case("get", SIGNED_IN), Case("post", SIGNED_IN)],  # refused: there is no factor
    "mfa_add_webauthn": [Case("get", SIGNED_IN), Case("post", SIGNED_IN, data=lambda world: {"credential": "{}"})],
    "mfa_remove_webauthn": [
        # Its own person, who has to confirm with it first; nobody else has one of that number.
        Case("get", "404 404 302 302 404 404", lambda world: (passkey_of(world, "outsider"),)),
        Case("post", "404 404 302 302 404 404", lambda world: (passkey_of(world, "outsider"),)),
    ],
    "mfa_login_webauthn": [
        Case("get", "302 302 302 302 302 302"),
        Case("post", "302 302 302 302 302 302", data=lambda world: {"credential": "{}"}),
    ],
    "accounts:factor_needed": [Case("get", "302 302 302 302 302 302")],  # nobody needs one
    "openid_connect_login": [Case("get", REFUSED, provider)],  # which may not be connected to
    "openid_connect_callback": [
        Case("get", REFUSED, provider),
        Case("get", NOWHERE, lambda world: ("nowhere",), query="code=x&state=y"),
    ],
    "socialaccount_login_cancelled": [Case("get", "302 302 302 302 302 302")],
    "accounts:providers": [Case("get", ADMIN)],
    "accounts:provider_new": [
        Case("get", ADMIN),
        Case("post", ADMIN_POST, data=lambda world: PROVIDER | {"slug": "other", "issuer": "https://id.example"}),
    ],
    "accounts:provider_new_saml": [
        Case("get", ADMIN),
        Case("post", "404 404 404 302 422 404", data=lambda world: {"name": "Corp", "slug": "saml", "metadata": "none"}),
    ],
    # Of SAML: without a provider there is nothing; tests/accounts/test_saml.py has one.
    "saml_metadata": [Case("get", NOWHERE, lambda world: ("nowhere",))],
    "saml_acs": [Case("post", NOWHERE, lambda world: ("nowhere",))],
    "saml_finish_acs": [Case("get", NOWHERE, lambda world: ("nowhere",))],
    "saml_sls": [Case("get", NOWHERE, lambda world: ("nowhere",)), Case("post", NOWHERE, lambda world: ("nowhere",))],
    "accounts:provider": [Case("get", ADMIN, provider), Case("post", ADMIN_POST, provider, lambda world: PROVIDER)],
    "accounts:provider_try": [Case("get", "404 404 404 302 403 404", provider)],
    "accounts:provider_delete": [Case("post", ADMIN_POST, provider)],
    "accounts:directories": [Case("get", ADMIN)],
    "accounts:directory_try": [
        Case("get", NOWHERE_OR_SIGN_IN, lambda world: ("nowhere",))
    ],  # tests/accounts/test_directory.py has one
    "accounts:directory_sync": [Case("post", NOWHERE_OR_SIGN_IN, lambda world: ("nowhere",))],
    "accounts:rules": [Case("get", ADMIN), Case("post", ADMIN_POST, data=lambda world: {"second_factor_roles": ["employee"]})],
    "accounts:factors_remove": [Case("post", ADMIN_POST, person)],
    "account_new_password": [Case("get", "302 302 302 302 302 302"), Case("post", "302 302 302 302 302 302")],
    "account_forgotten": [Case("get", NOWHERE), Case("post", NOWHERE, data=lambda world: {"login": "erin"})],  # without mail
    "accounts:security": [Case("get", SIGNED_IN)],
    "accounts:session_end": [
        Case("post", "404 404 302 302 404 404", lambda world: (session_of(world, "outsider"),)),
        Case("post", OWNER_POST, lambda world: (session_of(world, "owner"),)),
    ],
    "accounts:sessions_end": [Case("post", "302 302 302 302 302 302")],
    "accounts:sign_out": [Case("post", ADMIN_POST, person)],
    "set_language": [Case("post", "302 302 302 302 302 302", data=lambda world: {"language": "zh-hans"})],
    "healthz": [Case("get", EVERYONE)],
    "readyz": [Case("get", EVERYONE)],
    "metrics": [Case("get", EVERYONE)],  # from this machine; tests/config/test_health.py has the rest
    "chat:home": [Case("get", SIGNED_IN)],
    "chat:ask": [
        Case("post", "302 302 302 302 302 302", data=lambda world: {"question": "How long?"}),
        Case("post", "302 302 404 302 302 404", data=lambda world: {"question": "How long?", "collection": world.collection.slug}),
        Case("post", OWNER_POST, data=lambda world: {"question": "How long?", "conversation": world.conversation.uid}),
    ],
    "chat:check": [
        Case("get", SIGNED_IN),
        Case("post", "422 422 422 302 422 422", data=lambda world: {"text": ""}),
        Case("post", "422 422 422 302 422 422", data=lambda world: {"text": "", "collection": world.collection.slug}),
    ],
    "chat:conversation": [Case("get", OWNER, conversation)],
    "chat:newer": [
        Case("get", OWNER, conversation, lambda world: {"seen": world.turn.uid}),
        Case("get", NOWHERE.replace("404 404 404 404", "404 404 404 302"), conversation, lambda world: {"seen": "nonsense"}),
    ],
    "chat:conversations": [Case("get", SIGNED_IN), Case("get", SIGNED_IN, data=lambda world: {"q": "leave"})],
    "chat:rename": [Case("post", OWNER_POST, conversation, lambda world: {"title": "Mine"})],
    "chat:pin": [Case("post", OWNER_POST, conversation, lambda world: {"on": "1"})],
    "chat:archive": [Case("post", OWNER_POST, conversation, lambda world: {"on": "1"})],
    "chat:attach_to_new": [Case("post", "302 302 302 302 302 302", data=an_upload)],
    "chat:attach": [Case("post", OWNER_POST, conversation, an_upload)],
    "chat:files": [Case("get", OWNER, conversation)],
    "chat:file_remove": [
        Case("post", OWNER_POST, attached_file),
        Case("post", NOWHERE_OR_SIGN_IN, lambda world: (world.conversation.uid, world.document.uid)),
    ],
    "chat:sharing": [Case("get", OWNER, conversation)],
    "chat:share": [Case("post", OWNER_POST, conversation)],
    "chat:unshare": [Case("post", OWNER_POST, conversation)],
    "chat:shared": [
        Case("get", SIGNED_IN, shared_conversation),  # each with their own rights: tests/chat/test_sharing.py
        Case("get", "404 404 404 302 404 404", conversation),
    ],
    "chat:export": [
        Case("get", OWNER, lambda world: (world.conversation.uid, "md")),
        Case("get", OWNER, lambda world: (world.conversation.uid, "docx")),
        Case("get", OWNER, lambda world: (world.conversation.uid, "pdf")),
        Case("get", "404 404 404 302 404 404", lambda world: (world.conversation.uid, "exe")),
    ],
    "chat:next": [Case("get", OWNER, turn)],
    "chat:edit": [Case("post", OWNER_POST, turn, lambda world: {"question": "How long now?"})],
    "chat:delete": [Case("post", OWNER_POST, conversation)],
    "chat:regenerate": [Case("post", OWNER_POST, turn)],
    "chat:feedback": [Case("post", OWNER_POST, turn, lambda world: {"rating": "helpful"})],
    "chat:answer": [Case("get", "302 404 404 302 404 404", turn)],
    "chat:stream": [Case("get", OWNER, turn)],
    "chat:stop": [Case("post", "204 404 404 302 404 404", turn)],
    "kb:index": [Case("get", SIGNED_IN)],
    "kb:collection_new": [
        Case("get", ADMIN),
        Case("post", ADMIN_POST, data=lambda world: {"name": "Fleet", "slug": "fleet"}),
    ],
    "kb:find": [Case("get", SIGNED_IN)],  # each finds what they may read: tests/kb/test_finding.py
    "kb:explain": [
        Case("get", ADMIN),
        Case("get", ADMIN, data=lambda world: {"q": "annual leave", "document": world.document.name}),
    ],
    "kb:collection": [Case("get", READERS, slug)],
    "kb:progress": [Case("get", ADMIN, slug)],
    "kb:collection_edit": [
        Case("get", ADMIN, slug),
        Case("post", ADMIN_POST, slug, lambda world: {"name": "Renamed", "slug": world.collection.slug}),
    ],
    "kb:document": [
        Case("get", READERS, document),
        Case("get", ADMIN, lambda world: (world.failed.document.uid,)),
        Case("get", NARROWED, narrowed_document),
    ],
    "kb:document_readers": [
        Case("get", ADMIN, narrowed_document),
        Case("post", ADMIN_POST, narrowed_document, lambda world: {"who": "some", "people": "tao"}),
    ],
    "kb:document_edit": [
        Case("get", ADMIN, document),
        Case("post", ADMIN_POST, document, lambda world: {"tags": "Leave", "owner": "", "expires_on": "2030-01-01"}),
    ],
    "kb:due": [Case("get", SIGNED_IN)],  # each finds what they are to look through: tests/kb/test_keeping.py
    "kb:reviewed": [
        Case("post", ADMIN_POST, due_document(None), lambda world: {"review_by": ""}),
        Case("post", OWNER_POST, due_document("owner"), lambda world: {"review_by": ""}),
        Case("post", NOWHERE_OR_SIGN_IN, due_document("outsider"), lambda world: {"review_by": ""}),  # who may not read it
    ],
    "kb:tags": [Case("get", ADMIN, slug)],
    "kb:tag": [Case("get", ADMIN, tag_of_document), Case("post", ADMIN_POST, tag_of_document, lambda world: {"name": "Absence"})],
    "kb:tag_delete": [Case("post", ADMIN_POST, tag_of_document)],
    "kb:compare": [Case("get", READERS, compared)],
    "kb:stewards": [
        Case("get", ADMIN, slug),
        Case("post", ADMIN_POST, slug, lambda world: {"person": "tao", "role": "editor"}),
    ],
    "models:choose": [Case("get", ADMIN, slug), Case("post", ADMIN_POST, slug, lambda world: {"model": "quotes"})],
    "kb:steward_dismiss": [Case("post", ADMIN_POST, steward)],
    # The outsider alone may know of it and not read it; readers are led there.
    "kb:access_ask": [
        Case("get", "302 302 200 302 302 200", listed),
        Case("post", "302 302 302 302 302 302", listed, lambda world: {"reason": "For the audit of leave."}),
        Case("get", "302 302 404 302 302 404", slug),  # not listed
    ],
    "kb:access_mine": [Case("get", SIGNED_IN)],
    "kb:access": [Case("get", ADMIN, slug)],
    "kb:access_withdraw": [Case("post", "404 404 302 302 404 404", access_request)],
    "kb:access_grant": [Case("post", ADMIN_POST, access_request, lambda world: {"days": "30"})],
    "kb:access_refuse": [Case("post", ADMIN_POST, access_request, lambda world: {"answer": "It is for others."})],
    "kb:access_end": [Case("post", ADMIN_POST, access_request)],
    "kb:folder_new": [
        Case("get", ADMIN, slug),
        Case("post", ADMIN_POST, slug, lambda world: {"name": "Plans", "who": "all"}),
    ],
    "kb:folder": [
        Case("get", ADMIN, folder),
        Case("post", ADMIN_POST, folder, lambda world: {"name": "Agreements", "who": "some", "people": "tao"}),
    ],
    "kb:folder_delete": [Case("post", ADMIN_POST, folder)],
    "kb:original": [
        Case("get", ADMIN, lambda world: (world.version.uid,)),
        Case("get", READERS, downloadable),  # … unless one of their groups may download
        Case("get", NARROWED, lambda world: (downloadable(world), narrowed(world).uid)[1:]),
    ],
    "kb:source": [Case("get", READERS, page), Case("get", NARROWED, narrowed_page)],
    "kb:page_image": [Case("get", READERS, page), Case("get", NARROWED, narrowed_page)],
    "kb:fault_report": [
        Case("post", "302 302 404 302 302 404", page, lambda world: {"note": "A line is missing."}),
        Case("post", "302 404 404 302 302 404", narrowed_page, lambda world: {"note": "A line is missing."}),
    ],
    "kb:fault_close": [Case("post", ADMIN_POST, fault)],
    "ingest:upload": [
        Case("post", ADMIN_POST, slug, lambda world: {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")}),
    ],
    "ingest:queue": [Case("get", ADMIN)],
    "ingest:bulk": [
        Case("post", ADMIN, slug, lambda world: {"action": "tag", "all": "on"}),
        Case("post", ADMIN_POST, slug, lambda world: {"action": "tag", "all": "on", "confirmed": "1", "tags": "Leave"}),
    ],
    "ingest:bulk_run": [Case("get", ADMIN, bulk_run)],
    "ingest:drop": [Case("post", ADMIN, slug, lambda world: {"files": [["rules/new.txt", 30, 1]]}, is_json=True)],
    "ingest:drop_file": [
        Case(
            "post",
            ADMIN,
            lambda world: (dropped(world).drop.uid, DroppedFile.objects.get().pk),
            lambda world: {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")},
        ),
    ],
    "ingest:drop_close": [Case("post", ADMIN_POST, lambda world: (dropped(world).drop.uid,))],
    "ingest:passage": [
        Case("get", ADMIN, passage),
        Case("post", ADMIN_POST, passage, lambda world: {"kind": "off", "reason": "Misread."}),
    ],
    "ingest:passage_lift": [Case("post", ADMIN_POST, passage_change)],
    "ingest:restore": [Case("post", ADMIN_POST, earlier)],
    "ingest:cancel": [Case("post", ADMIN_POST, lambda world: (world.version.uid,))],
    "ingest:retry": [Case("post", ADMIN_POST, lambda world: (world.failed.uid,))],
    "sources:index": [Case("get", ADMIN)],
    "sources:new": [
        Case("get", ADMIN, slug),
        Case("post", ADMIN_POST, slug, lambda world: {**PLAN, "name": "Second", "dsn": "postgresql://reader@192.0.2.1/shop"}),
    ],
    "sources:source": [Case("get", ADMIN, sql_source)],
    "sources:edit": [
        Case("get", ADMIN, sql_source),
        Case("post", ADMIN_POST, sql_source, lambda world: {**PLAN, "dsn": "postgresql://reader@192.0.2.1/shop"}),
    ],
    "sources:preview": [Case("get", ADMIN, sql_source)],
    "sources:remove": [Case("get", ADMIN, sql_source), Case("post", ADMIN_POST, sql_source)],
    "sources:act": [Case("post", ADMIN_POST, sql_source_action(action)) for action in ("start", "run", "pause", "prune")],
    "sources:documents": [Case("get", ADMIN)],
    "sources:documents_new": [
        Case("get", ADMIN, slug),
        Case("get", ADMIN, slug, query="kind=folder"),
        Case("post", "404 404 404 302 422 404", slug, lambda world: FOLDER | {"name": "Second"}, query="kind=folder"),
    ],
    "sources:documents_source": [Case("get", ADMIN, document_source)],
    "sources:documents_edit": [
        Case("get", ADMIN, document_source),
        Case("post", "404 404 404 302 422 404", document_source, lambda world: FOLDER),
    ],
    "sources:documents_preview": [Case("get", ADMIN, document_source), Case("get", ADMIN, document_source, query="all=1")],
    "sources:documents_remove": [
        Case("get", ADMIN, document_source),
        Case("post", "404 404 404 302 422 404", document_source),
        Case("post", ADMIN_POST, document_source, lambda world: {"documents": "keep"}),
    ],
    "sources:documents_items": [Case("get", ADMIN, document_source)],
    "sources:documents_item": [Case("get", ADMIN, source_item)],
    "sources:documents_retry": [Case("post", ADMIN_POST, source_item)],
    "sources:documents_people": [Case("get", ADMIN, document_source)],
    "sources:documents_person": [
        Case("get", ADMIN, document_source, query="kind=group&id=4001"),
        Case("post", ADMIN_POST, document_source, lambda world: {"who": "nobody"}, query="kind=group&id=4001"),
    ],
    "sources:documents_act": [Case("post", ADMIN_POST, act_on_source(action)) for action in ("start", "run", "pause", "prune")],
    "ingest:move": [Case("get", ADMIN, document), Case("post", ADMIN_POST, document, lambda world: {"to": other_collection()})],
    "ingest:reread": [Case("post", ADMIN_POST, document)],
    "ingest:replace": [
        Case("post", ADMIN_POST, document, lambda world: {"file": SimpleUploadedFile("new.pdf", b"%PDF-1.7 another")}),
    ],
    "ingest:collection_delete": [
        Case("get", ADMIN, slug),
        Case("post", ADMIN_POST, slug, lambda world: {"name": world.collection.name}),
    ],
    "ingest:editions": [Case("get", ADMIN)],
    "ingest:edition_start": [Case("post", ADMIN_POST)],
    "ingest:edition_pause": [Case("post", ADMIN_POST)],
    "ingest:edition_resume": [Case("post", ADMIN_POST)],
    "ingest:edition_cancel": [Case("post", ADMIN_POST)],
    "ingest:delete": [Case("get", ADMIN, document), Case("post", ADMIN_POST, document)],
    "audit:index": [Case("get", AUDITOR)],
    "audit:export": [Case("get", AUDITOR)],
    "audit:receipt": [Case("get", AUDITOR, event)],
    "audit:payload": [Case("get", AUDITOR, event)],
    "reviews:index": [Case("get", AUDITOR)],
    "retention:rules": [Case("get", AUDITOR)],
    "retention:rule_new": [
        Case("get", AUDITOR),
        Case("post", AUDITOR_POST, data=lambda world: {"kind": "questions", "days": "30"}),
    ],
    "retention:rule": [Case("get", AUDITOR, rule), Case("post", AUDITOR_POST, rule, lambda world: {"action": "remove"})],
    "retention:holds": [Case("get", AUDITOR)],
    "retention:hold_new": [
        Case("get", AUDITOR),
        Case("post", AUDITOR_POST, data=lambda world: {"name": "Smith", "people": "tao"}),
    ],
    "retention:hold": [Case("get", AUDITOR, hold), Case("post", AUDITOR_POST, hold, lambda world: {"reason": "Settled"})],
    "retention:people": [Case("get", AUDITOR), Case("get", AUDITOR_POST, data=lambda world: {"person": "tao"})],
    "retention:person": [
        Case("get", AUDITOR, person),
        Case("post", AUDITOR_POST, person, lambda world: {"reason": "Request", "confirmation": "olga"}),
    ],
    "retention:person_export": [Case("get", AUDITOR, person)],
    "retention:documents": [Case("get", AUDITOR)],
    "retention:certificate": [Case("get", AUDITOR, purged)],
    "reviews:statistics": [Case("get", AUDITOR)],
    "reviews:rules": [
        Case("get", AUDITOR),
        Case("post", AUDITOR_POST, data=lambda world: REVIEW_RULES | {"escalate_days": 0}),
    ],
    "reviews:case": [
        Case("get", AUDITOR, case_to_review),
        Case("post", AUDITOR_POST, case_to_review, lambda world: {"verdict": "correct"}),
    ],
    "reviews:assign": [Case("post", AUDITOR_POST, case_to_review)],
    "reviews:export": [Case("get", AUDITOR, event)],
    "curation:index": [Case("get", ADMIN)],
    "curation:golden": [Case("get", ADMIN, slug)],
    "curation:golden_new": [Case("get", ADMIN, slug), Case("post", ADMIN_POST, slug, lambda world: GOLDEN)],
    "curation:golden_file": [Case("get", ADMIN, slug), Case("post", "404 404 404 302 422 404", slug)],
    "curation:golden_lines": [
        Case(
            "post",
            ADMIN_POST,
            slug,
            lambda world: {"lines": '{"question": "How deep?", "expect": "refusal"}', "confirmed": "1"},
        ),
    ],
    "curation:golden_export": [Case("get", ADMIN, slug)],
    "curation:golden_run": [Case("post", ADMIN_POST, collection_with_golden)],
    "curation:golden_change": [Case("get", ADMIN, golden), Case("post", ADMIN_POST, golden, lambda world: GOLDEN)],
    "curation:golden_delete": [Case("post", ADMIN_POST, golden)],
    "curation:golden_from_review": [
        Case("get", AUDITOR, case_of_the_collection),
        Case("post", AUDITOR_POST, case_of_the_collection, lambda world: GOLDEN | {"into": world.collection.slug}),
    ],
    "curation:run": [Case("get", ADMIN, golden_run)],
    "curation:prompts": [Case("get", ADMIN)],
    "curation:prompt": [
        Case("get", ADMIN, lambda world: ("answer.en",)),
        Case("post", "404 404 404 302 422 404", lambda world: ("answer.en",), lambda world: {"text": ""}),
    ],
    "curation:prompt_back": [Case("post", ADMIN_POST, lambda world: ("answer.en",))],
    "curation:prompt_share": [Case("post", ADMIN_POST, prompt_version, lambda world: {"share": "5"})],
    "curation:prompt_use": [Case("post", ADMIN_POST, prompt_version)],
    "curation:models": [Case("get", ADMIN), Case("post", ADMIN_POST)],
    "curation:canary": [Case("get", ADMIN, slug)],
    "curation:canary_export": [Case("get", ADMIN, slug)],
    "curation:canary_rules": [Case("post", ADMIN_POST, slug)],
    "curation:held_apply": [Case("post", ADMIN_POST, held_change, lambda world: {"reason": "So be it."})],
    "curation:held_withdraw": [Case("post", ADMIN_POST, held_change)],
    "curation:gaps": [Case("get", ADMIN, slug)],
    "curation:gaps_of_none": [Case("get", ADMIN)],
    "curation:gap": [Case("get", ADMIN, gap), Case("post", ADMIN_POST, gap, lambda world: {"state": "wanted"})],
    "curation:gap_seen": [Case("post", OWNER_POST, gap)],
    "curation:answers": [Case("get", ADMIN, slug)],
    "curation:answer_new": [Case("get", ADMIN, slug), Case("post", "404 404 404 302 422 404", slug, lambda world: {"text": ""})],
    "curation:answer": [
        Case("get", ADMIN, approved_answer),
        Case("post", "404 404 404 302 422 404", approved_answer, lambda world: {"text": ""}),
    ],
    "curation:answer_approve": [Case("post", ADMIN_POST, approved_answer)],
    "curation:answer_retire": [Case("post", ADMIN_POST, approved_answer)],
    "curation:answer_check": [Case("post", NOT_APPROVED, approved_answer)],
    "curation:answer_golden": [Case("post", NOT_APPROVED, approved_answer)],
    "curation:insights": [Case("get", ADMIN, slug)],
    "curation:insights_export": [Case("get", ADMIN, lambda world: (world.collection.slug, "days"))],
    "curation:insights_all": [Case("get", ADMIN)],
    "curation:insights_all_export": [Case("get", ADMIN, lambda world: ("stages",))],
    "reviews:ask_again": [Case("post", AUDITOR_POST, lambda world: (record("a.b").uid,))],  # which is no question
    "reviews:again": [Case("get", AUDITOR, lambda world: (world.event.uid, world.event.uid))],
    "audit:integrity": [Case("get", AUDITOR), Case("post", AUDITOR)],
    "audit:checkpoint_file": [
        Case("get", AUDITOR, lambda world: ("checkpoints.jsonl",)),
        Case("get", AUDITOR, lambda world: ("signing_key.pub",)),
    ],
    "accounts:index": [Case("get", ADMIN)],
    "accounts:keys": [
        Case("get", SIGNED_IN),
        Case("post", "201 201 201 302 201 201", data=lambda world: {"name": "script", "scopes": ["ask"], "days": "30"}),
    ],
    "accounts:key_rotate": [
        Case("get", "200 404 404 302 404 404", lambda world: (world.key.key.pk,)),
        Case("post", "201 404 404 302 404 404", lambda world: (world.key.key.pk,), lambda world: {"days": 30, "overlap_hours": 24}),
        Case("get", "404 404 200 302 200 404", lambda world: (service_key(world),)),  # whoever answers for the program
    ],
    "accounts:services": [Case("get", ADMIN)],
    "accounts:service_new": [
        Case("get", ADMIN),
        Case(
            "post",
            ADMIN_POST,
            data=lambda world: {"username": "crawler", "purpose": "Reads the intranet", "owner": "kim", "role": "employee"},
        ),
    ],
    "accounts:service": [
        Case("get", "404 404 200 302 200 404", service),
        Case("post", "404 404 201 302 201 404", service, lambda world: {"name": "nightly", "scopes": ["read"], "days": "30"}),
    ],
    "accounts:service_change": [
        Case("get", ADMIN, service),
        Case("post", ADMIN_POST, service, lambda world: {"purpose": "Other", "owner": "kim", "is_active": "on"}),
    ],
    "accounts:import": [
        Case("get", ADMIN),
        Case("post", ADMIN, data=lambda world: {"text": "username\nnora", "act": "look"}),
    ],
    "accounts:many": [
        Case(
            "post", ADMIN_POST, data=lambda world: {"person": world.people["outsider"].pk, "act": "join", "group": world.group.name}
        )
    ],
    "accounts:group_members": [Case("post", ADMIN_POST, group, lambda world: {"names": "olga", "act": "join"})],
    "accounts:key_revoke": [
        Case("post", OWNER_POST, lambda world: (world.key.key.pk,)),
        Case("post", "404 404 302 302 302 404", lambda world: (service_key(world),)),
    ],
    "accounts:create": [
        Case("get", ADMIN),
        Case("post", "404 404 404 302 201 404", data=lambda world: {"username": "nora", "role": "employee"}),
    ],
    "accounts:change": [
        Case("get", ADMIN, person),
        Case("post", ADMIN_POST, person, lambda world: {"role": "employee", "is_active": "on"}),
    ],
    "accounts:act_confirm": [Case("post", ADMIN_POST, pending_act)],
    "accounts:act_withdraw": [Case("post", ADMIN_POST, pending_act)],
    "accounts:password": [Case("post", ADMIN, person)],
    "accounts:group_create": [Case("post", ADMIN_POST, data=lambda world: {"name": "Legal"})],
    "accounts:group": [Case("get", ADMIN, group), Case("post", ADMIN_POST, group, lambda world: {"name": "HR"})],
    "models:index": [Case("get", ADMIN)],
    "models:model_new": [
        Case("get", ADMIN),
        Case("post", "404 404 404 302 422 404", data=lambda world: {"name": ""}),
    ],
    "models:model": [Case("get", ADMIN, model), Case("post", "404 404 404 302 422 404", model, lambda world: {"name": ""})],
    "models:model_test": [Case("post", ADMIN_POST, model)],
    "models:model_switch": [Case("post", ADMIN_POST, model)],
    "models:route_new": [
        Case("get", ADMIN),
        Case("post", "404 404 404 302 422 404", data=lambda world: {"name": ""}),
    ],
    "models:route": [Case("get", ADMIN, route), Case("post", "404 404 404 302 422 404", route, lambda world: {"name": ""})],
    "models:route_delete": [Case("post", ADMIN_POST, route)],
    "accounts:group_delete": [Case("post", ADMIN_POST, group)],
}


API_ADDRESSES = {
    "api_docs": [Case("get", "200 200 200 401 200 200")],
    "api_schema": [Case("get", API_CALLERS)],
    "api:api-root": [Case("get", NOWHERE)],
    "api:ask": [
        Case("post", API_LET_IN, data=lambda world: {"question": ""}, is_json=True),
        Case(
            "post",
            "400 400 404 401 400 404",
            data=lambda world: {"question": "", "collection": world.collection.slug},
            is_json=True,
        ),
        Case(
            "post",
            "400 404 404 401 404 404",
            data=lambda world: {"question": "", "conversation": str(world.conversation.uid)},
            is_json=True,
        ),
    ],
    "api:check": [
        Case("post", API_LET_IN, data=lambda world: {"text": "", "passages": ["Wombats dig."]}, is_json=True),
        Case(
            "post",
            "400 400 404 401 400 404",
            data=lambda world: {"text": "", "collection": world.collection.slug},
            is_json=True,
        ),
    ],
    "api:give_feedback": [
        Case(
            "post",
            API_OWNER,
            data=lambda world: {"receipt": str(world.event.uid), "rating": "unhelpful", "comment": "Old."},
            is_json=True,
        ),
    ],
    "api:list_conversations": [Case("get", API_CALLERS)],
    "api:get_conversation": [Case("get", API_OWNER, conversation)],
    "api:get_turn": [Case("get", API_OWNER, turn)],
    "api:stop_answer": [Case("post", API_OWNER, turn)],
    "api:change_conversation": [Case("patch", API_OWNER, conversation, lambda world: {"pinned": True}, is_json=True)],
    "api:remove_conversation": [Case("delete", "204 404 404 401 404 404", conversation)],
    "api:list_files": [Case("get", API_OWNER, conversation)],
    "api:begin_with_files": [Case("post", "202 202 202 401 202 202", data=an_upload)],
    "api:attach_to_conversation": [Case("post", "202 404 404 401 404 404", conversation, an_upload)],
    "api:remove_attached": [
        Case("delete", "204 404 404 401 404 404", attached_file),
        Case("delete", "404 404 404 401 404 404", lambda world: (world.conversation.uid, world.document.uid)),
    ],
    "api:share": [Case("post", API_OWNER, conversation)],
    "api:unshare": [Case("delete", "204 404 404 401 404 404", conversation)],
    "api:get_shared": [
        Case("get", API_CALLERS, shared_conversation),
        Case("get", "404 404 404 401 404 404", conversation),
    ],
    "api:export": [Case("get", API_OWNER, conversation)],
    "api:find": [Case("get", API_LET_IN, data=lambda world: {"q": ""})],
    "api:search": [
        Case("get", API_LET_IN, data=lambda world: {"q": ""}),
        Case("get", "400 400 404 401 400 404", data=lambda world: {"q": "", "collection": world.collection.slug}),
    ],
    "api:list_collections": [Case("get", API_CALLERS)],
    "api:create_collection": [Case("post", "403 403 403 401 201 403", data=lambda world: {"name": "Fleet"}, is_json=True)],
    "api:get_collection": [Case("get", API_READERS, slug)],
    "api:change_collection": [Case("patch", "403 403 403 401 200 403", slug, lambda world: {"name": "Renamed"}, is_json=True)],
    "api:list_documents": [Case("get", API_READERS, slug)],
    "api:upload_documents": [
        Case(
            "post",
            "403 403 403 401 202 403",
            slug,
            lambda world: {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")},
        ),
    ],
    "api:get_document": [
        Case("get", API_READERS, document),
        Case("get", "404 404 404 401 200 404", lambda world: (world.failed.document.uid,)),
        Case("get", API_NARROWED, narrowed_document),
    ],
    "api:download_original": [
        Case("get", "404 404 404 401 200 404", lambda world: (world.document.uid, 1)),
        Case("get", API_READERS, lambda world: (downloadable(world), world.document.uid, 1)[1:]),
    ],
    **{f"api:list_{name}": [Case("get", "403 403 403 401 403 200")] for name in ("retention_rules", "holds", "erasures", "purges")},
    "api:preview_retention": [Case("get", "403 403 403 401 403 200")],
    "api:download_certificate": [Case("get", "403 403 403 401 403 200", purged)],
    "api:list_stewards": [Case("get", "403 403 403 401 200 403", slug)],
    "api:set_steward": [
        Case(
            "put",
            "403 403 403 401 204 403",
            lambda world: (world.collection.slug, "tao"),
            lambda world: {"role": "owner"},
            is_json=True,
        )
    ],
    "models:costs": [Case("get", ADMIN)],
    "models:costs_export": [Case("get", ADMIN, lambda world: ("models",)), Case("get", NOWHERE_OR_SIGN_IN, lambda world: ("x",))],
    "models:budgets": [Case("get", ADMIN)],
    "models:budget_new": [Case("get", ADMIN)],
    "models:budget": [Case("get", ADMIN, budget)],
    "models:budget_delete": [Case("post", ADMIN_POST, budget)],
    "api:get_costs": [Case("get", "403 403 403 401 200 403")],
    "api:list_budgets": [Case("get", "403 403 403 401 200 403")],
    "api:create_budget": [
        Case("post", "403 403 403 401 201 403", data=lambda world: {"kind": "installation", "amount": "5"}, is_json=True)
    ],
    "api:change_budget": [Case("patch", "403 403 403 401 200 403", budget, lambda world: {"amount": "5"}, is_json=True)],
    "api:delete_budget": [Case("delete", "403 403 403 401 204 403", budget)],
    "api:list_widgets": [Case("get", API_MANAGES)],
    "api:create_widget": [Case("post", "403 403 403 401 201 403", data=widget_values, is_json=True)],
    "api:get_widget": [Case("get", API_MANAGES, widget_uid), Case("get", "403 403 403 401 404 403", lambda world: (uuid4(),))],
    "api:change_widget": [Case("patch", API_MANAGES, widget_uid, lambda world: {"title": "Ask us"}, is_json=True)],
    "api:delete_widget": [Case("delete", "403 403 403 401 204 403", widget_uid)],
    "api:renew_widget_secret": [Case("post", API_MANAGES, widget_uid)],
    "api:list_chat_apps": [Case("get", API_MANAGES)],
    "api:create_chat_app": [Case("post", "403 403 403 401 201 403", data=chat_values, is_json=True)],
    "api:get_chat_app": [Case("get", API_MANAGES, chat_uid), Case("get", "403 403 403 401 404 403", lambda world: (uuid4(),))],
    "api:change_chat_app": [Case("patch", API_MANAGES, chat_uid, lambda world: {"people": ["U1 = erin"]}, is_json=True)],
    "api:delete_chat_app": [Case("delete", "403 403 403 401 204 403", chat_uid)],
    # Of no collection: tests/api/test_handovers.py has those of a collection, with keys.
    "api:hand_over_turn": [Case("post", "201 404 404 401 404 404", turn, lambda world: {"note": "Urgent."}, is_json=True)],
    "api:get_turn_handover": [Case("get", API_OWNER, handed_turn), Case("get", "404 404 404 401 404 404", turn)],
    "api:withdraw_handover": [Case("delete", "204 404 404 401 404 404", handed_turn)],
    "api:list_own_handovers": [Case("get", API_CALLERS)],
    "api:list_handovers": [Case("get", API_MANAGES), Case("get", API_MANAGES, query="collection=handbook&state=closed")],
    "api:get_handover": [Case("get", API_MANAGES, handover), Case("get", "403 403 403 401 404 403", lambda world: (uuid4(),))],
    "api:take_handover": [Case("post", API_MANAGES, handover)],
    "api:reply_to_handover": [Case("post", API_MANAGES, handover, lambda world: {"text": "Nine days."}, is_json=True)],
    "api:close_handover": [Case("post", API_MANAGES, handover)],
    "api:list_reviews": [Case("get", API_AUDITS), Case("get", API_AUDITS, query="queue=all&text=burrow")],
    "api:count_reviews": [Case("get", API_AUDITS)],
    "api:get_agreement": [Case("get", API_AUDITS)],
    "api:get_review_rules": [Case("get", API_AUDITS)],
    "api:set_review_rules": [Case("put", API_AUDITS, data=lambda world: REVIEW_RULES, is_json=True)],
    "api:list_review_rates": [Case("get", API_AUDITS)],
    "api:get_review": [Case("get", API_AUDITS, case_to_review), Case("get", "403 403 403 401 403 404", lambda world: (uuid4(),))],
    "api:review_answer": [
        Case("post", "403 403 403 401 403 201", case_to_review, lambda world: {"verdict": "correct"}, is_json=True)
    ],
    "api:assign_review": [Case("put", API_AUDITS, case_to_review, lambda world: {"to": None}, is_json=True)],
    "guards:index": [Case("get", ADMIN)],
    "guards:new": [Case("get", ADMIN), Case("post", ADMIN_POST, data=guard_fields)],
    "guards:try": [Case("post", ADMIN, data=lambda world: {"text": "How long is burrow leave?"})],
    "guards:change": [Case("get", ADMIN, guard), Case("get", NOWHERE_OR_SIGN_IN, lambda world: (uuid4(),))],
    "guards:delete": [Case("post", ADMIN_POST, guard)],
    "api:list_guards": [Case("get", API_MANAGES)],
    "api:create_guard": [Case("post", "403 403 403 401 201 403", data=guard_values, is_json=True)],
    "api:get_guard": [Case("get", API_MANAGES, guard), Case("get", "403 403 403 401 404 403", lambda world: (uuid4(),))],
    "api:change_guard": [Case("patch", API_MANAGES, guard, lambda world: {"mode": "block"}, is_json=True)],
    "api:delete_guard": [Case("delete", "403 403 403 401 204 403", guard)],
    "integrations:widgets": [Case("get", ADMIN)],
    "integrations:widget_new": [Case("get", ADMIN)],
    "integrations:widget": [Case("get", ADMIN, widget_key)],
    "integrations:widget_change": [Case("get", ADMIN, widget_key)],
    "integrations:widget_renew": [Case("post", ADMIN, widget_key)],
    "integrations:widget_delete": [Case("post", ADMIN_POST, widget_key)],
    "integrations:chats": [Case("get", ADMIN)],
    "integrations:chat_new": [Case("get", ADMIN)],
    "integrations:chat": [Case("get", ADMIN, chat_key)],
    "integrations:chat_delete": [Case("post", ADMIN_POST, chat_key)],
    # No cookie counts at these: tests/integrations has who is let in by what.
    "outside:widget": [
        Case("get", EVERYONE, widget_uid, query="origin=https://intranet.example"),
        Case("get", REFUSED, widget_uid, query="origin=https://evil.example"),
    ],
    "outside:widget_session": [Case("post", "401 401 401 401 401 401", widget_uid, widget_site, is_json=True)],
    "outside:widget_ask": [Case("post", "401 401 401 401 401 401", widget_uid, lambda world: {"question": "?"}, is_json=True)],
    "outside:widget_source": [Case("get", "401 401 401 401 401 401", lambda world: (*widget_uid(world), *page(world)))],
    "outside:chat": [Case("post", "401 401 401 401 401 401", chat_uid, is_json=True)],
    "curation:handovers": [Case("get", ADMIN)],
    "curation:handover": [Case("get", ADMIN, handover)],
    "curation:handover_decide": [Case("post", ADMIN_POST, handover, lambda world: {"act": "take"})],
    "curation:handover_ask": [Case("post", OWNER_POST, turn)],
    "curation:handover_withdraw": [Case("post", OWNER_POST, handed_turn)],
    "system:index": [Case("get", ADMIN)],
    "system:files": [Case("post", ADMIN_POST)],
    "system:incognito": [Case("post", ADMIN_POST)],
    "system:setup_put_away": [Case("post", ADMIN_POST)],
    "system:setup_show": [Case("post", ADMIN_POST)],
    "api:get_system": [Case("get", "403 403 403 401 200 403")],
    "api:list_directories": [Case("get", "403 403 403 401 200 403")],
    "api:sync_now": [Case("post", "403 403 403 401 404 403", lambda world: ("nowhere",))],
    "api:list_listed": [Case("get", API_CALLERS)],
    "api:ask_access": [Case("post", "404 404 201 401 404 201", listed, lambda world: {"reason": "For the audit."}, is_json=True)],
    "api:list_access": [Case("get", API_CALLERS)],
    "api:withdraw_access": [Case("delete", "404 404 204 401 404 404", access_request)],
    "api:list_collection_access": [Case("get", "403 403 403 401 200 403", slug)],
    "api:decide_access": [Case("put", "403 403 403 401 200 403", access_request, lambda world: {"days": 7}, is_json=True)],
    "api:get_choice": [Case("get", "403 403 403 401 200 403", slug)],
    "api:set_choice": [Case("put", "403 403 403 401 200 403", slug, lambda world: {"model": "quotes"}, is_json=True)],
    "api:list_folders": [Case("get", API_READERS, slug)],
    "api:create_folder": [Case("post", "403 403 403 401 201 403", slug, lambda world: {"name": "Plans"}, is_json=True)],
    "api:rename_folder": [Case("patch", "403 403 403 401 200 403", folder, lambda world: {"name": "Plans"}, is_json=True)],
    "api:narrow_folder": [Case("put", "403 403 403 401 200 403", folder, lambda world: {"readers": None}, is_json=True)],
    "api:delete_folder": [Case("delete", "403 403 403 401 204 403", folder)],
    "api:narrow_document": [
        Case("put", "403 403 403 401 200 403", document, lambda world: {"readers": {"people": ["tao"]}}, is_json=True)
    ],
    "api:file_document": [
        Case("put", "403 403 403 401 200 403", document, lambda world: {"folder": str(folder(world)[0])}, is_json=True)
    ],
    "api:remove_document": [Case("delete", "403 403 403 401 204 403", document)],
    "api:get_version": [
        Case("get", API_READERS, lambda world: (world.document.uid, 1)),
        Case("get", "404 404 404 401 200 404", lambda world: (world.failed.document.uid, 1)),
        Case("get", API_NARROWED, lambda world: (narrowed(world).document.uid, 1)),
    ],
    "api:retry": [Case("post", "403 403 403 401 202 403", lambda world: (world.failed.document.uid, 1))],
    "api:remove_collection": [
        Case("delete", "403 403 403 401 204 403", lambda world: (world.collection.slug,), query="confirm=Handbook"),
    ],
    "api:list_versions": [
        Case("get", API_READERS, document),
        Case("get", "404 404 404 401 200 404", lambda world: (world.failed.document.uid,)),
    ],
    "api:move": [Case("post", "403 403 403 401 200 403", document, lambda world: {"collection": other_collection()}, is_json=True)],
    "api:reread": [Case("post", "403 403 403 401 202 403", document)],
    "api:change_document": [Case("patch", "403 403 403 401 200 403", document, lambda world: {"tags": ["Leave"]}, is_json=True)],
    "api:list_tags": [Case("get", API_READERS, slug)],
    "api:change_tag": [Case("patch", "403 403 403 401 200 403", tag_of_document, lambda world: {"name": "Absence"}, is_json=True)],
    "api:delete_tag": [Case("delete", "403 403 403 401 204 403", tag_of_document)],
    "api:list_due": [Case("get", API_CALLERS)],
    "api:review_document": [
        Case("post", "404 404 404 401 200 404", due_document(None), lambda world: {"review_by": None}, is_json=True),
        Case("post", "200 404 404 401 404 404", due_document("owner"), lambda world: {"review_by": None}, is_json=True),
    ],
    "api:start_bulk": [
        Case("post", "403 403 403 401 202 403", slug, lambda world: {"action": "tag", "tags": ["x"], "filter": {}}, is_json=True),
    ],
    "api:get_bulk": [Case("get", "403 403 403 401 200 403", bulk_run)],
    "api:list_passages": [Case("get", "403 403 403 401 200 403", document)],
    "api:put_passage": [
        Case("put", "403 403 403 401 200 403", passage, lambda world: {"kind": "off", "reason": "Misread."}, is_json=True),
    ],
    "api:lift_passage_change": [Case("delete", "403 403 403 401 204 403", passage_change)],
    "api:restore": [Case("post", "403 403 403 401 202 403", earlier_number)],
    "api:get_index": [Case("get", "403 403 403 401 200 403")],
    "api:change_index": [Case("post", "403 403 403 401 200 403", lambda world: ("start",))],
    "api:read_page": [
        Case("get", API_READERS, lambda world: (world.document.uid, 1)),
        Case("get", API_NARROWED, lambda world: (narrowed(world).document.uid, 1)),
    ],
    "api:list_golden": [
        Case("get", "403 403 403 401 200 403"),
        Case("get", "403 403 403 401 200 403", query="collection=handbook"),
    ],
    "api:create_golden": [
        Case(
            "post",
            "403 403 403 401 201 403",
            data=lambda world: {"collection": world.collection.slug, "question": "How deep?", "facts": [["nine days"]]},
            is_json=True,
        )
    ],
    "api:read_golden_file": [
        Case(
            "post",
            "403 403 403 401 200 403",
            data=lambda world: {"collection": world.collection.slug, "text": '{"question": "How deep?", "expect": "refusal"}'},
            is_json=True,
        )
    ],
    "api:edit_golden": [Case("patch", "403 403 403 401 200 403", golden, lambda world: {"note": "x"}, is_json=True)],
    "api:remove_golden": [Case("delete", "403 403 403 401 204 403", golden)],
    "api:start_golden_run": [
        Case(
            "post",
            "403 403 403 401 202 403",
            data=lambda world: {"collection": collection_with_golden(world)[0]},
            is_json=True,
        )
    ],
    "api:list_golden_runs": [Case("get", "403 403 403 401 200 403")],
    "api:get_golden_run": [Case("get", "403 403 403 401 200 403", golden_run)],
    "api:get_canary": [Case("get", "403 403 403 401 200 403", slug)],
    "api:set_canary": [Case("put", "403 403 403 401 200 403", slug, lambda world: {"holds_threshold": True}, is_json=True)],
    "api:apply_held_change": [Case("post", "403 403 403 401 200 403", held_change, lambda world: {"reason": "x"}, is_json=True)],
    "api:withdraw_held_change": [Case("post", "403 403 403 401 200 403", held_change)],
    "api:list_gaps": [Case("get", "403 403 403 401 200 403")],
    "api:edit_gap": [Case("patch", "403 403 403 401 200 403", gap, lambda world: {"state": "wanted"}, is_json=True)],
    "api:list_source_kinds": [Case("get", API_MANAGES)],
    "api:list_sources": [Case("get", API_MANAGES)],
    "api:add_source": [
        Case(
            "post",
            "403 403 403 401 422 403",
            data=lambda world: {"collection": "handbook", "name": "Second", "kind": "folder", "options": {"path": "/nowhere"}},
            is_json=True,
        )
    ],
    "api:get_source": [Case("get", API_MANAGES, document_source)],
    "api:edit_source": [
        Case("patch", "403 403 403 401 422 403", document_source, lambda world: {"interval_minutes": 5}, is_json=True)
    ],
    "api:delete_source": [Case("delete", "403 403 403 401 204 403", document_source, query="documents=keep")],
    "api:act_on_source": [
        Case("post", "403 403 403 401 202 403", act_on_source(action)) for action in ("start", "run", "pause", "prune")
    ],
    "api:preview_source": [Case("get", "403 403 403 401 503 403", document_source)],
    "api:plan_source": [Case("get", "403 403 403 401 503 403", document_source)],
    "api:list_source_items": [Case("get", API_MANAGES, document_source)],
    "api:get_source_item": [Case("get", API_MANAGES, source_item)],
    "api:retry_source_item": [Case("post", "403 403 403 401 202 403", source_item)],
    "api:list_source_runs": [Case("get", API_MANAGES, document_source)],
    "api:list_source_principals": [Case("get", API_MANAGES, document_source)],
    "api:set_source_rule": [
        Case("put", API_MANAGES, document_source, lambda world: {"kind": "group", "id": "1", "is_nobody": True}, is_json=True)
    ],
    "mcp": [Case("post", "401 401 401 401 401 401", is_json=True), Case("get", "405 405 405 405 405 405")],  # a key alone admits
    # A browser's session opens nothing of SCIM; tests/api/test_scim.py has who does with keys.
    **{
        f"scim:{name}": [Case("get", "401 401 401 401 401 401")]
        for name in ("users", "groups", "service_provider_config", "resource_types", "schemas")
    },
    **{f"scim:{name}": [Case("post", "401 401 401 401 401 401", is_json=True)] for name in ("users_search", "groups_search")},
    **{
        f"scim:{name}": [Case(method, "401 401 401 401 401 401", lambda world: ("1",)) for method in ("get", "delete")]
        for name in ("user", "group", "resource_type", "schema", "nothing")
    },
    "api:list_answers": [Case("get", "403 403 403 401 200 403")],
    "api:create_answer": [
        Case(
            "post",
            "403 403 403 401 400 403",
            data=lambda world: {"collection": world.collection.slug, "questions": [], "text": "x"},
            is_json=True,
        )
    ],
    "api:approve": [Case("post", "403 403 403 401 400 403", approved_answer)],  # it has no source
    "api:retire": [Case("post", "403 403 403 401 200 403", approved_answer)],
    "openai:api-root": [Case("get", NOWHERE)],
    "openai:list_models": [Case("get", API_CALLERS)],
    "openai:get_model": [
        Case("get", API_CALLERS, lambda world: ("attest",)),
        Case("get", API_READERS, lambda world: (f"attest/{world.collection.slug}",)),
    ],
    "openai:complete": [
        Case(
            "post",
            "400 400 404 401 400 404",
            data=lambda world: {"model": f"attest/{world.collection.slug}", "messages": [{"role": "user", "content": ""}]},
            is_json=True,
        ),
    ],
}
ADDRESSES |= API_ADDRESSES


def every_name(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from every_name(entry.url_patterns, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}"


def test_the_table_holds_every_address_and_no_other() -> None:
    assert sorted(every_name(get_resolver().url_patterns)) == sorted(ADDRESSES)


@contextmanager
def undone() -> Iterator[None]:
    """Afterwards the database is as it was, so that the next person finds the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def answer(world: World, name: str, case: Case, who: str, *, opened: ExitStack) -> int:
    """Return the status that this person gets. What it has opened ends with `opened`: that ends the database's session, too."""
    client, user = Client(), world.people[who]
    if user is not None:
        client.force_login(user)
        confirmed(client)  # tests/config/test_step_up.py has who is asked, and before what
    address = reverse(name, args=case.arguments(world)) + f"?{case.query}" * bool(case.query)
    given = {"content_type": "application/json"} if case.is_json else {}
    response = getattr(client, case.method)(address, case.data(world), **given)
    opened.callback(response.close)  # an original is an open file
    if who == "anonymous" and response.status_code == 302 and name not in ("set_language", "account_logout"):
        assert response["Location"].partition("?")[0] == "/accounts/login/"  # and back from there: tests/config/test_edge.py
    return response.status_code


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}-{case.method}-{n}") for name, cases in ADDRESSES.items() for n, case in enumerate(cases)],
)
def test_each_address_answers_each_person_as_the_table_says(world: World, name: str, case: Case) -> None:
    answered = {}
    with ExitStack() as opened:
        for who in PEOPLE:
            with undone():
                answered[who] = answer(world, name, case, who, opened=opened)
    assert answered == dict(zip(PEOPLE, map(int, case.expected.split()), strict=True))


@pytest.mark.parametrize("address", ["/admin/", "/static/", "/media/", "/files/", "/accounts/signup/", "/.env", "/attest.sqlite3"])
def test_nothing_else_is_served(client: Client, world: World, address: str) -> None:
    client.force_login(world.people["knowledge_admin"])
    assert client.get(address).status_code == 404
