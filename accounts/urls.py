"""Addresses of the pages about people and groups."""

from django.urls import URLPattern, path

from accounts import key_views, views

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("keys/", key_views.keys, name="keys"),
    path("keys/<int:pk>/revoke/", key_views.revoke, name="key_revoke"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.change, name="change"),
    path("<int:pk>/password/", views.password, name="password"),
    path("groups/new/", views.group_create, name="group_create"),
    path("groups/<int:pk>/", views.group, name="group"),
    path("groups/<int:pk>/delete/", views.group_delete, name="group_delete"),
]
