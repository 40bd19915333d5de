"""What was counted and timed so far, by all processes of the installation together."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """One time series, or one bucket of one. Rows are added to, never counted: reading costs the same after a million events."""

    name = models.CharField(max_length=80)  # of the instrument
    labels = models.CharField(max_length=200)  # their values as a JSON list, in the instrument's order
    bucket = models.CharField(max_length=10)  # upper bound, in seconds, as Prometheus writes it; empty: no histogram
    times = models.BigIntegerField(default=0)  # how often; not cumulative over buckets
    total = models.FloatField(default=0.0)  # the sum of what was observed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "labels", "bucket"], name="metrics_one_tally")]
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.bucket}"
