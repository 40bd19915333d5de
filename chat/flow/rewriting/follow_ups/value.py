"""What a follow-up is read as."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question as it may be searched. `plain`: as it was asked, where `text` is a guess that what is found must confirm."""

    text: str
    plain: str = ""
