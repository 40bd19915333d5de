"""Whether the audit is signed, sent on, and intact."""

import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from audit.chain.checkpoints import last_checkpoint
from audit.models import ChainHead
from audit.nightly import last_outcome
from audit.outgoing.standing import read_standings
from system.values import Fact, Problem, Section

LATE_S = 3600.0
VERIFY = "manage.py verify_audit"


def read_audit() -> Section:
    head, outcome, standings = ChainHead.objects.first(), last_outcome(), read_standings()
    checkpoint = last_checkpoint(Path(settings.AUDIT_ROOT))
    signed_at = datetime.fromisoformat(checkpoint.at) if checkpoint is not None else None
    sequence = head.sequence if head else 0
    facts = [
        Fact(code="events", label=_("Events"), value=sequence),
        Fact(code="signed", label=_("Last signed checkpoint"), value=signed_at),
        Fact(code="verified", label=_("Last daily verification"), value=outcome.finished_at if outcome else None),
        Fact(code="outputs", label=_("Places outside"), value=len(standings)),
    ]
    problems = []
    if outcome is not None and outcome.problems:
        sentence = _("The audit is not intact: the last verification found something changed.")
        problems.append(Problem(code="audit_broken", sentence=sentence, command=VERIFY, is_urgent=True))
    is_unsigned = checkpoint is None or checkpoint.sequence < sequence
    if sequence and is_unsigned and (signed_at is None or time.time() - signed_at.timestamp() > LATE_S):
        sentence = _("Events of the audit have not been signed for more than an hour.")
        problems.append(Problem(code="unsigned", sentence=sentence, command=VERIFY))
    for standing in standings:
        if standing.is_late:
            sentence = _("%(name)s has not received any events for too long.") % {"name": standing.output.name}
            problems.append(Problem(code="output_late", sentence=sentence, is_urgent=True))
    return Section(code="audit", title=_("Audit"), facts=facts, problems=problems)
