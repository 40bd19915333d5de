"""Tags of site generators (Jekyll, Liquid, Hugo) in Markdown: taken out of a page that a generator makes, out of nothing else."""

import re
from collections import Counter
from collections.abc import Callable

COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
QUOTED_ARGUMENT = re.compile(r"""\{%-?\s*\w*(?:channel|email|mail)\w*\s+["']([^"']+)["'][^%]*%\}""")
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# {: .note #id key="value"} of kramdown; "{:.3f}" is none.
ATTRIBUTES = re.compile(r"""\{:\s*(?:toc|[.#][A-Za-z_][\w-]*|[A-Za-z_][\w-]*\s*=\s*(?:"[^"\n]*"|'[^'\n]*'|[^\s}]+)|\s+)+\s*\}""")
TAG_ALONE = re.compile(r"^[ \t]*\{%.*%\}[ \t]*$|^[ \t]*\{\{[<%].*[>%]\}\}[ \t]*$", re.MULTILINE)
TAG_NAME = re.compile(r"\{%[-+]?\s*(\w+)")
PAIRED = frozenset(("for", "if", "unless", "case", "block", "capture", "comment", "raw", "with", "tablerow"))  # that need an end
FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,}).*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:(?: {4}|\t).*(?:\n|\Z))+")
MARKUP_CODE = re.compile(r"<(?P<tag>pre|code)\b.*?</(?P=tag)>", re.DOTALL | re.IGNORECASE)
CODE = (FENCE, INDENTED, MARKUP_CODE, SPAN)


def strip_template_tags(source: str, *, is_generated: bool) -> str:
    """Return the source without what a generator replaces; the name of a channel or address stays. Code stays letter for letter.

    `is_generated`: the file has front matter. Of one without that, the tags go which stand on lines of their own, if all are ended
    as a generator demands it; the others are what it writes about.
    """
    prose = outside_of_code(source, lambda text: ATTRIBUTES.sub("", HTML_COMMENT.sub("", text)))
    if is_generated:
        return outside_of_code(prose, lambda text: TAG.sub("", QUOTED_ARGUMENT.sub(r"\1", COMMENT.sub("", text))))
    if _is_template(prose):
        return outside_of_code(prose, lambda text: TAG_ALONE.sub("", QUOTED_ARGUMENT.sub(r"\1", COMMENT.sub("", text))))
    return prose


def _is_template(source: str) -> bool:
    found: list[str] = []

    def look(text: str) -> str:
        found.extend(match.group() for match in TAG_ALONE.finditer(text))
        return text

    outside_of_code(source, look)
    if not found:
        return False
    begun, ended = Counter[str](), Counter[str]()
    for name in (match[1] for tag in found if (match := TAG_NAME.search(tag))):
        if name.startswith("end"):
            ended[name.removeprefix("end")] += 1
        elif name in PAIRED:
            begun[name] += 1
    return begun == ended


def outside_of_code(source: str, change: Callable[[str], str], *, kinds: tuple[re.Pattern[str], ...] = CODE) -> str:
    """Return the source with every stretch between fences, indented code and code spans changed."""
    if not kinds:
        return change(source)
    parts: list[str] = []
    position = 0
    for match in kinds[0].finditer(source):
        parts.append(outside_of_code(source[position : match.start()], change, kinds=kinds[1:]))
        parts.append(match.group())
        position = match.end()
    parts.append(outside_of_code(source[position:], change, kinds=kinds[1:]))
    return "".join(parts)
