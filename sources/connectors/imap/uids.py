"""Sets of message numbers in the short form of IMAP: "1:500,502"."""

from collections.abc import Iterable


def write_uids(uids: Iterable[int]) -> str:
    ranges: list[list[int]] = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{first}:{last}" if first < last else str(first) for first, last in ranges)


def read_uids(text: str) -> set[int]:
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _colon, last = part.partition(":")
        found.update(range(int(first), int(last or first) + 1))
    return found
