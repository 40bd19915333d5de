"""Bringing the accounts here in step with a directory: who left is disabled, who came is made, names and groups follow.

Everything is read before anything is changed, so that a search that breaks off disables nobody. Each person is a transaction of
their own: a sync that was killed is finished by the next one.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils import timezone

from accounts.errors import AccountRefused
from accounts.models import DirectoryEntry, DirectorySync, ProvidedGroup, User
from accounts.people.group_rules import groups_after
from accounts.sign_in.directory.arriving import admit, dismiss, known_groups, values_for
from accounts.sign_in.directory.connecting import open_session
from accounts.sign_in.directory.errors import DirectoryUnavailable
from accounts.sign_in.directory.people import Person, read_people
from accounts.sign_in.directory.values import Directory
from audit.actor import SYSTEM, Actor
from audit.services import record

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)
AT_ONCE = 500  # entries whose accounts are read together
FEW_LEAVERS = 5  # so many may always leave at once
SHOWN = 100  # people of each kind that a report names


@dataclass(slots=True, kw_only=True)
class Report:
    """What a sync did, or would do. Names of accounts; `refused` with the reason."""

    outcome: str = "failed"  # until it is "done"; "unavailable", "too_many_leavers", "nobody"
    detail: str = ""
    people: int = 0
    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    disabled: list[str] = field(default_factory=list)
    enabled: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_changes(self) -> bool:
        return bool(self.made or self.changed or self.disabled or self.enabled)

    def as_dict(self) -> dict[str, object]:
        counts = {name: len(getattr(self, name)) for name in ("made", "changed", "disabled", "enabled", "refused")}
        names = {f"{name}_names": getattr(self, name)[:SHOWN] for name in counts}
        return {"outcome": self.outcome, "detail": self.detail, "people": self.people, **counts, **names}


def find_directory(slug: str) -> Directory | None:
    return next((one for one in settings.DIRECTORIES if one.slug == slug), None)


def request_sync(directory: Directory, *, actor: Actor) -> None:
    """Let a worker sync it at once."""
    DirectorySync.objects.get_or_create(directory=directory.slug)
    DirectorySync.objects.filter(directory=directory.slug).update(is_requested=True)
    record("directory.sync_requested", by=actor, subject=f"directory:{directory.slug}", summary=directory.name)


def run_due_syncs() -> int:
    """Sync the directories whose time has come, or that somebody asked for. Returns: how many."""
    done = 0
    for directory in settings.DIRECTORIES:
        row, _is_new = DirectorySync.objects.get_or_create(directory=directory.slug)
        since = timezone.now() - timedelta(minutes=directory.sync_minutes)
        is_due = bool(directory.sync_minutes) and (row.started_at is None or row.started_at <= since)
        if (row.is_requested or is_due) and sync_directory(directory) is not None:
            done += 1
    return done


def sync_directory(directory: Directory, *, is_dry: bool = False, allows_many: bool = False) -> Report | None:
    """Bring the accounts in step now. Returns: what was done; None where a sync of it is under way already.

    Args: allows_many: leavers, beyond what the directory's entry allows.
    """
    if not is_dry and not _take_lease(directory):
        return None
    report = Report()
    try:
        with open_session(directory) as session:
            people = {person.uid: person for person in read_people(session, directory)}
        report.people = len(people)
        _bring_in_step(directory, people, report, is_dry=is_dry, allows_many=allows_many)
    except DirectoryUnavailable as error:
        logger.error("the directory %s cannot be synced: %s", directory.slug, error.detail)
        report.outcome, report.detail = "unavailable", error.detail
    finally:
        if not is_dry:
            _release(directory, report)
    return report


def _bring_in_step(directory: Directory, people: Mapping[str, Person], report: Report, *, is_dry: bool, allows_many: bool) -> None:
    entries = {entry.uid: entry for entry in DirectoryEntry.objects.select_related("user").filter(directory=directory.slug)}
    active = [entry for entry in entries.values() if entry.user.is_active]
    leavers = [entry for entry in active if entry.uid not in people or people[entry.uid].is_disabled]
    if not people and active:
        report.outcome = "nobody"
        return
    if len(leavers) > max(FEW_LEAVERS, len(active) * directory.leavers_percent // 100) and not allows_many:
        report.outcome, report.detail = "too_many_leavers", f"{len(leavers)} of {len(active)}"
        return
    for entry in leavers:
        _do(report, report.disabled, entry.user.username, partial(dismiss, entry), is_dry=is_dry)
    known = known_groups()
    staying = [entry for entry in entries.values() if entry.uid in people and not people[entry.uid].is_disabled]
    for start in range(0, len(staying), AT_ONCE):
        if not is_dry:
            _renew(directory)
        _update(directory, staying[start : start + AT_ONCE], people, report, known=known, is_dry=is_dry)
    for number, person in enumerate(person for uid, person in people.items() if uid not in entries and not person.is_disabled):
        if not is_dry and number % AT_ONCE == 0:
            _renew(directory)
        _arrive(directory, person, report, known=known, is_dry=is_dry)
    report.outcome = "done"


def _update(
    directory: Directory,
    entries: Iterable[DirectoryEntry],
    people: Mapping[str, Person],
    report: Report,
    *,
    known: Mapping[str, Group],
    is_dry: bool,
) -> None:
    """Bring accounts in step whose people are there. Those that are have nothing written but that they were seen."""
    entries = list(entries)
    users = User.objects.prefetch_related("groups").in_bulk([entry.user_id for entry in entries])
    given: dict[int, set[str]] = {}
    rows = ProvidedGroup.objects.filter(user__in=users, provider=directory.source)
    for user_id, name in rows.values_list("user_id", "group__name"):
        given.setdefault(user_id, set()).add(name)
    for entry in entries:
        user, person = users[entry.user_id], people[entry.uid]
        returns = entry.left_at is not None and not user.is_active
        if not user.is_active and not returns:
            continue  # somebody here took the access away: that is not the directory's to give back
        present = {group.name for group in user.groups.all()}
        wanted = directory.rules.groups_of(person.groups, known=frozenset(known)) & frozenset(known)
        after = groups_after(present=present, given=given.get(user.pk, ()), wanted=wanted, rules=directory.rules)
        differs = any(getattr(user, name) != value for name, value in _values_that_differ(user, person).items())
        if not (returns or differs or after != present or given.get(user.pk, set()) - wanted):
            continue
        names = report.enabled if returns else report.changed
        _do(report, names, user.username, partial(_admit, directory, person, known), is_dry=is_dry)
    if not is_dry:
        DirectoryEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(seen_at=timezone.now())


def _values_that_differ(user: User, person: Person) -> Mapping[str, str]:
    """Return what may differ; whether an address is free is looked up only where it would change."""
    if person.email == user.email:
        return {"first_name": person.first_name, "last_name": person.last_name}
    return values_for(user, person)


def _arrive(directory: Directory, person: Person, report: Report, *, known: Mapping[str, Group], is_dry: bool) -> None:
    if directory.makes_people != "sync":
        return
    if is_dry and User.objects.filter(Q(username__iexact=person.username) | Q(email__iexact=person.username)).exists():
        report.changed.append(person.username)
        return
    _do(report, report.made, person.username, partial(_admit, directory, person, known), is_dry=is_dry)


def _admit(directory: Directory, person: Person, known: Mapping[str, Group]) -> None:
    admit(person, directory=directory, known=known, makes=directory.makes_people == "sync")


def _do(report: Report, names: list[str], name: str, act: Callable[[], object], *, is_dry: bool) -> None:
    """Do one person's part. What is refused does not hold up the others."""
    try:
        if not is_dry:
            act()
        names.append(name)
    except AccountRefused as refused:
        report.refused.append((name, refused.code))


def _take_lease(directory: Directory) -> bool:
    now = timezone.now()
    DirectorySync.objects.get_or_create(directory=directory.slug)
    free = DirectorySync.objects.filter(Q(running_until=None) | Q(running_until__lt=now), directory=directory.slug)
    return bool(free.update(running_until=now + LEASE, started_at=now, is_requested=False))


def _renew(directory: Directory) -> None:
    DirectorySync.objects.filter(directory=directory.slug).update(running_until=timezone.now() + LEASE)


def _release(directory: Directory, report: Report) -> None:
    values = report.as_dict()
    DirectorySync.objects.filter(directory=directory.slug).update(ended_at=timezone.now(), running_until=None, report=values)
    if report.has_changes or report.outcome != "done":
        record("directory.synced", by=SYSTEM, subject=f"directory:{directory.slug}", summary=directory.name, payload=values)
