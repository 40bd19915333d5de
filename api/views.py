"""The description of the interface: as OpenAPI for programs, as a page of our own for people (no script, no foreign file)."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from api.access import admit
from api.rest import rest

METHODS = ("get", "post", "put", "patch", "delete")
SHELL_EXAMPLE = """curl {origin}/api/v1/ask \\
  -H "Authorization: Bearer $ATTEST_KEY" -H "Content-Type: application/json" \\
  -d '{{"question": "How many days of leave do I have?"}}'"""
CLIENT_EXAMPLE = """client = OpenAI(base_url="{origin}/v1", api_key=key)
client.chat.completions.create(model="attest", messages=[{{"role": "user", "content": question}}])"""


@cache
def describe_interface() -> dict[str, Any]:
    """Return the OpenAPI description. To build it takes two seconds, and nothing in it changes while the program runs."""
    return rest.get_openapi_schema()


@login_not_required  # it admits keys too
@require_GET
def schema(request: HttpRequest) -> JsonResponse:
    """The OpenAPI description."""
    admit(request, scope="")
    return JsonResponse(describe_interface())


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with what it takes and which scope it needs."""
    interface = describe_interface()
    operations = [
        describe_operation(method.upper(), path, one, interface)
        for path, methods in interface["paths"].items()
        for method, one in methods.items()
        if method in METHODS
    ]
    origin = f"{request.scheme}://{request.get_host()}"
    examples = {"shell_example": SHELL_EXAMPLE.format(origin=origin), "client_example": CLIENT_EXAMPLE.format(origin=origin)}
    return render(request, "api/docs.html", {"operations": operations, **examples})


def describe_operation(method: str, path: str, one: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    fields = [
        {"name": given["name"], "is_required": given["required"], "about": given["schema"].get("description", "")}
        for given in one.get("parameters", ())
    ]
    for content in one.get("requestBody", {}).get("content", {}).values():
        body = content["schema"]
        if "$ref" in body:
            body = described["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        required = body.get("required", ())
        fields += [
            {"name": name, "is_required": name in required, "about": about.get("description", "")}
            for name, about in body["properties"].items()
        ]
    about = one.get("description", "")
    return {
        "method": method,
        "path": path,
        "about": " ".join(about.replace("`", "").split()),
        "scope": one["x-scope"],
        "fields": fields,
    }
