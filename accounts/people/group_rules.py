"""How what a provider or a directory says of somebody leads to groups here. Settings read it: it knows no Django."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """`rules`: pairs of what is claimed, with * for anything, and the name of a group here."""

    rules: tuple[tuple[str, str], ...] = ()
    matches_names: bool = False  # also a group here whose name is claimed

    def groups_of(self, claimed: frozenset[str], *, known: frozenset[str]) -> frozenset[str]:
        """Return the names of the groups that claimed ones lead to. `known`: the names of all groups here."""
        by_rule = {group for value in claimed for pattern, group in self.rules if fnmatchcase(value, pattern)}
        return frozenset(by_rule | (claimed & known if self.matches_names else frozenset()))

    @property
    def ruled_groups(self) -> frozenset[str]:
        """The groups that whoever claims alone gives and takes."""
        return frozenset(group for _pattern, group in self.rules)


def groups_after(*, present: Iterable[str], given: Iterable[str], wanted: frozenset[str], rules: GroupRules) -> frozenset[str]:
    """Return somebody's groups once what is claimed of them counts.

    Args:
        present: of now. given: those of them that this source gave before.
        wanted: that the claims lead to now. Groups that somebody gave by hand and no rule names stay.
    """
    return (frozenset(present) - ((rules.ruled_groups | frozenset(given)) - wanted)) | wanted
