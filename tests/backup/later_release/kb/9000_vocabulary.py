from django.db import migrations

from kb.models import Collection


class Migration(migrations.Migration):
    dependencies = [("kb", "0005_keeping")]
    operations = [migrations.AddField("collection", "vocabulary", Collection._meta.get_field("vocabulary").clone())]
