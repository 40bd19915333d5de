from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0003_first_edition"),
    ]

    operations = [
        migrations.AddField(
            model_name="documentversion",
            name="early_chunks",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
