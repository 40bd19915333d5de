"""What beat asks for: the end of the chain is signed also when nothing happens any more."""

from celery import shared_task

from audit.auditor_visits import complete_idle_readings
from audit.nightly import verify_when_due
from audit.outgoing.delivering import deliver_due
from audit.services import write_checkpoint


@shared_task(name="audit.tasks.sign")
def sign() -> int:
    """Sign where the chain stands, unless that is signed already. Returns: the newest signed event, 0 for none."""
    checkpoint = write_checkpoint()
    return checkpoint.sequence if checkpoint else 0


@shared_task(name="audit.tasks.complete_readings")
def complete_readings() -> int:
    """Put auditors' visits that are over on record. Returns: how many."""
    return complete_idle_readings()


@shared_task(name="audit.tasks.deliver")
def deliver() -> int:
    """Send checkpoints and events to the places outside that are due. Returns: how many places took something."""
    return deliver_due()


@shared_task(name="audit.tasks.verify")
def verify() -> bool:
    """Verify the audit once a day, a slice at a time. Returns: whether a verification came to its end."""
    return verify_when_due()
