"""As it is."""

from importlib import import_module

Migration = import_module("kb.migrations.0006_private_collections").Migration
