"""Addresses of the kb pages."""

urlpatterns: list = []
