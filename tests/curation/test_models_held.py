"""A change of which model answers counts when the golden questions of every collection pass with it."""

import pytest

from accounts.models import User
from chat.flow.writing.prompting import DECLINES
from curation.canary.holding import finish_run, prepare_run
from curation.canary.models import HeldChange
from curation.canary.models_held import TriedGateway, set_holding
from curation.golden.running import work_on_runs
from gateway.models import Route
from gateway.services import change_model, change_route, create_route, delete_route
from kb.models import Collection, Document
from tests.chat.library import SIX_HOURS, dependencies_with
from tests.curation.conftest import SignIn
from tests.curation.test_golden import SIX, golden, run_all
from tests.gateway.fake_server import FakeServer
from tests.gateway.served_models import lay_route, serve

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(collection: Collection, leave: Document, knowledge_admin: User) -> Collection:
    golden(collection, facts=SIX)
    run_all(collection)
    set_holding(holds_models=True, user=knowledge_admin)
    return collection


def work() -> str:
    work_on_runs(slice_s=60, compose=dependencies_with, prepare=prepare_run, finished=finish_run)
    return HeldChange.objects.latest("pk").state


def test_a_model_that_answers_worse_is_not_taken_into_use(held: Collection, fake_server: FakeServer, knowledge_admin: User) -> None:
    model = serve(fake_server, is_enabled=False)
    fake_server.text = DECLINES["en"]
    saved = change_model(row=model, user=knowledge_admin, is_enabled=True, weight=7)
    assert (saved.is_held, saved.is_enabled, saved.weight) == (True, False, 7)
    assert work() == "failed"
    assert fake_server.requests
    model.refresh_from_db()
    assert not model.is_enabled
    fake_server.text = f"{SIX_HOURS} [1]"
    change_model(row=model, user=knowledge_admin, is_enabled=True)
    assert work() == "applied"
    model.refresh_from_db()
    assert model.is_enabled


def test_routes_are_tried_as_they_would_be_and_nothing_of_it_stays(
    held: Collection, fake_server: FakeServer, knowledge_admin: User
) -> None:
    fake_server.text = f"{SIX_HOURS} [1]"
    model = serve(fake_server)
    made = create_route(user=knowledge_admin, name="first", primaries=[model.name])
    assert made.is_held
    rules, _rows = TriedGateway(HeldChange.objects.get()).load()
    assert [rule.name for rule in rules] == ["first", "default"]
    assert not Route.objects.exists()
    assert work() == "applied"
    route = Route.objects.get(name="first")
    assert change_route(route=route, user=knowledge_admin, is_enabled=False).is_held
    assert work() == "applied"
    route.refresh_from_db()
    assert not route.is_enabled
    delete_route(route, user=knowledge_admin)
    assert Route.objects.exists()
    assert work() == "applied"
    assert not Route.objects.exists()


def test_whoever_manages_models_decides_and_sees_no_question(
    held: Collection, fake_server: FakeServer, knowledge_admin: User, owner: User, sign_in: SignIn
) -> None:
    fake_server.text = DECLINES["en"]
    route = lay_route(serve(fake_server, is_enabled=False))
    model = route.primaries.get()
    system = User.objects.create_user(username="sys", role=User.Role.SYSTEM_ADMIN)
    client = sign_in(system)
    switched = client.post(f"/models/{model.pk}/switch/", follow=True)
    assert "tried on the golden questions first" in switched.content.decode()
    assert work() == "failed"
    page = client.get("/curation/models/").content.decode()
    assert "0 of 1 passed" in page
    assert "annual leave" not in page
    change = HeldChange.objects.get()
    assert sign_in(owner).post(f"/curation/held/{change.uid}/apply/", {"reason": "x"}).status_code == 404
    client.post(f"/curation/held/{change.uid}/apply/", {"reason": "It is cheaper."})
    model.refresh_from_db()
    assert model.is_enabled
    set_holding(holds_models=False, user=knowledge_admin)
    assert not change_model(row=model, user=knowledge_admin, is_enabled=False).is_held
