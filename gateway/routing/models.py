"""What the owners of a collection choose: the one model that answers from it alone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kb.models import Collection


class CollectionChoice(models.Model):
    """A row stands where owners have chosen; without one, the routes of the installation decide."""

    collection = models.OneToOneField(Collection, on_delete=models.CASCADE, related_name="+")
    model = models.ForeignKey(  # None: no model, the documents are quoted
        "gateway.ServedModel", verbose_name=_("Model"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        verbose_name = _("model of a collection")
        verbose_name_plural = _("models of collections")

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.model_id}"
