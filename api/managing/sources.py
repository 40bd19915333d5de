"""Sources for programs of knowledge admins: folders and systems whose documents are kept in step."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.editable import Mark
from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.editable import schema_of
from api.errors import SourceUnreadable
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from kb.models import Collection
from sources.connectors.errors import ConnectorError
from sources.connectors.port import Principal, Rights
from sources.connectors.registry import read_kinds
from sources.sync import services
from sources.sync.matching import read_principals
from sources.sync.models import Source, SourceItem
from sources.sync.preview import Here, dry_run, preview, show_readers
from sources.sync.principals import list_principals
from sources.sync.rights import set_rules
from sources.sync.values import DocumentSourceValues, serialize_values
from sources.sync.words import fault_words

router = Router(tags=["sources"])
MANAGE = scoped(ApiKey.Scope.MANAGE)

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class SourceValuesIn(Given): ...

    class SourceChange(Given): ...
else:
    SourceValuesIn = schema_of("SourceValuesIn", DocumentSourceValues, required=["name", "kind"])
    SourceChange = schema_of("SourceChange", DocumentSourceValues, without=[Mark.ONCE])


class SourceIn(SourceValuesIn):
    collection: str = Field(description="its address")


class SettingOut(Schema):
    name: str
    label: str
    help: str
    required: bool
    secret: bool
    kind: Literal["text", "address", "number", "choice", "yes_no"]
    choices: list[str]
    default: str


class KindOut(Schema):
    kind: str
    label: str
    description: str
    has_rights: bool = Field(description="whether its listings say who may read what")
    settings: list[SettingOut]


class KindsOut(Schema):
    kinds: list[KindOut]


class SourceOut(Schema):
    uid: UUID
    collection: str
    name: str
    kind: str
    place: str = Field(description="where it is, without user and password")
    options: dict[str, str]
    secret_variables: dict[str, str]
    interval_minutes: int
    max_kilobytes_per_s: int | None
    hours_from: int | None
    hours_to: int | None
    is_paused: bool
    is_running: bool
    error: schemas.ErrorDetail | None = Field(description="of the last run")
    last_run_at: datetime | None
    next_run_at: datetime | None


class PrincipalOut(Schema):
    kind: Literal["person", "group", "everyone"]
    id: str
    name: str


class HereOut(Schema):
    everyone: bool = Field(description="all readers of the collection but those denied")
    groups: list[str]
    people: list[str]
    denied_groups: list[str]
    denied_people: list[str]
    unknown: list[PrincipalOut] = Field(description="who is nobody here; where one of them is denied, nobody reads")


class SampleOut(Schema):
    name: str
    where: str
    allow: list[PrincipalOut]
    deny: list[PrincipalOut]
    has_rights: bool
    here: HereOut


class PreviewOut(Schema):
    samples: list[SampleOut]


class PlanOut(Schema):
    listed: int
    new: int
    changed: int
    unchanged: int
    deleted: int
    is_whole: bool = Field(description="false: figures of the beginning of a long listing")


class SourceItemOut(Schema):
    number: int
    name: str
    where: str
    state: Literal["waiting", "kept", "failed", "left_out"]
    is_gone: bool = Field(description="at the source; its document is kept until somebody agrees")
    error: schemas.ErrorDetail | None
    document: UUID | None
    url: str
    modified: datetime | None
    size: int | None


class SourceItemWithRights(SourceItemOut):
    allow: list[PrincipalOut]
    deny: list[PrincipalOut]
    has_rights: bool
    here: HereOut


class SourceRunOut(Schema):
    started_at: datetime
    ended_at: datetime | None
    error: schemas.ErrorDetail | None
    counts: dict[str, int]


class KnownOut(Schema):
    kind: Literal["person", "group"]
    id: str
    name: str
    groups: list[str]
    people: list[str]
    by_rule: bool


class RuleIn(Given):
    kind: Literal["person", "group"]
    id: str
    groups: list[str] = []
    people: list[str] = []
    is_nobody: bool = Field(False, description="it is nobody here, and that is known; with no names and false: by itself")


class RuleOut(Schema):
    documents: int = Field(description="that have other readers now")


@contextmanager
def readable() -> Iterator[None]:
    """Raises: SourceUnreadable: in the place of what a connector raises."""
    try:
        yield
    except ConnectorError as error:
        raise SourceUnreadable(fault_words(error.code, error.message)) from error


@router.get("/source-kinds", response={200: KindsOut, **schemas.ERRORS}, **MANAGE)
def list_source_kinds(request: ApiRequest) -> KindsOut:
    """Which kinds of sources this installation can open, and what each needs."""
    kinds = [
        KindOut(
            kind=one.kind,
            label=str(one.label),
            description=str(one.description),
            has_rights=one.has_rights,
            settings=[
                SettingOut(
                    name=each.name,
                    label=str(each.label),
                    help=str(each.help),
                    required=each.required,
                    secret=each.secret,
                    kind=cast(Any, each.kind),
                    choices=[value for value, _label in each.choices],
                    default=each.default,
                )
                for each in one.settings
            ],
        )
        for one in read_kinds()[0].values()
    ]
    return KindsOut(kinds=kinds)


@router.get("/sources", response={200: list[SourceOut], **schemas.ERRORS}, **MANAGE)
def list_sources(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[SourceOut]:
    """The sources, except databases. A page that is not full is the last."""
    rows = Source.objects.manageable_by(request.user).select_related("collection").order_by("pk")
    return [show_source(row) for row in rows[(page - 1) * per_page : page * per_page]]


@router.post("/sources", response={201: SourceOut, **schemas.ERRORS}, **MANAGE)
def add_source(request: ApiRequest, given: SourceIn) -> Status[SourceOut]:
    """Add a source; it waits until it is started."""
    if not request.user.is_knowledge_admin:
        raise Http404
    values = given.dict(exclude_unset=True)
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=values.pop("collection"))
    return Status(201, show_source(services.create_source(collection=collection, user=request.user, **values)))


@router.get("/sources/{uuid:uid}", response={200: SourceOut, **schemas.ERRORS}, **MANAGE)
def get_source(request: ApiRequest, uid: UUID) -> SourceOut:
    """One source."""
    return show_source(find_source(request, uid))


@router.patch("/sources/{uuid:uid}", response={200: SourceOut, **schemas.ERRORS}, **MANAGE)
def edit_source(request: ApiRequest, uid: UUID, given: SourceChange) -> SourceOut:
    """Change the fields that are sent. A source that now reads from elsewhere waits until it is started."""
    found = find_source(request, uid)
    return show_source(services.change_source(source=found, user=request.user, **given.dict(exclude_unset=True)))


@router.delete("/sources/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def delete_source(request: ApiRequest, uid: UUID, documents: Literal["keep", "delete"]) -> Status[None]:
    """Remove a source. `documents`: keep them in the collection with the readers they have, or delete them too."""
    services.remove_source(find_source(request, uid), user=request.user, with_documents=documents == "delete")
    return Status(204, None)


@router.post("/sources/{uuid:uid}/actions/{action}", response={202: SourceOut, **schemas.ERRORS}, **MANAGE)
def act_on_source(request: ApiRequest, uid: UUID, action: Literal["start", "pause", "run", "prune"]) -> Status[SourceOut]:
    """Start, pause, run now, or run now and delete everything that has disappeared there, however much it is (`prune`)."""
    found = find_source(request, uid)
    if action == "start":
        services.start_source(found, user=request.user)
    elif action == "pause":
        services.pause_source(found, user=request.user)
    else:
        services.request_run(found, user=request.user, may_delete_many=action == "prune")
    return Status(202, show_source(find_source(request, uid)))


@router.get("/sources/{uuid:uid}/preview", response={200: PreviewOut, **schemas.ERRORS}, **MANAGE)
def preview_source(request: ApiRequest, uid: UUID) -> PreviewOut:
    """The first items with who may read them there and here, read now; nothing is written."""
    with readable():
        found = preview(find_source(request, uid))
    samples = [
        SampleOut(
            name=one.name,
            where=one.where,
            allow=show_principals(one.allow),
            deny=show_principals(one.deny),
            has_rights=one.has_rights,
            here=show_here(one.here),
        )
        for one in found
    ]
    return PreviewOut(samples=samples)


@router.get("/sources/{uuid:uid}/plan", response={200: PlanOut, **schemas.ERRORS}, **MANAGE)
def plan_source(request: ApiRequest, uid: UUID) -> PlanOut:
    """What a run would do; nothing is written."""
    with readable():
        plan = dry_run(find_source(request, uid))
    return PlanOut(**{name: getattr(plan, name) for name in PlanOut.model_fields})


@router.get("/sources/{uuid:uid}/items", response={200: list[SourceItemOut], **schemas.ERRORS}, **MANAGE)
def list_source_items(
    request: ApiRequest,
    uid: UUID,
    state: Literal["", "waiting", "kept", "failed", "left_out"] = "",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[SourceItemOut]:
    """The items of a source and their states. A page that is not full is the last."""
    rows = find_source(request, uid).items.select_related("document").order_by("pk")
    rows = rows.filter(state=state) if state else rows
    return [SourceItemOut(**show_item(row)) for row in rows[(page - 1) * per_page : page * per_page]]


@router.get("/sources/{uuid:uid}/items/{int:number}", response={200: SourceItemWithRights, **schemas.ERRORS}, **MANAGE)
def get_source_item(request: ApiRequest, uid: UUID, number: int) -> SourceItemWithRights:
    """One item, with who may read it there and who reads it here."""
    row = find_item(request, uid, number)
    rights = None
    if row.access is not None:
        kept = row.access.rights
        rights = Rights(allow=frozenset(read_principals(kept, "allow")), deny=frozenset(read_principals(kept, "deny")))
    [here] = show_readers(row.source, [rights])
    return SourceItemWithRights(
        **show_item(row),
        allow=show_principals(tuple(sorted(rights.allow)) if rights else ()),
        deny=show_principals(tuple(sorted(rights.deny)) if rights else ()),
        has_rights=rights is not None,
        here=show_here(here),
    )


@router.post("/sources/{uuid:uid}/items/{int:number}/retry", response={202: SourceItemOut, **schemas.ERRORS}, **MANAGE)
def retry_source_item(request: ApiRequest, uid: UUID, number: int) -> Status[SourceItemOut]:
    """Fetch one item again."""
    services.retry_item(find_item(request, uid, number), user=request.user)
    return Status(202, SourceItemOut(**show_item(find_item(request, uid, number))))


@router.get("/sources/{uuid:uid}/runs", response={200: list[SourceRunOut], **schemas.ERRORS}, **MANAGE)
def list_source_runs(
    request: ApiRequest, uid: UUID, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[SourceRunOut]:
    """The last runs of a source, newest first."""
    rows = find_source(request, uid).runs.order_by("-pk")[(page - 1) * per_page : page * per_page]
    return [
        SourceRunOut(started_at=row.started_at, ended_at=row.ended_at, error=fault_of(row.code, row.detail), counts=row.counts)
        for row in rows
    ]


@router.get("/sources/{uuid:uid}/principals", response={200: list[KnownOut], **schemas.ERRORS}, **MANAGE)
def list_source_principals(
    request: ApiRequest, uid: UUID, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[KnownOut]:
    """The people and groups that the source names, and who they are here; those without a match first."""
    known = list_principals(find_source(request, uid))[(page - 1) * per_page : page * per_page]
    return [
        KnownOut(
            kind=cast(Any, one.kind), id=one.id, name=one.name, groups=[*one.groups], people=[*one.people], by_rule=one.is_ruled
        )
        for one in known
    ]


@router.put("/sources/{uuid:uid}/rules", response={200: RuleOut, **schemas.ERRORS}, **MANAGE)
def set_source_rule(request: ApiRequest, uid: UUID, given: RuleIn) -> RuleOut:
    """Set who a person or group of the source is here; this takes effect immediately."""
    count = set_rules(
        find_source(request, uid),
        kind=given.kind,
        id_=given.id,
        groups=given.groups,
        people=given.people,
        is_nobody=given.is_nobody,
        user=request.user,
    )
    return RuleOut(documents=count)


def find_source(request: ApiRequest, uid: UUID) -> Source:
    return get_object_or_404(Source.objects.manageable_by(request.user).select_related("collection"), uid=uid)


def find_item(request: ApiRequest, uid: UUID, number: int) -> SourceItem:
    rows = SourceItem.objects.select_related("source__collection", "document", "access")
    return get_object_or_404(rows, source=find_source(request, uid), pk=min(number, 2**63 - 1))


def fault_of(code: str, detail: str) -> schemas.ErrorDetail | None:
    return schemas.ErrorDetail(code=code, message=fault_words(code, detail)) if code else None


def show_source(row: Source) -> SourceOut:
    return SourceOut(
        uid=row.uid,
        collection=row.collection.slug,
        **serialize_values(row),
        is_paused=row.is_paused,
        is_running=row.run_id is not None,
        error=fault_of(row.error_code, row.error_detail),
        last_run_at=row.last_run_at,
        next_run_at=row.next_run_at,
    )


def show_item(row: SourceItem) -> dict[str, Any]:
    document = row.document if row.document is not None and row.document.deleted_at is None else None
    return {
        "number": row.pk,
        "name": row.name,
        "where": row.where,
        "state": row.state,
        "is_gone": row.is_gone,
        "error": fault_of(row.error_code, row.error_detail),
        "document": document.uid if document is not None else None,
        "url": row.url,
        "modified": row.modified,
        "size": row.size,
    }


def show_principals(principals: tuple[Principal, ...]) -> list[PrincipalOut]:
    return [PrincipalOut(kind=cast(Any, one.kind), id=one.id, name=one.name) for one in principals]


def show_here(here: Here) -> HereOut:
    return HereOut(
        everyone=here.is_open,
        groups=[*here.groups],
        people=[*here.people],
        denied_groups=[*here.denied_groups],
        denied_people=[*here.denied_people],
        unknown=show_principals(here.unknown),
    )
