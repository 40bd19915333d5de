"""What answered before there were editions is the first of them."""

from django.conf import settings
from django.db import migrations
from django.db.models import Count
from django.utils import timezone


def make_first_edition(apps, schema_editor):
    embeddings = apps.get_model("kb", "ChunkEmbedding").objects.values_list("encoder")
    counted = embeddings.annotate(count=Count("pk")).order_by("-count").first()
    if counted is None:
        return  # nothing was read yet: the first edition begins with the first document
    encoder = counted[0]
    apps.get_model("kb", "Edition").objects.create(
        number=1,
        state="serving",
        embedder=settings.EMBEDDER,
        encoder=encoder,
        cutting=1,
        folder=encoder,
        served_at=timezone.now(),
    )


class Migration(migrations.Migration):
    dependencies = [("kb", "0002_editions")]

    operations = [migrations.RunPython(make_first_edition, migrations.RunPython.noop)]
