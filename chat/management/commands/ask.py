"""Ask a question from the shell."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from chat.answering import ask
from chat.errors import ChatError
from chat.services import clean_question
from chat.types import Answer
from kb.models import Collection

OPERATOR = "operator"


class Command(BaseCommand):
    help = (
        "Answer a question from the documents. Without --user it reads every collection, as whoever may run commands on "
        "this machine could; the audit names the asker as 'operator'."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("question")
        parser.add_argument("--collection", metavar="SLUG", default="", help="search only this collection")
        parser.add_argument("--user", metavar="NAME", default="", help="ask with this user's rights")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the answer as JSON")

    def handle(self, *, question: str, collection: str, user: str, as_json: bool, **options: Any) -> None:
        asker = _find_user(user) if user else operator()
        try:
            answer = ask(clean_question(question), user=asker, collection=_find_collection(collection, asker))
        except ChatError as error:
            raise CommandError(str(getattr(error, "message", error.sentence))) from error
        if as_json:
            self.stdout.write(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_plain(answer))


def operator() -> User:
    """Return someone who may read everything and has no account: who runs a command could open the database as well."""
    return User(username=OPERATOR, role=User.Role.KNOWLEDGE_ADMIN)


def _find_user(name: str) -> User:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user


def _find_collection(slug: str, user: User) -> Collection | None:
    if not slug:
        return None
    collection = Collection.objects.visible_to(user).filter(slug=slug).first()
    if collection is None:
        raise CommandError(f"There is no collection {slug!r}" + (f" that {user.username} may read." if user.pk else "."))
    return collection


def _plain(answer: Answer) -> str:
    """Return the answer with its numbered sources, or the refusal with the nearest ones."""
    lines = [answer.text] if answer.sentences else ["The documents do not hold the answer."]
    if answer.citations:
        lines += ["", "Sources:"]
        lines += [f"[{one.marker}] {one.document}{_where(one.page, one.version)}: “{one.quote}”" for one in answer.citations]
    elif answer.nearest:
        lines += ["", "Nearest:"]
        lines += [f" -  {one.document}{_where(one.page, one.version)}" for one in answer.nearest]
    lines += ["", f"Model: {answer.model or 'none'}. Receipt: {answer.receipt}"]
    return "\n".join(lines)


def _where(page: int | None, version: int) -> str:
    return f", version {version}" + (f", page {page}" if page else "")
