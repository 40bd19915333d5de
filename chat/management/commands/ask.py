"""Ask a question from the shell."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.credentials import operator
from accounts.management.finding import find_user
from chat.conversations.footnotes import footnote, name_place
from chat.errors import ChatError
from chat.flow.refusing.refusals import whom_to_ask
from chat.flow.running import ask
from chat.services import clean_question
from chat.types import Answer
from kb.management.finding import find_collection


class Command(BaseCommand):
    help = (
        "Answer a question from the documents. Without --user it reads every collection, as whoever may run commands on "
        "this machine could; the audit names the asker as 'operator'."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("question")
        parser.add_argument("--collection", metavar="SLUG", default="", help="search only this collection (address or name)")
        parser.add_argument("--user", metavar="NAME", default="", help="ask with this user's rights")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the answer as JSON")

    def handle(self, *, question: str, collection: str, user: str, as_json: bool, **options: Any) -> None:
        asker = find_user(user) if user else operator()
        place = find_collection(collection, reader=asker if user else None) if collection else None
        try:
            answer = ask(clean_question(question), user=asker, collection=place)
        except ChatError as error:
            raise CommandError(str(getattr(error, "message", error.sentence))) from error
        if as_json:
            self.stdout.write(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_plain(answer))


def _plain(answer: Answer) -> str:
    """Return the answer with its numbered sources, or the refusal with the nearest ones."""
    lines = [answer.text or f"{answer.message} {answer.hint} {whom_to_ask(answer.owners)}".strip()]
    if answer.instead:
        lines += ["", answer.instead]
    if answer.choices:
        lines += ["", answer.question_back, *(f" -  {choice}" for choice in answer.choices)]
    if answer.citations:
        lines += ["", "Sources:"]
        lines += [footnote(one.as_dict()) for one in answer.citations]
    elif answer.nearest:
        lines += ["", "Nearest:"]
        lines += [f" -  {name_place(asdict(one.place))}" for one in answer.nearest]
    origin = f"Origin: {answer.origin}. " if answer.origin and answer.sentences else ""
    lines += ["", f"{origin}Model: {answer.model or 'none'}. Receipt: {answer.receipt}"]
    return "\n".join(lines)
