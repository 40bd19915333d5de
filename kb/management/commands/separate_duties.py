"""Separate the duties of admins: knowledge admins manage collections, system admins people, sign-in and models."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountRefused
from kb.rights.duties import Separation, join_duties, plan_separation, separate_duties


class Command(BaseCommand):
    help = "Say what separating the duties of admins would change; with --apply, do it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--system-admin", metavar="NAME", action="append", default=[], help="this knowledge admin becomes a system admin"
        )
        parser.add_argument("--own", action="store_true", help="those become owners of every collection of now, and read on")
        parser.add_argument("--apply", action="store_true", dest="is_meant", help="do it; without this it is only told")
        parser.add_argument("--join", action="store_true", help="take it back: knowledge admins manage people, too")

    def handle(self, *, system_admin: list[str], own: bool, is_meant: bool, join: bool, **options: object) -> None:
        if join:
            done = join_duties()
            self.stdout.write("Knowledge admins manage people, too." if done else "Duties are not separated. Nothing to do.")
            return
        if not is_meant:
            plan = plan_separation(system_admins=system_admin, own=own)
            self.stdout.write("\n".join([*_lines(plan), *(f"! {line}" for line in plan.problems)]))
            if plan.problems:
                raise CommandError("This cannot be done so.")
            self.stdout.write("Nothing was changed. Add --apply to do it.")
            return
        try:
            plan = separate_duties(system_admins=system_admin, own=own)
        except AccountRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write("\n".join(_lines(plan)))
        self.stdout.write("Duties are separated.")


def _lines(plan: Separation) -> list[str]:
    owning = f", owners of all {plan.collections} collections: {_names(plan.owners)}" if plan.owners else ""
    lines = [
        f"Manage people, sign-in and models, and read nothing by that: {_names(plan.system_admins)}{owning}",
        f"Manage all {plan.collections} collections, and no longer people, sign-in and models: {_names(plan.knowledge_admins)}",
    ]
    if plan.watching:
        lines.append(f"Audit or review, and lose the collections that they own or edit, and is_superuser: {_names(plan.watching)}")
    if plan.unowned:
        lines.append(f"Without an owner who can sign in, kept by the knowledge admins: {_names(plan.unowned)}")
    return lines


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nobody"
