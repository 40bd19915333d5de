"""Addresses, paths and names of files that a line end cuts without a hyphen: they go on in the next line, without a space."""

import re

_ADDRESS = re.compile(r"(?:https?|ftp)://|^\W*www\.", re.IGNORECASE)
_NEVER_LAST = re.compile(r"[^\W_][_\\]$")  # signs that end no path and no name
_NOT_IN_ADDRESS = re.compile(r"[_=&?%#~]$")  # nor an address
_INNER = re.compile(r"\w[/._=&?%#~@-]\w")  # within an address, not the stop behind it
_MAIL_BEGUN = re.compile(r"[\w.+-]+@(?:[\w-]+\.)*$")
_DOMAIN = re.compile(r"[a-z][\w-]*(?:\.[a-z]{2,})+\W*$|[a-z]{2,6}\W*$")


def is_cut(before: str, after: str) -> bool:
    """Tell whether the last word of a line goes on in the first one of the next.

    An address that ends in "/" may be whole, so what follows has to look like more of it: "orders/new", not "for".
    """
    if not after[:1].isalnum():
        return False
    if _MAIL_BEGUN.search(before):
        return bool(_DOMAIN.match(after))
    if _ADDRESS.search(before):
        return bool(_NOT_IN_ADDRESS.search(before)) or (
            before[-1] in "/." and not after[0].isupper() and bool(_INNER.search(after))
        )
    return bool(_NEVER_LAST.search(before))
