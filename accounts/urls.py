"""Addresses of the accounts pages."""

urlpatterns: list = []
