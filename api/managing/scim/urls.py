"""Addresses of SCIM, below /scim/v2/."""

from django.urls import URLPattern, path

from api.managing.scim.later import later

app_name = "scim"

urlpatterns: list[URLPattern] = [
    path("Users", later("views.many"), {"of": "people"}, name="users"),
    path("Users/.search", later("views.search"), {"of": "people"}, name="users_search"),
    path("Users/<str:pk>", later("views.one"), {"of": "people"}, name="user"),
    path("Groups", later("views.many"), {"of": "groups"}, name="groups"),
    path("Groups/.search", later("views.search"), {"of": "groups"}, name="groups_search"),
    path("Groups/<str:pk>", later("views.one"), {"of": "groups"}, name="group"),
    path("ServiceProviderConfig", later("describing.service_provider_config"), name="service_provider_config"),
    path("ResourceTypes", later("describing.resource_types"), name="resource_types"),
    path("ResourceTypes/<str:name>", later("describing.resource_types"), name="resource_type"),
    path("Schemas", later("describing.schemas"), name="schemas"),
    path("Schemas/<str:name>", later("describing.schemas"), name="schema"),
    path("<path:rest>", later("describing.nothing"), name="nothing"),
]
