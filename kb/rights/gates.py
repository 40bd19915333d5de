"""Things that only some may pass, as arrays: which of them somebody passes is found in time proportional to what names them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def group_number(group: int) -> int:
    """Return the number under which a group is named; a person's number is never a group's."""
    return 2 * group


def person_number(user: int) -> int:
    return 2 * user + 1


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Narrowed documents, or narrowed folders, each with whom it names. About 16 bytes for each name."""

    ids: Ids  # ascending
    named: Ids  # numbers of groups and people, ascending …
    at: Ids  # … and the place in `ids` of what names them

    @classmethod
    def of(cls, ids: Iterable[int], names: Iterable[tuple[int, int]]) -> "Gates":
        """Args: names: pairs of an id and the number of a group or person; pairs of other ids are left out."""
        kept = np.unique(np.fromiter(ids, np.int64))
        pairs = np.array([*names], np.int64).reshape(-1, 2)
        pairs = pairs[contains(kept, pairs[:, 0])]
        order = np.argsort(pairs[:, 1], kind="stable")
        return cls(ids=kept, named=pairs[order, 1].copy(), at=np.searchsorted(kept, pairs[order, 0]))

    def passed(self, numbers: Ids) -> Mask:
        """Return which of `ids` name one of these groups and people."""
        mask = np.zeros(len(self.ids), bool)
        starts, ends = np.searchsorted(self.named, numbers, "left"), np.searchsorted(self.named, numbers, "right")
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            mask[self.at[start:end]] = True
        return mask

    def replaced(self, gone: Ids, new: "Gates") -> "Gates":
        """Return these without `gone`, and with the new ones. Args: gone: ascending."""
        stay = ~contains(gone, self.ids)
        still = stay[self.at]
        ids = np.union1d(self.ids[stay], new.ids)
        named = np.concatenate([self.named[still], new.named])
        at = np.searchsorted(ids, np.concatenate([self.ids[self.at[still]], new.ids[new.at]]))
        order = np.argsort(named, kind="stable")
        return Gates(ids=ids, named=named[order], at=at[order])


def contains(ids: Ids, wanted: Ids) -> Mask:
    """Return which of `wanted` are among `ids`, which ascend."""
    if not len(ids):
        return np.zeros(len(wanted), bool)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    found: Mask = ids[places] == wanted
    return found
