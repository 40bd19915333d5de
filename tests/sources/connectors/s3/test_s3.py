"""A bucket of moto's server, which checks signatures as Amazon does."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sources.connectors.errors import ConnectorError, ItemGone, ItemUnreadable, SignInRefused, SourceAway, Throttled
from sources.connectors.port import Item, Principal
from sources.connectors.s3 import MANIFEST
from sources.connectors.s3.rules import read_rules
from sources.connectors.s3.signing import Signer
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

BUCKET = "handbooks"
KEYS = {"Finance/2026/plan & more.txt": b"the plan", "HR/假期+.txt": b"holidays", "readme.txt": b"read me", "Finance/": b""}
READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}]}
DOCUMENTED = Signer(access_key="AKIAIOSFODNN7EXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1")


@pytest.fixture(scope="module")
def server():
    with served(DomainDispatcherApplication(create_backend_app)) as address:
        yield address


@pytest.fixture
def store(server):
    httpx.post(f"{server}/moto-api/reset")
    change(server, f"/{BUCKET}")
    for key, content in KEYS.items():
        change(server, f"/{BUCKET}/{key}", content=content)
    return server


@pytest.fixture
def source(store):
    with opened(MANIFEST, {"address": store, "bucket": BUCKET, "access_key": "any"}, {"secret_key": "any"}) as connector:
        yield connector


def change(server, path, method="PUT", **request):
    host = {"Host": "s3.amazonaws.com", "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request"}
    response = httpx.request(method, server + path.replace("+", "%2B"), headers=host, **request)
    assert response.is_success, response.text


def test_it_lists_objects_with_their_folders_and_bytes(source):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == set(KEYS) - {"Finance/"}
    for name, item in found.by_name.items():
        assert (item.id, item.size, item.rights) == (name, len(KEYS[name]), None)
        assert item.modified is not None
        assert fetch(source, item) == KEYS[name]


def test_the_version_changes_when_the_bytes_do(source, store):
    before = list_all(source).by_name
    change(store, f"/{BUCKET}/readme.txt", content=b"read me again")
    change(store, f"/{BUCKET}/HR/假期+.txt", content=KEYS["HR/假期+.txt"])
    after = list_all(source).by_name
    assert before["readme.txt"].version != after["readme.txt"].version
    assert before["HR/假期+.txt"].version == after["HR/假期+.txt"].version


def test_what_is_deleted_is_not_listed_and_not_fetched(source, store):
    gone = list_all(source).by_name["readme.txt"]
    change(store, f"/{BUCKET}/readme.txt", method="DELETE")
    assert "readme.txt" not in list_all(source).by_name
    with pytest.raises(ItemGone):
        fetch(source, gone)


def test_a_listing_goes_on_from_every_page(source, monkeypatch):
    ask = type(source)._ask
    monkeypatch.setattr(type(source), "_ask", lambda self, after, most=1: ask(self, after, most=most))
    list_from_every_page(source)


def test_a_prefix_bounds_the_listing(store):
    with opened(MANIFEST, {"address": store, "bucket": BUCKET, "prefix": "Finance/"}) as source:
        assert set(list_all(source).by_name) == {"Finance/2026/plan & more.txt"}


def test_the_longest_prefix_says_who_reads(store):
    rules = "Finance/ = accounting, board; Finance/2026/ = board\nHR/ = people team"
    with opened(MANIFEST, {"address": store, "bucket": BUCKET, "rules": rules}) as source:
        found = list_all(source).by_name
        assert found["Finance/2026/plan & more.txt"].rights.allow == {Principal("group", "board")}
        assert found["HR/假期+.txt"].rights.allow == {Principal("group", "people team")}
        assert found["readme.txt"].rights.allow == frozenset()  # no rule: nobody
        assert source.rights_of(found["HR/假期+.txt"]) == found["HR/假期+.txt"].rights


def test_a_rule_that_is_none_is_refused_with_an_example():
    with pytest.raises(ConnectorError, match="accounting, board"):
        read_rules("Finance/")


def test_signatures_are_those_of_the_documentation():
    """Amazon S3 API Reference, "Signature Calculations for the Authorization Header", its examples."""
    moment, host = datetime(2013, 5, 24, tzinfo=UTC), "https://examplebucket.s3.amazonaws.com"
    for address, headers, signature in (
        ("/test.txt", {"Range": "bytes=0-9"}, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ):
        request = httpx.Request("GET", host + address, headers=headers)
        DOCUMENTED.sign(request, moment)
        assert request.headers["Authorization"].endswith(f"Signature={signature}")


def test_a_bucket_that_is_not_there_says_so(store):
    with opened(MANIFEST, {"address": store, "bucket": "none"}) as source, pytest.raises(SourceAway):
        source.check()


def test_a_key_that_may_is_told_apart_from_one_that_may_not(store):
    iam = get_backend("iam")[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", "reader")
    iam.put_user_policy("reader", "reads", json.dumps(READS))
    key = iam.create_access_key(user_name="reader")
    httpx.post(f"{store}/moto-api/reset-auth", content=b"0")  # from now on every signature is checked
    try:
        settings = {"address": store, "bucket": BUCKET, "access_key": key.access_key_id}
        with opened(MANIFEST, settings, {"secret_key": key.secret_access_key}) as source:
            found = list_all(source).by_name
            assert {name: fetch(source, item) for name, item in found.items()} == {name: KEYS[name] for name in found}
        with opened(MANIFEST, settings, {"secret_key": "wrong"}) as source, pytest.raises(SignInRefused):
            source.check()
    finally:
        httpx.post(f"{store}/moto-api/reset-auth", content=b"inf")


def test_a_store_that_asks_to_wait_is_given_its_time():
    def application(environ, start):
        start("503 Slow Down", [("Retry-After", "7")])
        return [b""]

    with (
        served(application) as address,
        opened(MANIFEST, {"address": address, "bucket": BUCKET}) as source,
        pytest.raises(Throttled) as throttled,
    ):
        list_all(source)
    assert throttled.value.retry_after == 7


@pytest.mark.parametrize("bucket", ["a/../b", "evil.example/#", "", "-x"])
def test_what_is_no_bucket_is_refused(bucket):
    with pytest.raises(ConnectorError, match="letters"):
        MANIFEST.open({"address": "https://s3.example", "bucket": bucket}, {})


def test_a_store_may_want_the_bucket_in_its_host_name(settings):
    settings.SOURCE_HOSTS = ["docs.localhost"]
    where = {"address": "http://localhost:9", "bucket": "docs", "addressing": "host"}
    with opened(MANIFEST, where) as source, pytest.raises(SourceAway, match=r"docs\.localhost"):
        source.check()


def test_a_key_that_no_address_can_hold_is_left_alone(source):
    with pytest.raises(ItemUnreadable):
        fetch(source, Item(id="Finance/../readme.txt", name="readme.txt"))
