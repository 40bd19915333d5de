from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        # Around migrations: SQLite changes a table by making it anew, which others' triggers forbid, and forgets its own.
        pre_migrate.connect(_lift_guards, sender=self)
        post_migrate.connect(_set_guards, sender=self)


def _lift_guards(*, using: str, **_: Any) -> None:
    from audit.chain.marks.guards import remove_guards  # needs the models, which are not loaded when this module is

    remove_guards(connections[using])


def _set_guards(*, using: str, **_: Any) -> None:
    from audit.chain.marks.guards import install_guards

    install_guards(connections[using])
