"""What models cost is summed with each call; budgets warn, and stop what costs; a test before saving keeps nothing."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from accounts.errors import ValuesRefused
from accounts.keys import create_api_key
from accounts.models import User
from audit.models import Event
from chat.flow.running import ask
from gateway.models import ServedModel
from gateway.ports import Usage
from gateway.spending.budgets import change_budget, create_budget, find_exhausted
from gateway.spending.costs import read_costs, read_month
from gateway.spending.models import Budget, Spending
from gateway.spending.recording import add_spending, today
from gateway.spending.watching import watch_budgets
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document
from tests.gateway.fake_server import FakeServer
from tests.gateway.served_models import dependencies_over_rows, serve
from tests.pages.test_model_pages import FIELDS

pytestmark = pytest.mark.django_db
PRICES = {"price_in": Decimal(100_000), "price_out": Decimal(200_000)}  # so that the server's 12 and 3 tokens cost 1.8


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def admin(client: Client, knowledge_admin: User) -> Client:
    client.force_login(knowledge_admin)
    return client


def spend(user: User | None, cost: str, *, model: str = "plain", collection: str = "handbook") -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=2)
    add_spending(model=model, user=str(user.pk if user else None), collection=collection, usage=usage, cost=Decimal(cost))


def test_each_call_is_summed_for_its_day_person_and_collection(
    leave: Document, employee: User, fake_server: FakeServer, collection: Collection
) -> None:
    fake_server.text = f"{SIX_HOURS} [1]"
    serve(fake_server, **PRICES)
    for served_name in ("plain", "chatty"):  # one name alone: what was written before is reused, and costs nothing
        ServedModel.objects.update(served_name=served_name)
        assert ask(QUESTION, user=employee, dependencies=dependencies_over_rows()).model == served_name
    row = Spending.objects.get(person=employee.pk, collection=collection.pk)
    assert (row.day, row.model, row.calls, row.uncounted) == (today(), "plain", 2, 0)
    assert (row.prompt_tokens, row.completion_tokens, row.cost) == (24, 6, Decimal("3.6"))


def test_a_budget_that_is_spent_leaves_quotes_and_models_that_cost_nothing(
    leave: Document, employee: User, fake_server: FakeServer, collection: Collection
) -> None:
    fake_server.text = f"{SIX_HOURS} [1]"
    dear = serve(fake_server, **PRICES)
    budget = create_budget(user=None, kind="person", person="erin", amount="1.50")
    assert ask(QUESTION, user=employee, dependencies=dependencies_over_rows()).model == "plain"
    answer = ask(f"{QUESTION} Please.", user=employee, dependencies=dependencies_over_rows())
    assert (answer.model, answer.fallback) == ("extractive", "budget_exhausted")
    assert SIX_HOURS in answer.text
    receipt = Event.objects.get(uid=answer.receipt).payload.data["model"]
    assert receipt["attempts"][-1]["refused_by"] == "budget_exhausted"
    assert len(fake_server.requests) == 1
    change_budget(budget=budget, user=None, stops=False)
    assert ask(f"{QUESTION} Now.", user=employee, dependencies=dependencies_over_rows()).model == "plain"
    change_budget(budget=budget, user=None, stops=True)
    ServedModel.objects.filter(pk=dear.pk).update(price_in=0, price_out=0)
    assert ask(f"{QUESTION} Again.", user=employee, dependencies=dependencies_over_rows()).model == "plain"


def test_a_group_spends_together_and_the_installation_with_attest_itself(
    employee: User, teammate: User, outsider: User, group: Group
) -> None:
    create_budget(user=None, kind="group", group=group.name, amount="10")
    spend(employee, "6")
    assert find_exhausted(str(teammate.pk)) is None
    spend(teammate, "4")
    assert find_exhausted(str(employee.pk)).group == group
    assert find_exhausted(str(outsider.pk)) is None
    create_budget(user=None, kind="installation", amount="11")
    spend(None, "1")
    assert find_exhausted(str(outsider.pk)).kind == find_exhausted("None").kind == "installation"
    Spending.objects.update(day=today().replace(year=2020))
    assert find_exhausted(str(employee.pk)) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "group", "amount": "1"}, "group"),
        ({"kind": "person", "person": "nobody", "amount": "1"}, "person"),
        ({"kind": "installation", "amount": "0"}, "amount"),
        ({"kind": "everyone", "amount": "1"}, "kind"),
        ({"kind": "installation", "amount": "1", "warn_percent": 101}, "warn_percent"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValuesRefused) as refused:
        create_budget(user=None, **values)
    assert field in refused.value.problems
    assert not Budget.objects.exists()


def test_people_are_told_once_a_month_at_each_mark(employee: User, knowledge_admin: User, settings: Any) -> None:
    settings.MAIL, settings.PUBLIC_URL = object(), "https://attest.example"
    User.objects.filter(pk=knowledge_admin.pk).update(email="kim@example.org")
    create_budget(user=None, kind="installation", amount="10", warn_percent=50)
    assert watch_budgets() == 0
    spend(employee, "5")
    assert (watch_budgets(), watch_budgets()) == (1, 0)
    spend(employee, "5")
    assert (watch_budgets(), watch_budgets()) == (1, 0)
    assert [message.subject for message in mail.outbox] == [
        "The model budget for the whole installation is nearly spent",
        "The model budget for the whole installation is spent",
    ]
    assert [event.action for event in Event.objects.filter(action__startswith="budget.").order_by("sequence")] == [
        "budget.created",
        "budget.warned",
        "budget.exhausted",
    ]


def test_the_page_and_the_files_show_who_spent_what(
    admin: Client, employee: User, teammate: User, group: Group, collection: Collection
) -> None:
    spend(employee, "3")
    spend(teammate, "1", model="=dear()")
    spend(None, "0.5", collection="")
    page = admin.get("/models/costs/").content.decode()
    for words in ("erin", "tao", "People team", "Handbook", "Attest itself", "4.50"):
        assert words in page
    rows = admin.get("/models/costs/models.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0] == "model,calls,uncounted,prompt_tokens,completion_tokens,cost"
    assert "'=dear(),1,0,10,2,1.000000" in rows
    costs = read_costs(read_month("nonsense"))
    assert [(line.name, line.cost, line.percent) for line in costs.groups] == [("People team", Decimal(4), 100)]
    assert len(costs.months) == 12
    assert admin.get("/models/costs/secrets.csv").status_code == 404
    assert "No model was used" in admin.get("/models/costs/?month=2020-01").content.decode()


def test_two_collections_of_one_name_are_two_lines(employee: User, collection: Collection) -> None:
    Collection.objects.create(name=collection.name, slug="another")
    spend(employee, "3")
    spend(employee, "1", collection="another")
    lines = read_costs(read_month("")).collections
    assert [(line.name, line.cost, line.percent) for line in lines] == [("Handbook", Decimal(3), 100), ("Handbook", Decimal(1), 33)]


def test_budgets_are_kept_on_their_pages_and_over_rest(admin: Client, knowledge_admin: User, employee: User, group: Group) -> None:
    fields = {"kind": "group", "group": str(group.pk), "person": "", "amount": "20", "warn_percent": "80", "stops": "on"}
    assert admin.post("/models/budgets/new/", fields).status_code == 302
    spend(employee, "18")
    page = admin.get("/models/budgets/").content.decode()
    assert "Group People team" in page
    assert "90 % spent" in page
    again = admin.post("/models/budgets/new/", fields)
    assert (again.status_code, "There is already a budget for this" in again.content.decode()) == (422, True)
    key = create_api_key(user=knowledge_admin, name="x", scopes=["people"], days=1, actor=knowledge_admin).text
    rest = Client(headers={"Authorization": f"Bearer {key}"})
    (told,) = rest.get("/api/v1/budgets").json()
    assert (told["group"], Decimal(told["spent"]), told["is_exhausted"]) == ("People team", 18, False)
    changed = rest.patch(f"/api/v1/budgets/{told['id']}", {"amount": "15"}, content_type="application/json").json()
    assert changed["is_exhausted"]
    made = rest.post("/api/v1/budgets", {"kind": "person", "person": "erin", "amount": "1"}, content_type="application/json")
    assert (made.status_code, made.json()["person"]) == (201, "erin")
    assert rest.get("/api/v1/costs?by=people").json()["costs"][0]["name"] == "erin"
    assert rest.delete(f"/api/v1/budgets/{told['id']}").status_code == 204
    assert admin.post(f"/models/budgets/{made.json()['id']}/delete/").status_code == 302
    assert not Budget.objects.exists()


def test_a_model_is_tested_before_it_is_saved_and_its_server_says_what_it_offers(admin: Client, fake_server: FakeServer) -> None:
    given = FIELDS | {"base_url": fake_server.base_url, "served_name": "plain", "act": "try"}
    page = admin.post("/models/new/", given).content.decode()
    assert "It works: first token after" in page
    assert '<option value="chatty">' in page
    assert not ServedModel.objects.exists()
    tested = Event.objects.get(action="model.tested").payload.data
    assert (tested["outcome"], tested["unsaved"]) == ("answered", True)
    fragment = admin.post("/models/new/", given | {"served_name": "unauthorized"}, headers={"HX-Request": "true"})
    assert "The server rejected the key." in fragment.content.decode()
    assert "<form" not in fragment.content.decode()
    wrong = admin.post("/models/new/", given | {"context_tokens": "1"}, headers={"HX-Request": "true"})
    assert (wrong.status_code, "Context window" in wrong.content.decode()) == (422, True)


def test_a_key_that_is_kept_is_not_sent_to_another_server_by_a_test(admin: Client, fake_server: FakeServer) -> None:
    row = serve(fake_server, name="llama")
    row.set_key("sk-very-secret")
    row.save()
    given = FIELDS | {"base_url": fake_server.base_url, "served_name": "plain", "act": "try", "key": ""}
    admin.post(f"/models/{row.pk}/", given)
    assert "sk-very-secret" in fake_server.requests[-1]["head"]
    admin.post(f"/models/{row.pk}/", given | {"base_url": fake_server.base_url.replace("127.0.0.1", "localhost")})
    assert all("sk-very-secret" not in request["head"] for request in fake_server.requests[1:])
    row.refresh_from_db()
    assert row.read_key() == "sk-very-secret"
