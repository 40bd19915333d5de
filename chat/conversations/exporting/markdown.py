"""An export as Markdown, with footnotes as GitHub, Pandoc and Obsidian know them."""

import re

from django.utils.translation import gettext as _

from chat.conversations.exporting.script import Part, Script
from chat.rendering import Run, ShownSentence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def as_markdown(script: Script) -> bytes:
    """Return the file."""
    lines = [f"# {_plain(script.title)}", "", _plain(script.head), ""]
    for part in script.parts:
        lines += [*_part(part), ""]
    if script.notes:
        lines += [f"## {_('Sources')}", ""]
        lines += [f"[^{note.number}]: [{_plain(note.place)}]({note.address}): “{_plain(note.quote)}”" for note in script.notes]
    return ("\n".join(lines).rstrip() + "\n").encode()


def _part(part: Part) -> list[str]:
    lines = [f"## {_plain(' '.join(part.question.split()))}", ""]
    for block in part.blocks:
        items = ["".join(_sentence(part, sentence) for sentence in item) for item in block.items]
        if block.kind == "bullets":
            lines += [f"- {item}" for item in items]
        elif block.kind == "numbers":
            lines += [f"{number}. {item}" for number, item in enumerate(items, start=block.start)]
        else:
            lines += [f"{'### ' if block.kind == 'heading' else ''}{item}" for item in items]
        lines.append("")
    for said in part.said:
        lines += [f"> {_plain(said)}", ""]
    return lines


def _sentence(part: Part, sentence: ShownSentence) -> str:
    text = "".join(_run(run) for run in sentence.runs)
    return f"{sentence.space}{text}{''.join(f'[^{note.number}]' for note in part.notes_of(sentence))}"


def _run(run: Run) -> str:
    if run.kind == "strong":
        return f"**{_plain(run.text)}**"
    return _plain(run.text)


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)
