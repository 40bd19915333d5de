"""Addresses of the chat pages."""

urlpatterns: list = []
