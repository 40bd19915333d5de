"""When worker and beat last gave a sign of life."""

from django.db import models


class Heartbeat(models.Model):
    """One row a part and machine."""

    part = models.CharField(max_length=10)  # "worker", "beat"
    host = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "host"], name="system_one_heartbeat")]

    def __str__(self) -> str:
        return f"{self.part} on {self.host}: {self.at}"


class SetupState(models.Model):
    """The one row of what became of the list of what is left to set up."""

    ONLY = 1

    put_away_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return "put away" if self.put_away_at else "shown"
