"""What people may set of a thing is one list: its forms, its services, REST's schemas and the audit are held against it here."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.forms import Form
from django.test import Client

from accounts.editable import Mark, names_of, readable_names
from accounts.errors import ValuesRefused
from accounts.keys import create_api_key
from accounts.models import User
from accounts.people.forms import ChangePersonForm, GroupForm, PersonForm
from accounts.services import AccountValues, GroupValues, change_account, create_account, create_group, rename_group
from api import schemas
from audit.models import Event
from gateway.editing.editable import RouteValues, ServedModelValues, serialize_model, serialize_route
from gateway.editing.forms import RouteForm, ServedModelForm
from gateway.models import Route, ServedModel
from gateway.services import change_model, change_route, create_model, create_route
from kb.editable import CollectionValues, serialize_values
from kb.forms import CollectionForm
from kb.models import Collection
from kb.services import change_collection, create_collection
from sources.editable import SourceValues, serialize_source
from sources.forms import SourceForm
from sources.models import SqlSource
from sources.services import change_source, create_source

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A thing with values that take any type: `whole` sets each of them, `other` differs from it in each that may change."""

    values: type
    create: Callable[..., Any]
    change: Callable[..., Any]
    serialize: Callable[[Any], dict[str, Any]]
    event: str
    whole: dict[str, Any]
    other: dict[str, Any]
    serialized_as: dict[str, Any] = field(default_factory=dict)  # where a value is returned otherwise than it is written

    def expected(self, given: dict[str, Any]) -> dict[str, Any]:
        names = readable_names(self.values)
        return {name: self.serialized_as.get(f"{name}={value}", value) for name, value in given.items() if name in names}


COLLECTION = Kind(
    values=CollectionValues,
    create=create_collection,
    change=lambda row, **values: change_collection(collection=row, **values),
    serialize=serialize_values,
    event="collection",
    whole={
        "name": "Cars",
        "slug": "cars",
        "description": "All",
        "groups": ["People team"],
        "download_groups": ["People team"],
        "is_listed": True,
        "suggested_questions": ["Who drives?"],
        "vocabulary": "van = lorry",
        "sufficiency_threshold": 0.7,
        "expired_documents": "told",
    },
    other={
        "name": "Vans",
        "description": "",
        "groups": [],
        "download_groups": [],
        "is_listed": False,
        "suggested_questions": [],
        "vocabulary": "",
        "sufficiency_threshold": None,
        "expired_documents": "left_out",
    },
)
MODEL = Kind(
    values=ServedModelValues,
    create=create_model,
    change=lambda row, **values: change_model(row=row, **values),
    serialize=serialize_model,
    event="model",
    whole={
        "name": "small",
        "base_url": "http://127.0.0.1:8100/v1",
        "served_name": "llama",
        "lora_name": "policies",
        "key": "s3cret-1",
        "key_variable": "",
        "is_external": True,
        "is_enabled": False,
        "is_offered": True,
        "context_tokens": 4096,
        "max_answer_tokens": 300,
        "temperature": 0.5,
        "extra": {"top_p": 0.9},
        "style": "structured",
        "price_in": 0.25,
        "price_out": 1.5,
        "weight": 7,
        "first_token_timeout_s": 3.0,
        "total_timeout_s": 30.0,
        "max_concurrent": 5,
    },
    other={
        "name": "large",
        "base_url": "http://127.0.0.1:8100/v2",
        "served_name": "",
        "lora_name": "",
        "key": "s3cret-2",
        "forgets_key": True,
        "key_variable": "LLM_TEST_KEY",
        "is_external": False,
        "is_enabled": True,
        "is_offered": False,
        "context_tokens": 8192,
        "max_answer_tokens": 700,
        "temperature": 0.0,
        "extra": {},
        "style": "markers",
        "price_in": "0",
        "price_out": 0,
        "weight": 100,
        "first_token_timeout_s": 30.0,
        "total_timeout_s": 180.0,
        "max_concurrent": 64,
    },
    serialized_as={"price_in=0.25": "0.2500", "price_out=1.5": "1.5000", "price_in=0": "0.0000", "price_out=0": "0.0000"},
)
ROUTE = Kind(
    values=RouteValues,
    create=create_route,
    change=lambda row, **values: change_route(route=row, **values),
    serialize=serialize_route,
    event="route",
    whole={
        "name": "hard",
        "position": 3,
        "is_enabled": False,
        "collections": ["handbook"],
        "question_classes": ["duration"],
        "complexity": "complex",
        "language": "zh",
        "primaries": ["a", "b"],
        "canary": "b",
        "canary_percent": 5,
        "fallbacks": ["b", "a"],
    },
    other={
        "name": "all",
        "position": 10,
        "is_enabled": True,
        "collections": [],
        "question_classes": [],
        "complexity": "",
        "language": "",
        "primaries": ["a"],
        "canary": "a",
        "canary_percent": 0,
        "fallbacks": [],
    },
)
SOURCE = Kind(
    values=SourceValues,
    create=lambda **values: create_source(collection=Collection.objects.get(slug="handbook"), **values),
    change=lambda row, **values: change_source(source=row, **values),
    serialize=serialize_source,
    event="sql_source",
    whole={
        "name": "Products",
        "dsn_variable": "SHOP",
        "query": "SELECT id, name FROM products",
        "key_column": "id",
        "title_template": "{name}",
        "text_template": "{name}",
        "interval_minutes": 60,
    },
    other={
        "name": "Shop",
        "dsn_variable": "MARKET",
        "dsn": "postgresql://reader:s3cret@db.example/shop",
        "query": "SELECT 1 AS id",
        "key_column": "name",
        "title_template": "{id}",
        "text_template": "",
        "interval_minutes": 0,
    },
)
KINDS = [COLLECTION, MODEL, ROUTE, SOURCE]
CHANGES = [
    pytest.param(kind, name, id=f"{kind.event}-{name}") for kind in KINDS for name in names_of(kind.values, without=[Mark.ONCE])
]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.event)


