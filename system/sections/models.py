"""The language models in use."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gateway.models import ServedModel
from gateway.queue.breaker import BreakerState
from gateway.queue.health import read_health
from system.values import Fact, Problem, Section

SHOWN = 50


def read_models() -> Section:
    rows = list(ServedModel.objects.usable().order_by("name")[:SHOWN])
    health = read_health(rows)
    facts = [
        Fact(code="in_use", label=_("In use"), value=len(rows)),
        Fact(code="external", label=_("External"), value=sum(row.is_external for row in rows)),
        Fact(code="running", label=_("Answers being written"), value=sum(one.running for one in health)),
        Fact(code="waiting", label=_("Waiting questions"), value=sum(one.waiting for one in health)),
    ]
    problems = []
    for one in health:
        if one.breaker.state == BreakerState.OPEN:
            sentence = _(
                "The model %(name)s failed several times and is suspended for a while. Other models answer, or documents are "
                "quoted."
            )
            problems.append(
                Problem(code="model_suspended", sentence=sentence % {"name": one.model.name}, page="models:index", is_urgent=True)
            )
    unpriced = sum(row.is_external and not (row.price_in or row.price_out) for row in rows)
    if unpriced:
        sentence = ngettext(
            "%(count)s external model has no prices, so its cost is not counted.",
            "%(count)s external models have no prices, so their cost is not counted.",
            unpriced,
        )
        problems.append(Problem(code="model_unpriced", sentence=sentence % {"count": unpriced}, page="models:index"))
    return Section(code="models", title=_("Language models"), facts=facts, problems=problems)
