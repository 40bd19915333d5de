"""What verification says: each finding with its event, and all of them together."""

from dataclasses import dataclass

from audit.chain.checkpoints import Checkpoint
from audit.chain.seams import Seam

MAX_PROBLEMS = 100
BROKEN_LINK = "does not follow from the event before it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`code`: event_altered, event_malformed, payload_altered, payload_malformed, payload_missing, payload_emptied,
    payload_orphaned, unauthenticated, key_unknown, key_changed, facts_altered, facts_orphaned, link_broken, gap, tail_cut,
    tail_added, second_head, head_malformed, checkpoint_mismatch, root_mismatch, checkpoint_forged, seam_forged, seal_forged."""

    code: str
    sequence: int  # of the event, or of the first missing one; 0 where it concerns a file, or rows of no event
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    events: int
    erased: int
    head_hash: str
    checkpoints: int  # signed and matching
    checkpoint: Checkpoint | None  # the newest of these
    problems: tuple[Problem, ...]  # at most MAX_PROBLEMS, in the order of the chain
    authenticated: int = 0  # events whose mark a key of this installation made
    seams: tuple[Seam, ...] = ()  # where it was restored from a backup, each signed: the gaps that are known
    guards_missing: tuple[str, ...] = ()  # triggers that the database lacks

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def uncovered(self) -> int:
        """How many events no checkpoint covers yet: these could be cut off unseen by who can also write beside the database."""
        return self.events - (self.checkpoint.sequence if self.checkpoint else 0)
