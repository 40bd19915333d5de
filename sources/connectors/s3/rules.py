"""Who may read which prefix of a bucket: rules that an administrator writes, as a bucket knows no readers that are people."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sources.connectors.errors import ConnectorError
from sources.connectors.port import Principal, Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixRule:
    prefix: str
    rights: Rights


def read_rules(text: str) -> tuple[PrefixRule, ...]:
    """Read `Finance/ = accounting, board; HR/ = people team`, the longest prefix first. Raises: ConnectorError: bad_rules."""
    rules = []
    for rule in filter(str.strip, re.split(r"[;\n]", text)):
        prefix, equals, groups = rule.partition("=")
        names = [name.strip() for name in groups.split(",") if name.strip()]
        if not equals or not names:
            raise ConnectorError(
                _("“%(rule)s” is not a valid rule. Enter rules as: Finance/ = accounting, board; HR/ = people team")
                % {"rule": rule.strip()},
                code="bad_rules",
            )
        allow = frozenset(Principal("group", name, name) for name in names)
        rules.append(PrefixRule(prefix=prefix.strip().lstrip("/"), rights=Rights(allow=allow)))
    return tuple(sorted(rules, key=lambda rule: -len(rule.prefix)))


def rights_for(key: str, rules: tuple[PrefixRule, ...]) -> Rights | None:
    """Return what the longest prefix says; nobody where rules are, but none for this key; None without rules."""
    if not rules:
        return None
    return next((rule.rights for rule in rules if key.startswith(rule.prefix)), Rights())
