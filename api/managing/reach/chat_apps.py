"""Chat programs for programs of system admins: which is connected, how it signs, who its people are."""

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.editable import Mark
from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.editable import schema_of
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from integrations.chat_apps import editing
from integrations.chat_apps.models import ChatApp

router = Router(tags=["integrations"])
PEOPLE = scoped(ApiKey.Scope.PEOPLE)  # as on the pages: of system admins

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class ChatAppIn(Given): ...

    class ChatAppChange(Given): ...
else:
    ChatAppIn = schema_of("ChatAppIn", editing.ChatAppValues, required=("name", "kind"), without=[Mark.LATER])
    ChatAppChange = schema_of("ChatAppChange", editing.ChatAppValues, without=[Mark.ONCE])


class ChatAppOut(Schema):
    uid: UUID
    address: str = Field(description="that the program calls")
    name: str
    kind: Literal["generic", "slack", "teams"]
    reply_url: str
    collections: list[str] = Field(description="addresses; none: all that somebody may read")
    posts_openly: bool
    is_enabled: bool
    person_count: int


class ChatAppWithPeople(ChatAppOut):
    people: list[str] = Field(description="lines “their number = user name”")


class ChatAppMade(ChatAppWithPeople):
    secret: str = Field(description="of the generic kind, where it was made here: told once. Else empty")


@router.get("/chat-apps", response={200: list[ChatAppOut], **schemas.ERRORS}, **PEOPLE)
def list_chat_apps(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[ChatAppOut]:
    """The chat programs, by name, without their people. A page that is not full is the last."""
    rows = ChatApp.objects.annotate(person_count=Count("people", distinct=True)).order_by("name").prefetch_related("collections")
    shown = rows[(page - 1) * per_page : page * per_page]
    return [ChatAppOut(**_plain(request, row), person_count=row.person_count) for row in shown]


@router.post("/chat-apps", response={201: ChatAppMade, **schemas.ERRORS}, **PEOPLE)
def create_chat_app(request: ApiRequest, given: ChatAppIn) -> Status[ChatAppMade]:
    """Connect a program. A secret that is generated for it is only in this response; one that is sent is never returned."""
    app, secret = editing.create_chat_app(user=request.user, **given.dict(exclude_unset=True))
    return Status(201, ChatAppMade(**show_chat_app(request, app).dict(), secret=secret))


@router.get("/chat-apps/{uuid:uid}", response={200: ChatAppWithPeople, **schemas.ERRORS}, **PEOPLE)
def get_chat_app(request: ApiRequest, uid: UUID) -> ChatAppWithPeople:
    """One chat program with its people."""
    return show_chat_app(request, find_chat_app(uid))


@router.patch("/chat-apps/{uuid:uid}", response={200: ChatAppWithPeople, **schemas.ERRORS}, **PEOPLE)
def change_chat_app(request: ApiRequest, uid: UUID, given: ChatAppChange) -> ChatAppWithPeople:
    """Change the fields that are sent; `people` is the whole list. Answers end for a program that is disabled, and for people who
    are removed."""
    app = editing.change_chat_app(app=find_chat_app(uid), user=request.user, **given.dict(exclude_unset=True))
    return show_chat_app(request, app)


@router.delete("/chat-apps/{uuid:uid}", response={204: None, **schemas.ERRORS}, **PEOPLE)
def delete_chat_app(request: ApiRequest, uid: UUID) -> Status[None]:
    """Disconnect a program; conversations stay with the people who asked."""
    editing.delete_chat_app(find_chat_app(uid), user=request.user)
    return Status(204, None)


def find_chat_app(uid: UUID) -> ChatApp:
    return get_object_or_404(ChatApp, uid=uid)


def show_chat_app(request: ApiRequest, row: ChatApp) -> ChatAppWithPeople:
    people = editing.list_people(row)
    return ChatAppWithPeople(**_plain(request, row), person_count=len(people), people=people)


def _plain(request: ApiRequest, row: ChatApp) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "address": request.build_absolute_uri(reverse("outside:chat", args=[row.uid])),
        "collections": editing.list_collections(row),
        **{name: getattr(row, name) for name in ("name", "kind", "reply_url", "posts_openly", "is_enabled")},
    }
