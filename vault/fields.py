"""Columns whose text is sealed where there is a key: the same to who uses the model, base64 to who reads the database.

What is sealed cannot be looked up by the database: filters on such a column find texts in clear alone.
"""

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from vault.kept import configured_ring
from vault.values import open_text, seal_text

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField  # which takes no type arguments when it runs


def purpose_of(field: "models.Field[Any, Any]") -> bytes:
    """What is sealed for one column does not open in another."""
    return f"attest: column {field.model._meta.db_table}.{field.column}".encode()


class SealedTextField(TextField):
    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else open_text(value, purpose=purpose_of(self), ring=configured_ring())

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        prepared = super().get_db_prep_save(value, connection)
        if not isinstance(prepared, str):
            return prepared
        return seal_text(prepared, purpose=purpose_of(self), ring=configured_ring())


class SealedJSONField(models.JSONField):
    """JSON in a column of text. Nothing in it is looked up by the database."""

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else json.loads(open_text(value, purpose=purpose_of(self), ring=configured_ring()))

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False)  # as it is written, so that it is found by its words where it lies in clear
        return seal_text(text, purpose=purpose_of(self), ring=configured_ring())
