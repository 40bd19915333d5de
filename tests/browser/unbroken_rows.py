"""The rows of `tests.browser.unbroken`: imported once Django is set up."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import User
from accounts.second_person import request_act
from accounts.sign_in.links import Purpose, make_link
from audit.actor import Actor
from audit.services import record
from chat.conversations.sharing import share_conversation
from chat.models import Conversation, Route, RouteFallback, ServedModel, Turn
from ingest.models import Job
from kb.index.identity import chunk_id
from kb.models import Chunk, Collection, Document, DocumentVersion, Folder, Page
from kb.reading_faults import report_fault
from kb.rights.folders import create_folder, file_document, narrow_document, narrow_folder
from kb.rights.readers import Readers
from kb.rights.stewards import set_steward
from reviews.desk.intake import take_in
from sources.models import SqlSource
from tests.audit.receipts import receipt_payload
from tests.browser.unbroken import LETTERS, LINK, TABLE
from tests.browser.unbroken_access import write_access
from tests.browser.unbroken_curation import write_curation
from tests.browser.unbroken_keeping import write_keeping
from tests.browser.unbroken_library import write_library
from tests.browser.unbroken_people import write_halfway, write_person, write_provider
from tests.browser.unbroken_reach import write_reach

ROLES = {"employee": User.Role.EMPLOYEE, "admin": User.Role.KNOWLEDGE_ADMIN, "auditor": User.Role.AUDITOR}


def write_rows() -> dict[str, Any]:
    """Returns: as of `tests.browser.unbroken.seed`."""
    group = Group.objects.create(name=LETTERS[:150])
    people = {name: write_person(name, role=role, group=group) for name, role in ROLES.items()}
    collection = Collection.objects.create(
        name=LETTERS[:120],
        slug="unbroken",
        description=LINK,
        suggested_questions=[LETTERS, LINK],
        vocabulary=f"{LETTERS[:60]} = {LINK[:60]}",
    )
    collection.groups.add(group)
    version = _write_document(collection, name=f"{LETTERS[:240]}.md", by=people["admin"])
    failed = _write_document(collection, name=f"{LINK[-230:]}.pdf", by=people["admin"], status="failed")
    source = SqlSource.objects.create(
        collection=collection,
        name=LETTERS[:80],
        place=LINK[:300],
        query=f"SELECT {LETTERS} AS id",
        key_column=LETTERS[:120],
        title_template=LETTERS[:300],
        text_template=LINK,
        error_code="unreachable",
        error_detail=LETTERS,
        history=[{"at": timezone.now().isoformat(), "seconds": 1, "code": "unreachable", "refused": 1, "refused_keys": [LETTERS]}],
        last_run_at=timezone.now(),
        dsn_variable="NONE",
    )
    model, route = _write_model(collection)
    turns = _write_conversation(people["employee"], version)
    share = share_conversation(turns[0].conversation, user=people["employee"])
    key = create_api_key(user=people["employee"], name=LETTERS[:80], scopes=["ask", "read"], days=30, actor=people["employee"]).key
    view = record(
        "source.viewed",
        by=Actor(id=str(people["employee"].pk), name=people["employee"].username),
        subject=f"version:{version.uid}",
        summary=LETTERS,
        payload={"document": version.document.name, LETTERS[:80]: LINK},
    )
    rating = record(
        "answer.unhelpful",
        by=Actor(id=str(people["employee"].pk), name=people["employee"].username),
        subject=f"event:{turns[0].receipt}",
        summary=LETTERS,
        payload={"receipt": turns[0].receipt, "rating": "unhelpful", "comment": LINK},
    )
    report_fault(page=version.pages.get(), note=LINK, user=people["employee"])
    report_fault(page=version.pages.get(), note=LETTERS, user=people["admin"])
    document, uid, slug = version.document, version.document.uid, collection.slug
    folder = _write_rights(version, group=group, people=people)
    provider = write_provider()
    halfway = write_halfway(people["auditor"], group=group)
    keeping = write_keeping(collection, document=document, person=people["employee"], auditor=people["auditor"])
    access = write_access(collection, asking=people["employee"], admin=people["admin"])
    pages: dict[str, dict[str, list[str]]] = {
        **halfway,
        "anonymous": {
            "openid_connect_login": [reverse("openid_connect_login", args=[provider.slug])],
            "openid_connect_callback": [reverse("openid_connect_callback", args=[provider.slug])],
            "account_forgotten": [reverse("account_forgotten")],
            "account_login": [reverse("account_login")],
            "account_inactive": [reverse("account_inactive")],
            "account_set_password": [
                urlsplit(make_link(people["employee"], purpose=Purpose.INVITED)).path,
                reverse("account_set_password", args=["void"]),
            ],
        },
        "employee": {
            "account_logout": [reverse("account_logout")],
            "account_change_password": [reverse("account_change_password")],
            "chat:home": [reverse("chat:home"), reverse("chat:home") + f"?collection={slug}"],
            "chat:check": [reverse("chat:check")],
            "chat:conversation": [reverse("chat:conversation", args=[turns[0].conversation.uid])],
            "chat:conversations": [reverse("chat:conversations"), reverse("chat:conversations") + f"?q={LETTERS[:40]}"],
            "chat:sharing": [reverse("chat:sharing", args=[turns[0].conversation.uid])],
            "chat:shared": [reverse("chat:shared", args=[share.uid])],
            "kb:find": [reverse("kb:find"), reverse("kb:find") + f"?q={LETTERS[:40]}"],
            "kb:index": [reverse("kb:index")],
            "kb:collection": [reverse("kb:collection", args=[slug]) + query for query in ("", f"?folder={folder.uid}")],
            "kb:document": [reverse("kb:document", args=[uid]) + query for query in ("", "?tab=versions")],
            "kb:source": [reverse("kb:source", args=[version.uid, 1]) + "?start=5&end=900"],
            "accounts:security": [reverse("accounts:security")],
            "account_reauthenticate": [reverse("account_reauthenticate")],
            "mfa_activate_totp": [reverse("mfa_activate_totp")],
            "mfa_add_webauthn": [reverse("mfa_add_webauthn")],
            "mfa_generate_recovery_codes": [reverse("mfa_generate_recovery_codes")],
            "accounts:keys": [reverse("accounts:keys")],
            **access["employee"],
            "api_docs": [reverse("api_docs")],
            "error": [f"/library/c/{LETTERS[:60]}/"],
        },
        "admin": {
            "kb:index": [reverse("kb:index")],
            "kb:collection_new": [reverse("kb:collection_new")],
            "kb:collection": [
                reverse("kb:collection", args=[slug]) + query for query in ("", f"?q={LETTERS}", f"?folder={folder.uid}")
            ],
            "kb:folder_new": [reverse("kb:folder_new", args=[slug])],
            "kb:folder": [reverse("kb:folder", args=[folder.uid])],
            "kb:document_readers": [reverse("kb:document_readers", args=[uid])],
            "kb:stewards": [reverse("kb:stewards", args=[slug])],
            "kb:collection_edit": [reverse("kb:collection_edit", args=[slug])],
            "kb:document": [
                *(reverse("kb:document", args=[uid]) + f"?tab={tab}" for tab in ("pages", "versions", "passages", "stages")),
                *(reverse("kb:document", args=[failed.document.uid]) + f"?tab={tab}" for tab in ("pages", "versions", "stages")),
            ],
            "kb:explain": [reverse("kb:explain") + query for query in ("", f"?q={LETTERS}&document={uid}")],
            "ingest:queue": [reverse("ingest:queue")],
            "sources:index": [reverse("sources:index")],
            "sources:new": [reverse("sources:new", args=[slug])],
            "sources:source": [reverse("sources:source", args=[source.uid])],
            "sources:edit": [reverse("sources:edit", args=[source.uid])],
            "sources:remove": [reverse("sources:remove", args=[source.uid])],
            "sources:preview": [reverse("sources:preview", args=[source.uid])],
            "ingest:move": [reverse("ingest:move", args=[uid])],
            "ingest:delete": [reverse("ingest:delete", args=[uid])],
            "ingest:collection_delete": [reverse("ingest:collection_delete", args=[slug])],
            "ingest:editions": [reverse("ingest:editions")],
            "accounts:index": [reverse("accounts:index"), reverse("accounts:index") + f"?q={LETTERS}"],
            "accounts:rules": [reverse("accounts:rules")],
            "accounts:providers": [reverse("accounts:providers")],
            "accounts:provider_new": [reverse("accounts:provider_new")],
            "accounts:provider": [reverse("accounts:provider", args=[provider.slug])],
            "accounts:provider_try": [reverse("accounts:provider_try", args=[provider.slug])],
            "accounts:create": [reverse("accounts:create")],
            "accounts:change": [reverse("accounts:change", args=[people["employee"].pk])],
            "accounts:group": [reverse("accounts:group", args=[group.pk])],
            "models:index": [reverse("models:index")],
            "models:model_new": [reverse("models:model_new")],
            "models:model": [reverse("models:model", args=[model.pk])],
            "models:route_new": [reverse("models:route_new")],
            "models:route": [reverse("models:route", args=[route.pk])],
            **write_curation(collection, document),
            **write_library(collection, document, admin=people["admin"]),
            **write_reach(collection, turns[0], group=group, people=people),
            **access["admin"],
        },
        "auditor": {
            **halfway["auditor"],
            "audit:index": [
                reverse("audit:index") + query
                for query in ("", "?kind=all", "?kind=feedback", "?kind=sources", f"?text={LETTERS[:200]}&document={LINK[:300]}")
            ],
            "audit:receipt": [reverse("audit:receipt", args=[found]) for found in (turns[0].receipt, view.uid, rating.uid)],
            "audit:integrity": [reverse("audit:integrity")],
            "reviews:index": [reverse("reviews:index") + query for query in ("?queue=all", f"?queue=all&text={LETTERS[:200]}")],
            "reviews:case": [reverse("reviews:case", args=[turns[0].receipt])],
            "curation:golden_from_review": [reverse("curation:golden_from_review", args=[turns[0].receipt])],
            "reviews:statistics": [reverse("reviews:statistics")],
            "reviews:rules": [reverse("reviews:rules")],
            "reviews:again": [reverse("reviews:again", args=[turns[0].receipt, turns[0].receipt])],
            **keeping,
        },
    }
    assert document.current_version_id == version.pk and key.pk
    take_in()  # the answer becomes a case of the reviewers' desk
    sessions = {role: addresses.pop("session")[0] for role, addresses in pages.items() if "session" in addresses}
    return {"people": {name: user.username for name, user in people.items()}, "sessions": sessions, "pages": pages}


def _write_rights(version: DocumentVersion, *, group: Group, people: dict[str, User]) -> Folder:
    """Put the document into a narrowed folder, and narrow it; name an owner, and ask for a second person."""
    document, collection = version.document, version.document.collection
    readers = Readers(groups=(group.name,), people=(people["employee"].username,))
    folder = create_folder(collection=collection, name=LETTERS[:120], user=people["admin"])
    create_folder(collection=collection, name=LETTERS[:119], parent=folder, user=people["admin"])
    narrow_folder(folder=folder, readers=readers, user=people["admin"])
    version.document = file_document(document=document, folder=folder, user=people["admin"])
    narrow_document(document=document, readers=readers, user=people["admin"])
    set_steward(collection=collection, person=people["admin"], role="owner", user=None)
    request_act(kind="auditor", user=people["employee"], actor=people["admin"])
    return folder


def _write_document(collection: Collection, *, name: str, by: User, status: str = "indexed") -> DocumentVersion:
    document = Document.objects.create(collection=collection, name=name, title=name.rsplit(".", 1)[0], created_by=by)
    is_indexed = status == "indexed"
    version = DocumentVersion.objects.create(
        document=document,
        number=1,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        size=2048,
        media_type="text/markdown" if is_indexed else "application/pdf",
        storage_path="none",
        page_count=1,
        chunk_count=1,
        status=status,
        error_code="" if is_indexed else "refused_by_parser",
        error_message=LETTERS,
        warnings=[{"code": "attachment_skipped", "pages": [1], "values": {"name": LETTERS, "names": LETTERS, "count": 1}}]
        if is_indexed
        else [],
        metadata={"title": LETTERS, "author": LINK, LETTERS[:60]: LINK},
        created_by=by,
        indexed_at=timezone.now() if is_indexed else None,
    )
    Job.objects.create(
        version=version,
        state="done" if is_indexed else "failed",
        last_error=LINK,
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )
    if is_indexed:
        _write_page(version)
        document.current_version = version
        document.save()
    return version


def _write_page(version: DocumentVersion) -> None:
    parts = [
        ("heading", LETTERS),
        ("paragraph", f"{LETTERS} {LINK}"),
        ("table", TABLE),
        ("code", LINK),
        ("list", f"- {LINK}"),
        ("quote", LETTERS),
    ]
    text, blocks = "", []
    for kind, part in parts:
        start = len(text)
        block = {"kind": kind, "start": start, "end": start + len(part), "level": 1, "heading_path": [LETTERS]}
        blocks.append(block | ({"header_end": start + TABLE.index("\n")} if kind == "table" else {}))
        text += f"{part}\n"
    page = Page.objects.create(version=version, number=1, text=text, blocks=blocks)
    Chunk.objects.create(
        id=chunk_id(version.uid, 0),
        version=version,
        ordinal=0,
        page=page,
        start=0,
        end=len(text),
        text=text,
        prefix=LETTERS,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        heading_path=[LETTERS, LINK],
    )


def _write_model(collection: Collection) -> tuple[ServedModel, Route]:
    model = ServedModel.objects.create(
        name=LETTERS[:60],
        base_url=f"http://127.0.0.1:9/{LINK[-200:]}",
        served_name=LETTERS[:200],
        is_enabled=False,
        is_external=True,
    )
    route = Route.objects.create(name=LETTERS[:60], canary=model, canary_percent=5)
    route.collections.add(collection)
    route.primaries.add(model)
    RouteFallback.objects.create(route=route, model=model, position=1)
    return model, route


def _write_conversation(user: User, version: DocumentVersion) -> list[Turn]:
    document = version.document
    place = {
        "marker": 1,
        "chunk_id": "7",
        "document": document.name,
        "document_uid": str(document.uid),
        "title": document.title,
        "version": 1,
        "version_uid": str(version.uid),
        "page": None,
        "page_number": 1,
        "page_label": LETTERS[:40],
        "quote": LETTERS,
        "start": 5,
        "end": 300,
        "score": 0.9,
    }
    sentences = [
        {"text": text, "prefix": prefix, "verdict": "supported", "citations": [1]}
        for prefix, text in (("", LETTERS), ("\n\n## ", LETTERS), ("\n\n- ", LINK), ("\n\n", f"`{LINK}` **{LETTERS}**"))
    ]
    answer = {
        "outcome": "answered",
        "answer": LETTERS,
        "sentences": sentences,
        "citations": [place],
        "nearest": [],
        "model": LETTERS,
        "fallback": "",
        "reason": "",
        "normalized_question": LINK,
        "withheld": 1,
    }
    refused = answer | {
        "outcome": "refused",
        "answer": "",
        "sentences": [],
        "citations": [],
        "nearest": [place],
        "reason": "insufficient",
    }
    conversation = Conversation.objects.create(user=user, title=LETTERS[:200])
    turns = []
    for state, shown_answer, question in (
        ("answered", answer, LETTERS),
        ("refused", refused, LINK),
        ("failed", {}, LETTERS),
        ("stopped", answer, LINK),
    ):
        evidence = receipt_payload()["evidence"][0] | {
            "document": document.name,
            "title": document.title,
            "text": LETTERS * 3,
            "heading_path": [LINK],
        }
        payload = receipt_payload(
            question=question,
            rewritten=LINK,
            normalized_question=LETTERS,
            evidence=[evidence],
            raw_output=LETTERS,
            answer={"outcome": "answered", "answer": LETTERS},
            scope={"collections": [{"slug": "unbroken", "name": LETTERS[:120]}]},
            sentences=[{"text": LETTERS, "verdict": "withheld", "reason": LINK, "citations": [1], "score": 0.1}],
            model={"name": LETTERS, "base_url": LINK, "parameters": {LETTERS[:60]: LINK}, "usage": None},
        )
        event = record(f"question.{state}", by=Actor(id=str(user.pk), name=user.username), summary=question, payload=payload)
        turns.append(
            Turn.objects.create(
                conversation=conversation,
                position=len(turns),
                question=question,
                state=state,
                answer=shown_answer,
                error_code="server_error" if state == "failed" else "",
                receipt=str(event.uid),
                finished_at=timezone.now(),
            )
        )
    return turns
