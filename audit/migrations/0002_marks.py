"""Columns for what authenticates an event. What older events have is filled in by the first process that writes
(`audit.chain.marks.sealing`): a migration has no keys."""

from typing import Any

from django.db import migrations, models


def note_erasures_as_recorded(apps: Any, schema_editor: Any) -> None:
    """Give each erased payload the very time of the event that records its erasure, so that verification can compare the two.

    Until now the one was taken a moment before the other. What no event explains stays as it is, and is found.
    """
    event, payload = apps.get_model("audit", "Event"), apps.get_model("audit", "Payload")
    for erased in payload.objects.exclude(erased_at=None).select_related("event").iterator():
        erasure = event.objects.filter(action="audit.erased", subject=f"event:{erased.event.uid}").order_by("sequence").first()
        if erasure is not None:
            payload.objects.filter(pk=erased.pk).update(erased_at=erasure.at)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("chainhead", "key_id", models.CharField(blank=True, default="", db_default="", max_length=16)),
        migrations.AddField("event", "facts_hash", models.CharField(blank=True, default="", db_default="", max_length=64)),
        migrations.AddField("event", "key_id", models.CharField(blank=True, default="", db_default="", max_length=16)),
        migrations.AddField("event", "mark", models.CharField(blank=True, default="", db_default="", max_length=64)),
        migrations.RunPython(note_erasures_as_recorded, migrations.RunPython.noop, elidable=True),
    ]
