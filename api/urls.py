"""Addresses for programs. Their views admit callers themselves, so nobody is sent to the sign-in page from them."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from ninja import NinjaAPI

from api import views
from api.mcp import later as mcp
from api.openai.completions import openai
from api.rest import rest


def without_sign_in(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.callback is not None:
            login_not_required(pattern.callback)
    return patterns


def mount(api: NinjaAPI) -> tuple[list[URLPattern | URLResolver], str, str]:
    patterns, app_name, namespace = api.urls
    return without_sign_in(patterns), app_name, namespace


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", views.docs, name="api_docs"),
    path("api/v1/openapi.json", views.schema, name="api_schema"),
    path("api/v1/", mount(rest)),
    path("v1/", mount(openai)),
    path("mcp", mcp.serve, name="mcp"),
    path("scim/v2/", include("api.managing.scim.urls")),
]
