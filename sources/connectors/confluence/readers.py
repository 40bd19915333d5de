"""Who may read a page of Confluence: whoever may read its space, and stands in the restrictions of the page and of all above it.

A restriction cuts out of what is above it, so both sides count. Where there is one, groups are taken apart into their members: what
two lists of people and groups have in common cannot be told otherwise. A change of members counts at the next listing.
"""

from typing import Any
from urllib.parse import quote

from sources.connectors.calling.calls import Calls, check_status, read_json
from sources.connectors.port import Principal, Rights

Readers = frozenset[Principal]
GROUP_IDS = 200


class PageReaders:
    """Asks each space, group and page once. `api` is the address up to and with /wiki."""

    def __init__(self, calls: Calls, api: str) -> None:
        self._calls, self._api = calls, api
        self._spaces: dict[str, Readers] = {}
        self._people: dict[str, Principal] = {}
        self._groups: dict[str, Principal] = {}
        self._group_ids: dict[Principal, str] = {}
        self._members: dict[Principal, Readers] = {}
        self._pages: dict[str, Readers | None] = {}

    def rights(self, page: dict[str, Any]) -> Rights:
        """Return the readers of a page as the search gives it: with `space`, `ancestors` and `restrictions`."""
        found = [self._restriction(str(one["id"])) for one in page.get("ancestors", ())]
        own = self._read(page["restrictions"]["read"]["restrictions"]) if "restrictions" in page else None
        self._pages[str(page["id"])] = own
        limits = [readers for readers in (*found, own) if readers is not None]
        space = self._space(str(page["space"]["id"]))
        if not limits:
            return Rights(allow=space)
        people = [self._taken_apart(readers) for readers in (space, *limits)]
        return Rights(allow=frozenset.intersection(*people))

    def forget(self, page: dict[str, Any]) -> None:
        """Ask anew about a page, all above it, and its space."""
        for one in (page, *page.get("ancestors", ())):
            self._pages.pop(str(one["id"]), None)
        self._spaces.clear()
        self._members.clear()

    def _restriction(self, page_id: str) -> Readers | None:
        """Return whom a page is restricted to, None where it is not."""
        if page_id not in self._pages:
            response = self._calls.ask("GET", f"{self._api}/rest/api/content/{quote(page_id)}/restriction/byOperation/read")
            if response.status_code in (403, 404):
                self._pages[page_id] = frozenset()  # what this account may not see is nobody's here
            else:
                check_status(response)
                self._pages[page_id] = self._read(read_json(response)["restrictions"])
        return self._pages[page_id]

    def _read(self, found: dict[str, Any]) -> Readers | None:
        users, groups = (found.get(kind, {}).get("results", []) for kind in ("user", "group"))
        if not users and not groups:
            return None
        return frozenset((*map(self._person, users), *map(self._group, groups)))

    def _space(self, space_id: str) -> Readers:
        if space_id not in self._spaces:
            readers: set[Principal] = set()
            for one in self._pages_of(f"{self._api}/api/v2/spaces/{quote(space_id)}/permissions?limit=250"):
                operation, who = one["operation"], one["principal"]
                if (operation["key"], operation["targetType"]) != ("read", "space"):
                    continue
                if who["type"] == "user":
                    readers.add(self._person_by_id(str(who["id"])))
                elif who["type"] == "group":
                    readers.add(self._group_by_id(str(who["id"])))
            self._spaces[space_id] = frozenset(readers)
        return self._spaces[space_id]

    def _taken_apart(self, readers: Readers) -> Readers:
        people = frozenset(one for one in readers if one.kind == "person")
        return people.union(*(self._members_of(one) for one in readers if one.kind == "group"))

    def _members_of(self, group: Principal) -> Readers:
        if group not in self._members:
            url = f"{self._api}/rest/api/group/{quote(self._group_ids[group])}/membersByGroupId?limit={GROUP_IDS}"
            self._members[group] = frozenset(self._person(one) for one in self._pages_of(url))
        return self._members[group]

    def _person_by_id(self, account: str) -> Principal:
        if account not in self._people:
            self._person(self._calls.ask_json("GET", f"{self._api}/rest/api/user?accountId={quote(account)}"))
        return self._people[account]

    def _person(self, user: dict[str, Any]) -> Principal:
        """Return a person by mail, or by account where the mail is kept private."""
        account = str(user["accountId"])
        self._people[account] = Principal("person", str(user.get("email") or account), str(user.get("displayName") or account))
        return self._people[account]

    def _group_by_id(self, group_id: str) -> Principal:
        if group_id not in self._groups:
            self._group(self._calls.ask_json("GET", f"{self._api}/rest/api/group/by-id?id={quote(group_id)}"))
        return self._groups[group_id]

    def _group(self, group: dict[str, Any]) -> Principal:
        group_id = str(group["id"])
        self._groups[group_id] = Principal("group", str(group["name"]), str(group["name"]))
        self._group_ids[self._groups[group_id]] = group_id
        return self._groups[group_id]

    def _pages_of(self, url: str) -> list[Any]:
        found: list[Any] = []
        while url:
            answer = self._calls.ask_json("GET", url)
            found += answer["results"]
            url = next_url(answer, self._api)
        return found


def next_url(answer: dict[str, Any], api: str) -> str:
    """Return where a list goes on: a path that may or may not begin with /wiki; "" at its end."""
    path = str(answer.get("_links", {}).get("next") or "")
    if not path.startswith("/"):
        return ""
    root = api.removesuffix("/wiki")
    return root + path if path.startswith("/wiki/") else api + path
