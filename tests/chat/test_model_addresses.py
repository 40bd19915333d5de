"""What an address and a key variable may be that a knowledge admin gives a model: typed on the page, asked by a question."""

import socket
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from accounts.models import User
from config.env_hosts import env_hosts, env_origins
from gateway import errors
from gateway.layers import connecting
from gateway.models import ENVIRONMENT, ServedModel
from gateway.ports import Message
from gateway.routing.configured import keep_environment_model
from gateway.routing.row_gateway import serve_row
from tests.pages.test_model_pages import FIELDS

pytestmark = pytest.mark.django_db
INSIDE = [
    *("http://127.0.0.1:6379/v1", "http://localhost:8100/v1", "http://0x7f000001/v1", "http://2130706433/v1", "http://127.1/v1"),
    *("http://[::127.0.0.1]:8100/v1", "http://[64:ff9b::a9fe:a9fe]/v1", "http://100.100.100.200/v1", "http://169.254.169.254/v1"),
    *("http://here.example/v1", "https://here.example./v1", "http://[::ffff:169.254.169.254]/v1", "http://017700000001/v1"),
]
EVENTS = b'data: {"choices": [{"index": 0, "delta": {"content": "ready"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


class Connector(httpx.AsyncBaseTransport):
    """What stands where connections are made: notes them, and answers as a model or as configured."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.response: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.response or httpx.Response(200, content=EVENTS)


class Names(dict[str, list[str]]):
    """A name server that is a table; of several addresses it returns one after the other, the last for ever."""

    def __call__(self, host: str, port: int, **_: object) -> list[Any]:
        if host not in self:
            raise socket.gaierror(-2, "Name or service not known")
        found = self[host].pop(0) if len(self[host]) > 1 else self[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    table = Names({"models.example": ["10.255.0.5"], "here.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]})
    monkeypatch.setattr("outbound.hosts.socket.getaddrinfo", table)
    return table


@pytest.fixture(autouse=True)
def connector(monkeypatch: pytest.MonkeyPatch) -> Connector:
    made = Connector()
    monkeypatch.setattr(connecting.httpx, "AsyncHTTPTransport", lambda **_: made)
    return made


@pytest.fixture(autouse=True)
def strict(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODEL_HOSTS, settings.MODEL_KEY_ORIGINS, settings.LLM_BASE_URL, settings.LLM_API_KEY = [], {}, "", ""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def admin(client: Client, knowledge_admin: User) -> Client:
    client.force_login(knowledge_admin)
    return client


def add(admin: Client, **fields: str) -> ServedModel:
    response = admin.post("/models/new/", FIELDS | fields)
    assert response.status_code == 302, response.context["form"].errors
    return ServedModel.objects.get(name=fields.get("name", FIELDS["name"]))


def refusal(admin: Client, **fields: str) -> str:
    response = admin.post("/models/new/", FIELDS | fields)
    assert response.status_code == 422
    assert not ServedModel.objects.exists()
    return str(response.context["form"].errors)


def ask(row: ServedModel) -> str:
    async def read() -> str:
        model = serve_row(row)
        async with aclosing(model.stream((Message(role="user", content="?"),), options=row.options())) as deltas:
            return "".join([delta.text async for delta in deltas])

    return async_to_sync(read)()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_this_machine_is_refused_on_the_page_with_the_way_out(admin: Client, address: str) -> None:
    assert "ATTEST_MODEL_HOSTS=" in refusal(admin, base_url=address)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_this_machine_is_not_connected_to_whoever_wrote_the_row(connector: Connector, address: str) -> None:
    row = ServedModel.objects.create(name="x", base_url=address)
    with pytest.raises(errors.ModelAddressRefused):
        ask(row)
    assert connector.requests == []


def test_another_server_is_connected_to_by_the_judged_address(admin: Client, connector: Connector) -> None:
    assert ask(add(admin, base_url="https://models.example/v1")) == "ready"
    (request,) = connector.requests
    assert str(request.url) == "https://10.255.0.5/v1/chat/completions"
    assert (request.headers["Host"], request.extensions["sni_hostname"]) == ("models.example", "models.example")


def test_a_name_that_leads_elsewhere_after_it_was_saved_is_refused(admin: Client, connector: Connector, names: Names) -> None:
    row = add(admin, base_url="http://models.example/v1")
    names["models.example"] = ["10.255.0.5", "127.0.0.1"]
    assert ask(row) == "ready"
    with pytest.raises(errors.ModelAddressRefused):
        ask(row)
    page = admin.post(f"/models/{row.pk}/test/", follow=True).content.decode()
    assert "The address points to the machine that runs Attest" in page
    assert "ATTEST_MODEL_HOSTS" in page
    assert [request.url.host for request in connector.requests] == ["10.255.0.5"]


def test_a_server_that_is_not_there_yet_may_be_entered(admin: Client, connector: Connector) -> None:
    row = add(admin, base_url="http://vllm:8000/v1")
    with pytest.raises(errors.ModelUnreachable):
        ask(row)
    assert connector.requests == []


def test_a_redirect_is_not_followed(admin: Client, connector: Connector) -> None:
    connector.response = httpx.Response(307, headers={"Location": "http://10.255.0.6/v1/chat/completions"})
    with pytest.raises(errors.ModelRejected):
        ask(add(admin, base_url="http://models.example/v1"))
    assert len(connector.requests) == 1


def test_what_the_operator_lists_may_be_named_at_that_port_alone(admin: Client, connector: Connector, settings: Any) -> None:
    settings.MODEL_HOSTS = ["127.0.0.1:8100"]
    assert ask(add(admin, base_url="http://127.0.0.1:8100/v1")) == "ready"
    assert connector.requests[0].url.port == 8100
    response = admin.post("/models/new/", FIELDS | {"name": "other", "base_url": "http://127.0.0.1:6379/v1"})
    assert response.status_code == 422


def test_the_server_of_the_environment_needs_no_list(admin: Client, settings: Any) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:8100/v1", "llama"
    keep_environment_model()
    assert ask(ServedModel.objects.get(name=ENVIRONMENT)) == "ready"
    add(admin, name="adapter", base_url="http://127.0.0.1:8100/v1", lora_name="policies")


def test_no_other_row_becomes_the_environments(admin: Client) -> None:
    row = add(admin, base_url="http://models.example/v1")
    response = admin.post(f"/models/{row.pk}/", FIELDS | {"name": ENVIRONMENT, "base_url": "http://models.example/v1"})
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://models.example/v1", True),
        ("https://models.example:443/v2", True),
        ("https://MODELS.example./v1", True),
        ("http://models.example/v1", False),  # in clear
        ("https://models.example:8443/v1", False),
        ("https://evil.example/v1", False),
    ],
)
def test_a_key_in_a_variable_goes_to_the_bound_origin_alone(
    admin: Client, connector: Connector, settings: Any, monkeypatch: pytest.MonkeyPatch, names: Names, address: str, may: bool
) -> None:
    names["evil.example"] = names["models.example."] = ["10.255.0.9"]
    monkeypatch.setenv("LLM_CLOUD_KEY", "sk-of-the-operator")
    settings.MODEL_KEY_ORIGINS = {"LLM_CLOUD_KEY": ("https://models.example",)}
    row = ServedModel.objects.create(name="older", base_url=address, key_variable="LLM_CLOUD_KEY")
    if may:
        ask(row)
        assert connector.requests[0].headers["Authorization"] == "Bearer sk-of-the-operator"
        add(admin, base_url=address, key_variable="LLM_CLOUD_KEY")
        return
    with pytest.raises(errors.ModelUnauthorized, match="not bound"):
        ask(row)
    assert connector.requests == []
    row.delete()
    assert "ATTEST_MODEL_KEY_ORIGINS=LLM_CLOUD_KEY=https://host:port" in refusal(
        admin, base_url=address, key_variable="LLM_CLOUD_KEY"
    )


def test_the_key_of_the_environment_goes_to_its_server_alone(admin: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-of-the-operator")
    settings.LLM_BASE_URL, settings.LLM_API_KEY = "http://127.0.0.1:8100/v1", "sk-of-the-operator"
    assert "is not allowed for this address" in refusal(admin, base_url="https://models.example/v1", key_variable="LLM_API_KEY")
    keep_environment_model()
    assert ServedModel.objects.get(name=ENVIRONMENT).read_key() == "sk-of-the-operator"


def test_a_kept_key_is_forgotten_where_the_address_goes_from_https_to_http(admin: Client) -> None:
    row = add(admin, base_url="https://models.example/v1", key="typed")
    admin.post(f"/models/{row.pk}/", FIELDS | {"base_url": "http://models.example/v1"})
    row.refresh_from_db()
    assert (row.base_url, row.read_key()) == ("http://models.example/v1", "")


def test_the_companys_proxy_is_used_for_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(connecting.httpx, "AsyncHTTPTransport", lambda **options: made.append(options))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inner.example")
    for address in ("https://models.example/v1", "https://inner.example/v1", "http://models.example/v1"):
        connecting.transport_for(address, None)
    assert [str(options["proxy"].url) if "proxy" in options else "" for options in made] == ["http://proxy.example:3128", "", ""]


@pytest.mark.parametrize(
    ("value", "message"),
    [("http://127.0.0.1:8100", "host or host:port"), ("127.0.0.1:x", "host or host:port")],
)
def test_a_bad_list_of_hosts_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    monkeypatch.setenv("ATTEST_MODEL_HOSTS", value)
    with pytest.raises(Exception, match=f"ATTEST_MODEL_HOSTS has .*{message}"):
        env_hosts("ATTEST_MODEL_HOSTS")


def test_keys_are_bound_by_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "ATTEST_MODEL_KEY_ORIGINS", "LLM_A_KEY=https://a.example, LLM_A_KEY=http://10.0.0.5:8100,LLM_B_KEY=https://b.example/"
    )
    assert env_origins("ATTEST_MODEL_KEY_ORIGINS") == {
        "LLM_A_KEY": ("https://a.example", "http://10.0.0.5:8100"),
        "LLM_B_KEY": ("https://b.example/",),
    }
    for bad in (
        "LLM_A_KEY",
        "LLM_A_KEY=a.example",
        "LLM_A_KEY=https://a.example/v1",
        "=https://a.example",
        "LLM_A_KEY=https://u:p@a.example",
    ):
        monkeypatch.setenv("ATTEST_MODEL_KEY_ORIGINS", bad)
        with pytest.raises(Exception, match="write LLM_NAME_KEY="):
            env_origins("ATTEST_MODEL_KEY_ORIGINS")
