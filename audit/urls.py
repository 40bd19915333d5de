"""Addresses of the audit pages."""

from django.urls import URLPattern, path, re_path

from audit import views

app_name = "audit"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("export.csv", views.export, name="export"),
    path("receipts/<uuid:uid>/", views.receipt, name="receipt"),
    path("receipts/<uuid:uid>/payload.json", views.payload, name="payload"),
    path("integrity/", views.integrity, name="integrity"),
    re_path(r"^(?P<name>checkpoints\.jsonl|signing_key\.pub)$", views.checkpoint_file, name="checkpoint_file"),
]
