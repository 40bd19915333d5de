"""Addresses of guards."""

from django.urls import URLPattern, path

from guards import views

app_name = "guards"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("try/", views.try_, name="try"),
    path("new/", views.create, name="new"),
    path("<uuid:uid>/", views.change, name="change"),
    path("<uuid:uid>/delete/", views.delete, name="delete"),
]
