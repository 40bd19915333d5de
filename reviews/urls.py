"""Addresses of the reviewers' desk."""

from django.urls import URLPattern, path

from reviews import export_views

app_name = "reviews"

urlpatterns: list[URLPattern] = [
    path("receipts/<uuid:uid>/bundle.zip", export_views.export, name="export"),
]
