"""`python -m tests.backup.asking` asks the drill's questions with `manage.py ask`, all in one process, and prints JSON."""

import io
import json
import os

import django
from django.core.management import call_command

QUESTIONS = (
    *(f"How many years is form K-{number} kept?" for number in range(101, 141)),
    "How many days of annual leave do I have after five years of service?",
    "What is the hotel limit in London?",
    "How soon must I report a lost laptop?",
    "How long are production test records kept?",
    "在上海出差，住宿费的上限是多少？",
    "累计工作满10年的员工每年有多少天年休假？",
    "Who may approve travel in first class?",
    "What is the capital of France?",
    "Which desk keeps form K-120?",
    "Is it allowed to carry over unused leave?",
)


def write_forms() -> str:
    """Return a document that says of each form how long it is kept, each for a time of its own."""
    desks = ("finance", "people", "legal", "quality")
    rules = [
        f"## Form K-{number}\n\nForm K-{number} is kept for {number - 98} years. The {desks[number % 4]} desk keeps it."
        for number in range(101, 141)
    ]
    return "# Forms\n\n" + "\n\n".join(rules)


def main() -> None:
    django.setup()
    from audit.models import Event, Payload

    answers = []
    for question in QUESTIONS:
        out = io.StringIO()
        call_command("ask", question, as_json=True, stdout=out)
        answers.append(json.loads(out.getvalue()))
    events = {event.pk: event for event in Event.objects.filter(action__startswith="question.")}
    receipts = {
        str(events[payload.event_id].uid): [events[payload.event_id].hash, payload.body]
        for payload in Payload.objects.filter(event__in=events)
    }
    print(json.dumps({"answers": answers, "receipts": receipts}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    main()
