"""Addresses of the ingest pages."""

urlpatterns: list = []
