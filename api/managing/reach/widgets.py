"""Widgets for programs of system admins: where they may stand, what they ask, whom they let in."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import get_object_or_404
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
from integrations.widgets import editing
from integrations.widgets.models import Widget

router = Router(tags=["integrations"])
PEOPLE = scoped(ApiKey.Scope.PEOPLE)  # as on the pages: of system admins

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class WidgetIn(Given): ...

    class WidgetChange(Given): ...
else:
    WidgetIn = schema_of("WidgetIn", editing.WidgetValues, required=("name", "title", "origins"), without=[Mark.LATER])
    WidgetChange = schema_of("WidgetChange", editing.WidgetValues, without=[Mark.ONCE])


class WidgetOut(Schema):
    uid: UUID = Field(description="public: it stands in the site's pages")
    name: str
    title: str
    origins: list[str]
    collections: list[str] = Field(description="addresses; none: all that a visitor may read")
    accent: str
    language: str
    signing: str
    public_key: str
    match_by: str
    guest: str = Field(description="name of a service account; empty for none")
    is_enabled: bool
    created_at: datetime


class WidgetMade(WidgetOut):
    secret: str = Field(description="told once; whoever has it asks as anybody. Empty where a public key checks")


class WidgetSecret(Schema):
    secret: str = Field(description="told once; whoever has it asks as anybody")


@router.get("/widgets", response={200: list[WidgetOut], **schemas.ERRORS}, **PEOPLE)
def list_widgets(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[WidgetOut]:
    """The widgets, by name. A page that is not full is the last."""
    rows = Widget.objects.select_related("guest__user").prefetch_related("collections").order_by("name")
    return [show_widget(row) for row in rows[(page - 1) * per_page : page * per_page]]


@router.post("/widgets", response={201: WidgetMade, **schemas.ERRORS}, **PEOPLE)
def create_widget(request: ApiRequest, given: WidgetIn) -> Status[WidgetMade]:
    """Create a widget. Its secret is only in this response."""
    widget, secret = editing.create_widget(user=request.user, **given.dict(exclude_unset=True))
    return Status(201, WidgetMade(**show_widget(widget).dict(), secret=secret))


@router.get("/widgets/{uuid:uid}", response={200: WidgetOut, **schemas.ERRORS}, **PEOPLE)
def get_widget(request: ApiRequest, uid: UUID) -> WidgetOut:
    """One widget."""
    return show_widget(find_widget(uid))


@router.patch("/widgets/{uuid:uid}", response={200: WidgetOut, **schemas.ERRORS}, **PEOPLE)
def change_widget(request: ApiRequest, uid: UUID, given: WidgetChange) -> WidgetOut:
    """Change the fields that are sent. When a widget is disabled, all its sessions end immediately."""
    return show_widget(editing.change_widget(widget=find_widget(uid), user=request.user, **given.dict(exclude_unset=True)))


@router.delete("/widgets/{uuid:uid}", response={204: None, **schemas.ERRORS}, **PEOPLE)
def delete_widget(request: ApiRequest, uid: UUID) -> Status[None]:
    """Delete a widget with its sessions; conversations stay with the people who asked."""
    editing.delete_widget(find_widget(uid), user=request.user)
    return Status(204, None)


@router.post("/widgets/{uuid:uid}/secret", response={200: WidgetSecret, **schemas.ERRORS}, **PEOPLE)
def renew_widget_secret(request: ApiRequest, uid: UUID) -> WidgetSecret:
    """Renew the secret, which is only in this response: tokens signed with the old one are rejected, and every session ends."""
    return WidgetSecret(secret=editing.renew_secret(find_widget(uid), user=request.user))


def find_widget(uid: UUID) -> Widget:
    return get_object_or_404(Widget.objects.select_related("guest__user"), uid=uid)


def show_widget(row: Widget) -> WidgetOut:
    return WidgetOut(uid=row.uid, **editing.serialize_widget(row), created_at=row.created_at)
