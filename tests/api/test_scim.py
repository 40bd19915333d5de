"""SCIM 2.0 by the examples of RFC 7643 and RFC 7644, by what Entra ID and Okta send, and what nobody may do by it."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.credentials import find_reader, key_credential
from accounts.keys import create_api_key
from accounts.models import Provisioned, User
from accounts.programs.service_accounts import create_service
from accounts.services import change_account
from audit.models import Event
from tests.accounts.test_sessions import credential_of

pytestmark = pytest.mark.django_db
USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
BJENSEN = {  # RFC 7644, 3.3
    "schemas": [USER],
    "userName": "bjensen",
    "externalId": "bjensen-7",
    "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"},
}


class Provisioner:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self.client, self.key = Client(), key

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        address = f"/scim/v2/{path}"
        headers = {"Authorization": f"Bearer {self.key}"}
        given: dict[str, Any] = {"data": query} if method == "get" else {}
        if body is not None:
            given = {"data": json.dumps(body), "content_type": "application/scim+json"}
        response = getattr(self.client, method)(address, headers=headers, **given)
        assert response["Content-Type"] == "application/scim+json"
        return response

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self("patch", path, {"schemas": [PATCH], "Operations": list(operations)})

    def names(self, condition: str, **query: str) -> list[str]:
        found = self("get", "Users", filter=condition, **query)
        assert found.status_code == 200, found.content
        return [one["userName"] for one in found.json().get("Resources", ())]


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user(username="sam", role=User.Role.SYSTEM_ADMIN)


@pytest.fixture
def scim(admin: User) -> Provisioner:
    return Provisioner(create_api_key(user=admin, name="Entra", scopes=["people"], days=30, actor=admin).text)


def refusal(response: Any, status: int, kind: str | None = None) -> str:
    found = response.json()
    assert (response.status_code, found["schemas"], found["status"]) == (status, [ERROR], str(status)), found
    assert found.get("scimType") == kind
    return str(found["detail"])


# --- who may call ---


def test_only_a_key_with_the_scope_of_somebody_who_manages_people_opens_it(
    scim: Provisioner, admin: User, knowledge_admin: User, employee: User
) -> None:
    assert scim("get", "Users").status_code == 200
    signed_in = Client()
    signed_in.force_login(admin)
    assert signed_in.get("/scim/v2/Users").status_code == 401
    assert refusal(Provisioner("att_wrong")("get", "Users"), 401)
    reading = create_api_key(user=admin, name="reader", scopes=["read"], days=30, actor=admin)
    assert refusal(Provisioner(reading.text)("get", "Users"), 403)
    with pytest.raises(Exception, match="permissions that its owner does not have"):
        create_api_key(user=employee, name="x", scopes=["people"], days=30, actor=employee)
    change_account(user=admin, role=User.Role.EMPLOYEE, actor=None)  # what they were counts no more
    assert refusal(scim("get", "Users"), 403)
    assert refusal(scim("post", "Users", BJENSEN), 403)
    assert not User.objects.filter(username="bjensen").exists()


# --- people ---


def test_a_person_is_made_shown_replaced_and_deleted(scim: Provisioner, admin: User) -> None:
    made = scim("post", "Users", BJENSEN)
    found = made.json()
    assert made.status_code == 201
    assert made["Location"] == found["meta"]["location"] == f"http://testserver/scim/v2/Users/{found['id']}"
    assert (found["userName"], found["externalId"], found["active"]) == ("bjensen", "bjensen-7", True)
    assert found["name"] == {"familyName": "Jensen", "givenName": "Barbara"}
    user = User.objects.get(username="bjensen")
    assert (user.get_full_name(), user.role, user.has_usable_password()) == ("Barbara Jensen", "employee", False)
    assert Event.objects.first().actor_name == "sam"
    assert "already" in refusal(scim("post", "Users", BJENSEN | {"userName": "BJensen"}), 409, "uniqueness")
    path = f"Users/{found['id']}"
    put = BJENSEN | {"id": found["id"], "emails": [{"value": "b@example.com", "type": "work", "primary": True}], "active": True}
    assert scim("put", path, put).json()["emails"] == [{"value": "b@example.com", "type": "work", "primary": True}]
    assert refusal(scim("put", path, put | {"userName": "babs"}), 400, "mutability")
    assert User.objects.get(pk=user.pk).username == "bjensen"
    assert scim("delete", path).status_code == 204
    assert refusal(scim("get", path), 404)
    assert refusal(scim("delete", path), 404)
    assert scim.names('userName eq "bjensen"') == []
    user.refresh_from_db()
    assert (user.is_active, user.email) == (False, "b@example.com")  # it stays for the audit
    again = scim("post", "Users", BJENSEN)
    assert (again.status_code, again.json()["id"]) == (201, found["id"])
    user.refresh_from_db()
    assert user.is_active


def test_the_full_enterprise_user_of_the_rfc_is_taken_without_what_is_not_kept(scim: Provisioner) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    given = BJENSEN | {
        "schemas": [USER, enterprise],
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": True},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
        "password": "t1meMa$heen-t1me",
        "roles": [{"value": "auditor"}],
        enterprise: {"employeeNumber": "701984", "department": "Tour Operations"},
    }
    made = scim("post", "Users", given)
    assert made.status_code == 201, made.content
    assert "password" not in made.json()
    user = User.objects.get(username="bjensen")
    assert (user.email, user.role, user.has_usable_password()) == ("bjensen@example.com", "employee", False)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "path": "active", "value": "False"},  # Entra ID
        {"op": "replace", "value": {"active": False}},  # Okta
    ],
)
def test_who_is_deprovisioned_is_out_at_once(scim: Provisioner, employee: User, operation: dict[str, Any]) -> None:
    client = Client()
    client.force_login(employee)
    key = create_api_key(user=employee, name="script", scopes=["ask"], days=30, actor=employee)
    credentials = [credential_of(client, employee), key_credential(key.key)]
    assert all(map(find_reader, credentials))
    answered = scim.patch(f"Users/{employee.pk}", operation)
    assert (answered.status_code, answered.json()["active"]) == (200, False)
    assert [find_reader(one) for one in credentials] == [None, None]  # what an answer that is being written asks
    assert client.get("/").status_code == 302
    assert scim.patch(f"Users/{employee.pk}", {"op": "replace", "path": "active", "value": True}).json()["active"] is True
    assert [find_reader(one) for one in credentials] == [None, None]  # what ended stays ended


def test_a_patch_changes_what_it_names(scim: Provisioner) -> None:
    path = f"Users/{scim('post', 'Users', BJENSEN).json()['id']}"
    # RFC 7644, 3.5.2.1: without a path; the nickname is not kept
    added = scim.patch(path, {"op": "add", "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}})
    assert added.json()["emails"][0]["value"] == "babs@jensen.org"
    # Entra ID: a path into a value that is not there yet, and a key that is a path
    entra = scim.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "barbara@example.com"},
        {"op": "Add", "value": {"name.familyName": "Jensen-Lee", "displayName": "B. Jensen-Lee"}},
    )
    assert (entra.json()["emails"][0]["value"], entra.json()["name"]["familyName"]) == ("barbara@example.com", "Jensen-Lee")
    assert (
        scim.patch(path, {"op": "remove", "path": 'emails[type eq "work" and value ew "example.com"]'}).json().get("emails") is None
    )
    assert refusal(scim.patch(path, {"op": "replace", "path": "userName", "value": "other"}), 400, "mutability")
    assert refusal(scim.patch(path, {"op": "replace", "path": "groups", "value": [{"value": "1"}]}), 400, "mutability")
    assert refusal(scim.patch(path, {"op": "remove"}), 400, "noTarget")
    assert refusal(scim("patch", path, {"schemas": [PATCH], "Operations": []}), 400, "invalidValue")
    assert User.objects.get(username="bjensen").last_name == "Jensen-Lee"


def test_what_an_admin_may_not_do_a_program_may_not_either(scim: Provisioner, admin: User, auditor: User) -> None:
    off = {"op": "replace", "path": "active", "value": False}
    assert refusal(scim.patch(f"Users/{admin.pk}", off), 403)  # its own owner, and the last who manages people
    assert refusal(scim("delete", f"Users/{admin.pk}"), 403)
    email = {"op": "add", "path": "emails", "value": [{"value": "mine@example.com", "type": "work"}]}
    assert refusal(scim.patch(f"Users/{auditor.pk}", email), 403)  # by which a new password would be asked for
    auditor.refresh_from_db()
    assert (auditor.email, admin.is_active) == ("", True)


def test_an_address_or_name_of_another_account_is_refused(scim: Provisioner, employee: User) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    taken = [{"value": "ERIN@example.com", "type": "work"}]
    assert refusal(scim("post", "Users", BJENSEN | {"emails": taken}), 409, "uniqueness")
    assert refusal(scim("post", "Users", BJENSEN | {"userName": "erin@example.com"}), 409, "uniqueness")
    assert User.objects.filter(username="bjensen").count() == 0
    assert Provisioned.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [USER]},
        {"schemas": [USER], "userName": "a b c!"},
        {"schemas": [USER], "userName": "x" * 151},
        ["no", "object"],
        {},
    ],
)
def test_a_body_that_is_no_person_leaves_nothing_behind(scim: Provisioner, body: Any) -> None:
    assert refusal(scim("post", "Users", body), 400, scim("post", "Users", body).json().get("scimType"))
    assert User.objects.count() == 1


# --- searching ---


@pytest.fixture
def people(scim: Provisioner) -> None:
    for name, family, email in (("jsmith", "O'Malley", "j@example.com"), ("Jane", "Lee", ""), ("mo", "Mo", "mo@other.org")):
        values: dict[str, Any] = {"userName": name, "name": {"familyName": family}, "externalId": f"x-{name}"}
        if email:
            values["emails"] = [{"value": email, "type": "work"}]
        assert scim("post", "Users", {"schemas": [USER], **values}).status_code == 201


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ('userName eq "JSMITH"', ["jsmith"]),
        ('name.familyName co "O\'Malley"', ["jsmith"]),
        ('userName sw "J"', ["jsmith", "Jane"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', ["jsmith", "Jane"]),
        ('emails[type eq "work" and value co "@example.com"]', ["jsmith"]),
        ('emails.value ew "other.org" or externalId eq "x-Jane"', ["Jane", "mo"]),
        ('externalId eq "X-jane"', []),
        ("emails pr and externalId pr", ["jsmith", "mo"]),
        ('not (emails pr) and active eq true and userName ne "sam"', ["Jane"]),
        ('userName sw "j" and (name.familyName eq "lee" or emails.type eq "home")', ["Jane"]),
        ('meta.created gt "2011-05-13T04:42:34Z" and userName eq "mo"', ["mo"]),
        ('meta.created lt "2011-05-13T04:42:34Z"', []),
        ('id eq "no number"', []),
    ],
)
def test_a_filter_finds_what_the_rfc_says(scim: Provisioner, people: None, condition: str, names: list[str]) -> None:
    assert scim.names(condition) == names


@pytest.mark.parametrize(
    "condition", ["userName", 'userName eq "a', 'title eq "x"', "userName gt true", "active sw true", "(" * 50]
)
def test_a_filter_that_is_none_is_refused(scim: Provisioner, condition: str) -> None:
    assert refusal(scim("get", "Users", filter=condition), 400, "invalidFilter")


def test_lists_come_in_pages_sorted_and_with_the_attributes_asked_for(scim: Provisioner, people: None) -> None:
    page = scim("get", "Users", startIndex="2", count="2", sortBy="userName", sortOrder="descending", attributes="userName").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (4, 2, 2)
    assert [one["userName"] for one in page["Resources"]] == ["mo", "jsmith"]
    assert set(page["Resources"][0]) <= {"schemas", "id", "userName"}
    assert scim("get", "Users", count="0").json()["totalResults"] == 4
    assert scim("get", "Users", startIndex="99").json()["itemsPerPage"] == 0
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": 'userName eq "mo"', "count": 10}
    assert scim("post", "Users/.search", search).json()["Resources"][0]["userName"] == "mo"
    assert refusal(scim("get", "Users", sortBy="emails.type"), 400, "invalidFilter")


# --- groups ---


def test_a_group_is_made_its_members_come_and_go_and_their_rights_with_them(
    scim: Provisioner, employee: User, outsider: User, collection
) -> None:
    made = scim("post", "Groups", {"schemas": [GROUP], "displayName": "Tour Guides", "externalId": "g-1"})
    assert made.status_code == 201
    path = f"Groups/{made.json()['id']}"
    collection.groups.set(Group.objects.filter(name="Tour Guides"))
    client = Client()
    client.force_login(outsider)
    page = f"/library/c/{collection.slug}/"
    assert client.get(page).status_code == 404
    member = {"display": "Olga", "$ref": f"https://example.com/v2/Users/{outsider.pk}", "value": str(outsider.pk)}
    added = scim.patch(path, {"op": "add", "path": "members", "value": [member]})  # RFC 7644, 3.5.2.1
    assert [one["value"] for one in added.json()["members"]] == [str(outsider.pk)]
    assert client.get(page).status_code == 200
    assert Event.objects.filter(action="group.members_changed").get().payload.data["joined"] == ["olga"]
    removed = scim.patch(path, {"op": "remove", "path": f'members[value eq "{outsider.pk}"]'})  # 3.5.2.2
    assert removed.json().get("members") is None
    assert client.get(page).status_code == 404
    both = [{"value": str(one.pk)} for one in (employee, outsider)]
    assert len(scim.patch(path, {"op": "replace", "path": "members", "value": both}).json()["members"]) == 2  # 3.5.2.3
    entra = scim.patch(path, {"op": "Remove", "path": "members", "value": [{"value": str(employee.pk)}]})
    assert [one["value"] for one in entra.json()["members"]] == [str(outsider.pk)]
    shown = scim("get", "Groups", filter='displayName eq "tour guides"', excludedAttributes="members").json()["Resources"]
    assert [set(one) & {"members", "displayName"} for one in shown] == [{"displayName"}]
    assert scim.names(f'groups.value eq "{made.json()["id"]}"') == ["olga"]
    put = {"schemas": [GROUP], "displayName": "Guides", "members": [{"value": str(employee.pk), "type": "User"}]}
    assert scim("put", path, put).json()["displayName"] == "Guides"
    guides = Group.objects.get(name="Guides")
    assert list(guides.user_set.values_list("username", flat=True)) == ["erin"]
    robot = create_service(username="robot", purpose="Reads", owner=employee, groups=[guides], actor=None)
    assert scim.names('userName eq "robot"') == []
    assert len(scim("put", path, put).json()["members"]) == 1
    assert robot.user in guides.user_set.all()  # programs are no people, and stay
    assert scim("delete", path).status_code == 204
    assert refusal(scim("get", path), 404)


def test_what_is_no_member_is_refused_and_nothing_changes(scim: Provisioner, admin: User, group: Group, employee: User) -> None:
    path = f"Groups/{group.pk}"
    for member in ({"value": "999999"}, {"value": "x"}, {"value": str(group.pk), "type": "Group"}):
        assert refusal(scim.patch(path, {"op": "add", "path": "members", "value": [member]}), 400, "invalidValue")
    assert refusal(scim.patch(path, {"op": "add", "path": "members", "value": [{"value": str(admin.pk)}]}), 403)
    assert refusal(scim("post", "Groups", {"schemas": [GROUP], "displayName": "people TEAM"}), 409, "uniqueness")
    assert list(group.user_set.values_list("username", flat=True)) == ["erin"]


# --- how it describes itself ---


def test_it_describes_what_it_does(scim: Provisioner) -> None:
    config = scim("get", "ServiceProviderConfig").json()
    assert [config[name]["supported"] for name in ("patch", "filter", "bulk", "sort", "changePassword", "etag")] == [
        *(True, True, False, True, False, False)
    ]
    types = scim("get", "ResourceTypes").json()
    assert {(one["name"], one["endpoint"], one["schema"]) for one in types["Resources"]} == {
        ("User", "/Users", USER),
        ("Group", "/Groups", GROUP),
    }
    assert scim("get", "ResourceTypes/User").json()["schema"] == USER
    schema = scim("get", f"Schemas/{USER}").json()
    assert {one["name"] for one in schema["attributes"]} == {"userName", "name", "active", "emails", "groups"}
    assert scim("get", "Schemas").json()["totalResults"] == 2
    assert refusal(scim("get", "Schemas/nothing"), 404)
    assert refusal(scim("get", "Nothing/at/all"), 404)
    assert refusal(scim("post", "Bulk", {}), 404)
    assert scim("get", "ServiceProviderConfig")["Cache-Control"] == "private, no-store"


def test_a_group_of_many_is_listed_with_few_queries(scim: Provisioner, django_assert_max_num_queries) -> None:
    big = Group.objects.create(name="Everybody")
    big.user_set.add(*User.objects.bulk_create([User(username=f"p{number}") for number in range(60)]))
    with django_assert_max_num_queries(20):
        assert len(scim("get", "Groups").json()["Resources"][0]["members"]) == 60
    with django_assert_max_num_queries(20):
        assert scim("get", "Users", count="50").json()["itemsPerPage"] == 50
