"""Addresses of the audit pages."""

urlpatterns: list = []
