"""Who the principals of a source are here changes: by a rule, by a person who joins, by a group renamed. Documents follow."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.rights.mirroring import mirror_readers
from sources.sync.listing import record_readers
from sources.sync.matching import resolve_all, write_readers
from sources.sync.models import Source, SourceItem, SourceRule

MOST_RULES = 2000
AT_ONCE = 1000  # rows of access


def rematch_due() -> int:
    """Match the principals of every source anew. Returns: how many documents got other readers."""
    found = 0
    for source in Source.objects.filter(removed_at=None).select_related("collection"):
        found += rematch(source)
    return found


@transaction.atomic
def rematch(source: Source) -> int:
    """Give documents the readers that their source's rights mean now. Returns: how many documents got others."""
    touched: list[int] = []
    last = 0
    while rows := list(source.accesses.select_for_update().filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        for row, readers in zip(rows, resolve_all(source, [row.rights for row in rows]), strict=True):
            if row.readers == write_readers(readers):
                continue
            row.readers = write_readers(readers)
            row.save(update_fields=["readers"])
            items = SourceItem.objects.filter(access=row, document__deleted_at=None, document__isnull=False)
            documents = list(items.values_list("document_id", flat=True))
            mirror_readers(documents, readers)
            touched += documents
    if touched:
        record_readers(source, touched)
    return len(touched)


@transaction.atomic
def set_rules(
    source: Source, *, kind: str, id_: str, groups: list[str], people: list[str], is_nobody: bool = False, user: User | None
) -> int:
    """Say who a principal of the source is here: these groups and people, nobody, or, with none of them, whoever matches by itself.

    Documents follow in the same transaction. Returns: how many got other readers.
    Raises: ValuesRefused: an unknown name, both somebody and nobody, too many rules, or no such kind of principal.
    """
    locked = Source.objects.select_for_update().select_related("collection").get(pk=source.pk)
    id_ = id_.strip()
    if kind not in ("person", "group") or not id_ or len(id_) > 300 or "\x00" in id_:
        raise ValuesRefused({"principal": [_("Choose a person or a group of the source.")]})
    if is_nobody and (groups or people):
        raise ValuesRefused({"": [_("Choose either groups and people, or nobody, not both.")]})
    found_groups = {group.name: group for group in Group.objects.filter(name__in=groups)}
    found_people = {person.username: person for person in User.objects.filter(username__in=people)}
    problems: dict[str, list[str]] = {}
    if missing := sorted(set(groups) - set(found_groups)):
        problems["groups"] = [_("Unknown groups: %(names)s.") % {"names": ", ".join(missing)}]
    if missing := sorted(set(people) - set(found_people)):
        problems["people"] = [_("Unknown user names: %(names)s.") % {"names": ", ".join(missing)}]
    if problems:
        raise ValuesRefused(problems)
    rows = locked.rules.filter(principal_kind=kind, principal_id=id_)
    if locked.rules.count() - rows.count() + len(found_groups) + len(found_people) + is_nobody > MOST_RULES:
        raise ValuesRefused({"": [_("A source can have at most %(count)d rules.") % {"count": MOST_RULES}]})
    before = _words(list(rows.select_related("group", "user")))
    rows.delete()
    common = {"source": locked, "principal_kind": kind, "principal_id": id_}
    made = [SourceRule(**common, group=group) for _name, group in sorted(found_groups.items())]
    made += [SourceRule(**common, user=person) for _name, person in sorted(found_people.items())]
    made += [SourceRule(**common)] if is_nobody else []
    SourceRule.objects.bulk_create(made)
    after = _words(made)
    if before == after:
        return 0
    record(
        "document_source.rule_changed",
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"document_source:{locked.uid}",
        summary=locked.name,
        payload={"collection": locked.collection.slug, "principal": f"{kind}:{id_}", "from": before, "to": after},
    )
    return rematch(locked)


def _words(rows: list[SourceRule]) -> dict[str, object] | None:
    """Return what rules say, for the audit; None: there are none."""
    if not rows:
        return None
    return {
        "groups": sorted(row.group.name for row in rows if row.group is not None),
        "people": sorted(row.user.username for row in rows if row.user is not None),
    }