@pytest.fixture(autouse=True)
def world(collection: Collection, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the values name."""
    settings.SOURCE_DSNS = {"SHOP": "postgresql://reader@shop.example/shop", "MARKET": "postgresql://reader@market.example/shop"}
    settings.SOURCE_HOSTS = ("db.example",)
    monkeypatch.setenv("LLM_TEST_KEY", "s3cret-3")
    origins = ("http://127.0.0.1:8100", "http://127.0.0.1:8101")
    settings.MODEL_KEY_ORIGINS = {"LLM_TEST_KEY": origins}
    for name in ("a", "b"):
        ServedModel.objects.create(name=name, base_url="http://127.0.0.1:8100/v1")


def payload_of(action: str) -> dict[str, Any]:
    body = Event.objects.filter(action=action).latest("pk").payload.body
    assert "s3cret" not in body
    return json.loads(body)["payload"]


@kinds
def test_the_audit_keeps_every_readable_value(kind: Kind, knowledge_admin: User) -> None:
    row = kind.create(user=knowledge_admin, **kind.whole)
    serialized_as = kind.serialize(row)
    assert {name: serialized_as[name] for name in readable_names(kind.values)} == kind.expected(kind.whole)
    assert payload_of(f"{kind.event}.created") == json.loads(json.dumps(serialized_as)) | (
        {"collection": "handbook"} if kind is SOURCE else {}
    )


@pytest.mark.parametrize(("kind", "name"), CHANGES)
def test_a_change_of_one_value_changes_no_other(kind: Kind, name: str, knowledge_admin: User, settings: Any) -> None:
    row = kind.create(user=knowledge_admin, **kind.whole)
    before = kind.serialize(row)
    changed = kind.change(row, user=knowledge_admin, **{name: kind.other[name]})
    after = kind.serialize(type(row).objects.get(pk=row.pk))
    assert kind.serialize(changed) == after
    differing = {field for field in after if before[field] != after[field]}
    assert differing - {"place", "has_key", "dsn_variable"} <= {name}
    assert payload_of(f"{kind.event}.changed")["changed"]
    if name in readable_names(kind.values):
        assert after[name] == kind.expected({name: kind.other[name]})[name] != before[name]
        assert name in payload_of(f"{kind.event}.changed")["changed"]


@kinds
def test_a_change_without_values_changes_and_records_nothing(kind: Kind, knowledge_admin: User) -> None:
    row = kind.create(user=knowledge_admin, **kind.whole)
    before, count = kind.serialize(row), Event.objects.count()
    kind.change(row, user=knowledge_admin)
    kind.change(row, user=knowledge_admin, **{name: kind.whole[name] for name in before if name in kind.other})
    assert (kind.serialize(type(row).objects.get(pk=row.pk)), Event.objects.count()) == (before, count)


@kinds
def test_an_unknown_name_or_another_type_is_refused(kind: Kind, knowledge_admin: User) -> None:
    row = kind.create(user=knowledge_admin, **kind.whole)
    for given in ({"colour": "red"}, {"name": None}, {"name": ["a"]}, {"name": "nul\x00"}, {"name": ""}, {"name": "x" * 999}):
        with pytest.raises(ValuesRefused) as refused:
            kind.change(row, user=knowledge_admin, **given)
        assert list(refused.value.problems) == list(given)
    assert kind.serialize(type(row).objects.get(pk=row.pk))["name"] == kind.whole["name"]


def test_rest_takes_and_returns_the_editable_values_of_a_collection() -> None:
    assert set(schemas.CollectionIn.model_fields) == set(names_of(CollectionValues))
    assert set(schemas.CollectionChange.model_fields) == set(names_of(CollectionValues, without=[Mark.ONCE]))
    assert set(schemas.CollectionOut.model_fields) == {*readable_names(CollectionValues), "documents"}


def fields_of(form: Form) -> set[str]:
    """Return which values a form can set; a field that repeats with a number is one value."""
    names = {name.rsplit("_", 1)[0] + "s" if name[-1].isdigit() else name for name in form.fields}
    return names - {name for name, field in form.fields.items() if field.disabled}


def test_forms_have_the_fields_of_their_lists(knowledge_admin: User, collection: Collection) -> None:
    for kind, form in ((COLLECTION, CollectionForm), (MODEL, ServedModelForm), (ROUTE, RouteForm), (SOURCE, SourceForm)):
        row = kind.create(user=knowledge_admin, **kind.whole)
        assert fields_of(form(instance=row)) == set(names_of(kind.values, without=[Mark.ONCE]))
        blank = {Collection: Collection(), ServedModel: ServedModel(), Route: Route(), SqlSource: SqlSource(collection=collection)}
        new = set(names_of(kind.values, without=[Mark.LATER])) - {"forgets_key"}  # there is none yet
        assert fields_of(form(instance=blank[type(row)])) == new
    assert fields_of(PersonForm()) == set(names_of(AccountValues, without=[Mark.LATER]))
    assert fields_of(ChangePersonForm()) == set(names_of(AccountValues, without=[Mark.ONCE]))
    assert fields_of(GroupForm()) == set(names_of(GroupValues))


def test_the_services_of_people_take_and_record_the_values_of_their_lists(knowledge_admin: User, group: Group) -> None:
    taken = {service: set(inspect.signature(service).parameters) for service in (create_account, change_account)}
    assert taken[create_account] == {*names_of(AccountValues, without=[Mark.LATER]), "password", "is_told", "actor", "confirmed_by"}
    assert taken[change_account] == {*names_of(AccountValues, without=[Mark.ONCE]), "user", "actor", "confirmed_by"}
    made = create_account(username="nina", groups=[group], first_name="Nina", email="n@example.com", actor=knowledge_admin)
    created = payload_of("account.created")
    assert set(created) == set(readable_names(AccountValues))
    changes: dict[str, Any] = {
        "first_name": "N",
        "last_name": "O",
        "email": "o@example.com",
        "role": "system_admin",
        "is_active": False,
    }
    assert {*changes, "groups", "ends_on"} == set(names_of(AccountValues, without=[Mark.ONCE]))
    for name, value in (changes | {"groups": []}).items():
        change_account(user=made, actor=knowledge_admin, **{name: value})
        assert payload_of("account.changed")["changed"] == {name: {"from": created[name], "to": value}}
    change_account(user=made, actor=knowledge_admin, role="employee")  # of whom alone an account may have an end
    change_account(user=made, actor=knowledge_admin, ends_on="2999-12-31")
    assert payload_of("account.changed")["changed"] == {"ends_on": {"from": "", "to": "2999-12-31"}}
    team = create_group(name="Finance", actor=knowledge_admin)
    assert set(payload_of("group.created")) == set(names_of(GroupValues))
    rename_group(group=team, name="Money", actor=knowledge_admin)
    assert payload_of("group.changed") == {"name": {"from": "Finance", "to": "Money"}}


@pytest.mark.parametrize("name", ["差旅制度", "Регламент", "👍"])
def test_a_name_in_any_script_will_do_for_everything_and_shows_on_its_page(name: str, knowledge_admin: User) -> None:
    for kind in KINDS:
        row = kind.create(
            user=knowledge_admin, **{field: value for field, value in kind.whole.items() if field != "slug"} | {"name": name}
        )
        assert kind.serialize(row)["name"] == name
    create_group(name=name, actor=knowledge_admin)
    create_api_key(user=knowledge_admin, name=name, scopes=["ask"], days=30, actor=knowledge_admin)
    browser = Client()
    browser.force_login(knowledge_admin)
    slug = Collection.objects.get(name=name).slug
    for address in ("/library/", f"/library/c/{slug}/", "/models/", "/library/sql-sources/", "/people/", "/people/keys/"):
        response = browser.get(address)
        assert response.status_code == 200, address
        assert name in response.content.decode(), address


def test_a_person_may_have_a_name_in_chinese(knowledge_admin: User) -> None:
    create_account(username="王伟", first_name="伟", last_name="王", password="正确的马和电池订书钉 7", actor=knowledge_admin)
    assert Client().login(username="王伟", password="正确的马和电池订书钉 7")
