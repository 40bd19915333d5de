"""Calls of Microsoft Graph: signed in as an application, in pages, several at once."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url, origin_of, service_rules
from sources.connectors.calling.calls import USUAL_WAIT_S, Calls, check_status, read_json, read_wait
from sources.connectors.calling.tokens import Bearer, read_token
from sources.connectors.errors import SignInRefused, SourceAway, Throttled

KNOWN = frozenset(
    (
        *("graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"),
        *("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"),
    )
)
AT_ONCE = 20  # the most that a batch may hold


class Graph:
    def __init__(self, *, api: str, login: str, tenant: str, client: str, secret: str) -> None:
        self._root, self._login = check_url(api).rstrip("/"), check_url(login).rstrip("/")
        self._form = {"client_id": client, "client_secret": secret, "grant_type": "client_credentials"}
        self._form["scope"] = f"{self._root}/.default"
        self._tenant = tenant
        self._doors = Calls(self._login, rules=service_rules(self._login, KNOWN))
        bearer = Bearer(self._ask_token)
        rules = service_rules(self._root, KNOWN)
        self.calls = Calls(self._root, authorise=bearer.authorise, renew=bearer.renew, rules=rules)

    def close(self) -> None:
        self.calls.close()
        self._doors.close()

    def address(self, path: str) -> str:
        return f"{self._root}/v1.0{path}"

    def ask(self, path: str, **request: Any) -> httpx.Response:
        """`path`: of the API, or a whole address that it gave."""
        url = path if path.startswith(("https:", "http:")) else self.address(path)
        if origin_of(url) != self.calls.origin:
            raise SourceAway(_("%(host)s did not respond as its API should.") % {"host": self.calls.origin[1]})
        return self.calls.ask("GET", url, **request)

    def read(self, path: str) -> dict[str, Any]:
        response = self.ask(path)
        check_status(response)
        return dict(read_json(response))

    def read_all(self, path: str) -> Iterator[dict[str, Any]]:
        while path:
            found = self.read(path)
            yield from found["value"]
            path = str(found.get("@odata.nextLink") or "")

    def read_many(self, paths: list[str]) -> list[dict[str, Any] | None]:
        """Return what each path gives, first pages alone; None where it is gone or closed. Raises: Throttled."""
        found: list[dict[str, Any] | None] = []
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            requests = [{"id": str(place), "method": "GET", "url": path} for place, path in enumerate(some)]
            content = json.dumps({"requests": requests}).encode()
            answer = self.calls.ask_json(
                "POST", self.address("/$batch"), content=content, headers={"Content-Type": "application/json"}
            )
            by_id = {str(one["id"]): one for one in answer["responses"]}
            found += [self._one(by_id[str(place)]) for place in range(len(some))]
        return found

    def _one(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        status, host = int(answer["status"]), self.calls.origin[1]
        if status == 429 or status >= 500:
            wait = str({name.lower(): value for name, value in answer.get("headers", {}).items()}.get("retry-after", USUAL_WAIT_S))
            raise Throttled(_("%(host)s asks to wait.") % {"host": host}, retry_after=read_wait(wait))
        return dict(answer["body"]) if status == 200 else None

    def _ask_token(self) -> tuple[str, float]:
        url = f"{self._login}/{quote(self._tenant, safe='')}/oauth2/v2.0/token"
        refused = _("%(host)s rejected these credentials.")
        response = self._doors.ask("POST", url, data=self._form)
        if not response.is_success:
            raise SignInRefused(refused % {"host": self._doors.origin[1]})
        return read_token(response, self._doors.origin[1], refused)


def part(text: str) -> str:
    """Return a part of a path; ids hold exclamation marks and commas, which stay."""
    return quote(text, safe="!,")
