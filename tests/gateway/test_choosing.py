"""Owners choose what answers from their collection, and decide nothing for others."""

import pytest

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.models import Event
from gateway.models import CollectionChoice
from gateway.routing.choosing import choose_model
from kb.models import Collection
from kb.rights.stewards import set_steward
from tests.gateway.fake_server import FakeServer
from tests.gateway.served_models import lay_route, route, serve
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(collection: Collection) -> User:
    user = User.objects.create_user(username="owen", password="correct horse 7")
    set_steward(collection=collection, person=user, role="owner", user=None)
    return user


def names(**request: object) -> list[str]:
    return [choice.report()["row"] for choice in route(**request).choices]


def test_an_owners_choice_counts_where_all_evidence_is_theirs(owner: User, collection: Collection, fake_server: FakeServer) -> None:
    serve(fake_server, name="house")
    serve(fake_server, name="big", is_offered=True)
    assert sorted(names(collections=("handbook",))) == ["big", "house"]
    page = signed_in(owner).get("/models/collections/handbook/").content.decode()
    assert 'value="big"' in page and 'value="house"' not in page
    assert signed_in(owner).post("/models/collections/handbook/", {"model": "big"}).status_code == 302
    assert names(collections=("handbook",)) == ["big"]
    for others in (("handbook", "board"), ("board", "handbook"), ("board",), ()):
        assert route(collections=others).route["name"] == "default"
    event = Event.objects.get(action="collection.model_chosen")
    assert (event.actor_name, event.subject) == ("owen", "collection:handbook")


def test_it_goes_before_the_routes_of_the_installation(collection: Collection, fake_server: FakeServer) -> None:
    lay_route(serve(fake_server, name="house"), name="house")
    choose_model(collection=collection, choice="quotes", user=None)
    assert route(collections=("handbook",)).route["name"] == "collection:handbook"
    assert names(collections=("handbook",)) == []
    choose_model(collection=collection, choice="routes", user=None)
    assert names(collections=("handbook",)) == ["house"]


def test_what_is_not_offered_cannot_be_chosen_and_what_is_offered_no_more_does_not_count(
    owner: User, collection: Collection, fake_server: FakeServer
) -> None:
    house, big = serve(fake_server, name="house"), serve(fake_server, name="big", is_offered=True)
    with pytest.raises(ValuesRefused):
        choose_model(collection=collection, choice="house", user=owner)
    assert signed_in(owner).post("/models/collections/handbook/", {"model": "house"}).status_code == 422
    choose_model(collection=collection, choice="big", user=owner)
    big.is_enabled = False
    big.save()
    assert names(collections=("handbook",)) == []  # out of use: quotes, as in a route
    big.is_enabled, big.is_offered = True, False
    big.save()
    assert route(collections=("handbook",)).route["name"] == "default"
    assert "is not offered any more" in signed_in(owner).get("/models/collections/handbook/").content.decode()
    assert house.is_offered is False


@pytest.mark.parametrize("role", ["editor", "auditor", "reader", "system_admin"])
def test_nobody_but_owners_chooses(collection: Collection, employee: User, role: str) -> None:
    if role == "editor":
        set_steward(collection=collection, person=employee, role="editor", user=None)
    elif role != "reader":
        User.objects.filter(pk=employee.pk).update(role=role)
    client = signed_in(User.objects.get(pk=employee.pk))
    assert client.get("/models/collections/handbook/").status_code == 404
    assert client.post("/models/collections/handbook/", {"model": "quotes"}).status_code == 404
    assert not CollectionChoice.objects.exists()


def test_an_owner_hands_over_in_one_step(owner: User, collection: Collection, employee: User, knowledge_admin: User) -> None:
    given = {"person": "erin", "role": "owner", "hands_over": "on"}
    assert signed_in(owner).post("/library/c/handbook/owners/", given).status_code == 302
    assert list(collection.stewards.values_list("user__username", "role")) == [("erin", "owner")]
    assert signed_in(owner).get("/library/c/handbook/owners/").status_code == 404
    assert "hands_over" in signed_in(employee).get("/library/c/handbook/owners/").content.decode()
    assert "hands_over" not in signed_in(knowledge_admin).get("/library/c/handbook/owners/").content.decode()
    refused = signed_in(employee).post("/library/c/handbook/owners/", given)
    assert refused.status_code == 422
    User.objects.filter(pk=employee.pk).update(is_active=False)
    assert "No owner" in signed_in(knowledge_admin).get("/library/").content.decode()
