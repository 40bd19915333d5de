"""Whoever owns the database, knows this code and has neither the keys nor one copy of the checkpoints forges nothing unseen.

`bench/tamper.py` tries a thousand in each database; here are two hundred.
"""

from pathlib import Path

import pytest

from audit.chain.verification import verify_chain
from audit.chain.verifying.problems import Verification
from audit.models import Event
from bench.harness.forging.chain import build_chain
from bench.harness.forging.kinds import KINDS
from bench.harness.forging.trying import try_forgeries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]
FORGERIES = 200


@pytest.fixture
def elsewhere(audit_root: Path) -> Path:
    return build_chain(45, root=audit_root)


def test_the_chain_that_is_forged_is_whole_and_has_what_can_be_forged(elsewhere: Path) -> None:
    found: Verification = verify_chain(checkpoint=elsewhere)
    assert found.problems == ()
    assert (found.erased, found.uncovered) == (2, 3)
    assert found.authenticated == found.events == Event.objects.count()
    assert Event.objects.filter(action__in=["audit.sealed", "audit.key_rotated"]).count() == 2


def test_every_forgery_is_found_and_its_event_named(elsewhere: Path) -> None:
    tried = try_forgeries(FORGERIES, seed=5, elsewhere=elsewhere)
    assert tried.missed == []
    assert (sum(tried.made.values()), len(tried.made)) == (FORGERIES, len(KINDS))
    assert verify_chain(checkpoint=elsewhere).is_intact  # each was undone
