from django.db import migrations

from kb.models import Collection


class Migration(migrations.Migration):
    dependencies = [("kb", "0006_private_collections")]
    operations = [migrations.AddField("collection", "vocabulary", Collection._meta.get_field("vocabulary").clone())]
