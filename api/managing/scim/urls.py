"""Addresses of SCIM, below /scim/v2/."""

from django.urls import URLPattern, path

from api.managing.scim import describing, views
from api.managing.scim.kinds import GROUPS, PEOPLE

app_name = "scim"

urlpatterns: list[URLPattern] = [
    path("Users", views.many, {"kind": PEOPLE}, name="users"),
    path("Users/.search", views.search, {"kind": PEOPLE}, name="users_search"),
    path("Users/<str:pk>", views.one, {"kind": PEOPLE}, name="user"),
    path("Groups", views.many, {"kind": GROUPS}, name="groups"),
    path("Groups/.search", views.search, {"kind": GROUPS}, name="groups_search"),
    path("Groups/<str:pk>", views.one, {"kind": GROUPS}, name="group"),
    path("ServiceProviderConfig", describing.service_provider_config, name="service_provider_config"),
    path("ResourceTypes", describing.resource_types, name="resource_types"),
    path("ResourceTypes/<str:name>", describing.resource_types, name="resource_type"),
    path("Schemas", describing.schemas, name="schemas"),
    path("Schemas/<str:name>", describing.schemas, name="schema"),
    path("<path:rest>", describing.nothing, name="nothing"),
]
