from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_marks")]

    operations = [
        migrations.CreateModel(
            name="OutputState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("sequence", models.PositiveBigIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
    ]
