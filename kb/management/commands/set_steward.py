"""Make somebody owner or editor of a collection, or take that back."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import ValuesRefused
from accounts.models import User
from kb.management.finding import find_collection
from kb.models import Steward
from kb.rights.stewards import find_person, set_steward


class Command(BaseCommand):
    help = "Make somebody owner or editor of a collection, or neither."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("collection", metavar="SLUG", help="address or name of the collection")
        parser.add_argument("person", metavar="NAME", help="user name")
        parser.add_argument("--role", choices=(*Steward.Role.values, "none"), required=True)

    def handle(self, *, collection: str, person: str, role: str, **options: object) -> None:
        row = find_collection(collection)
        try:
            if role == "none":  # who cannot sign in any more goes, too
                found = User.objects.filter(username=person).first() or find_person(person)
                set_steward(collection=row, person=found, role=None, user=None)
            else:
                set_steward(collection=row, person=find_person(person), role=role, user=None)
        except ValuesRefused as refused:
            raise CommandError(" ".join(sentence for said in refused.problems.values() for sentence in said)) from refused
        self.stdout.write(f"{person} is {role} of {collection}." if role != "none" else f"{person} has no role in {collection}.")
