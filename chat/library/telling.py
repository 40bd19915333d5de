"""Tell what the library has: a sentence with the rule that was applied, then a line for each document or collection."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from chat.library.asked import About
from chat.library.looking import MOST_LISTED, Looked
from chat.library.periods import Period
from chat.types import Listed, Sentence, Verdict, VerdictKind
from kb.models import Document, DocumentVersion
from kb.templatetags.moments import format_moment

LINES_OF_A_COUNT = 20  # of more documents a count names the collections


def tell(looked: Looked) -> tuple[tuple[Sentence, ...], tuple[Listed, ...]]:
    """Return the answer's sentences and what they list, in the active language."""
    match looked.asked.about:
        case About.COLLECTIONS:
            return _collections(looked)
        case About.COUNT if not looked.asked.subject and looked.total > LINES_OF_A_COUNT:
            return _collections(looked, head=_counted(looked))
        case About.COUNT | About.LIST:
            return _lines(looked, _counted(looked), _line)
    if looked.period is not None:
        return _lines(looked, _of_period(looked, looked.period), _dated_line)
    sentences = tuple(
        Sentence(
            text=_about_one(looked.asked.about, one, version),
            verdict=_FROM_THE_DATABASE,
            prefix="\n\n" if at else "",
            listed=(at + 1,),
        )
        for at, one in enumerate(looked.documents)
        if (version := one.current_version) is not None
    )
    return sentences, tuple(map(listed_of, looked.documents))


_FROM_THE_DATABASE = Verdict(kind=VerdictKind.SUPPORTED, score=1.0)


def listed_of(document: Document) -> Listed:
    """Return a document as answers name it. It comes with its collection and current version."""
    version = document.current_version
    return Listed(
        kind="document",
        title=document.title,
        collection=document.collection.slug,
        document=document.name,
        document_uid=str(document.uid),
        version=version.number if version else None,
        version_uid=str(version.uid) if version else "",
        uploaded_at=version.created_at.isoformat(timespec="seconds") if version else "",
    )


def _lines(looked: Looked, head: str, line: Callable[[Document], str]) -> tuple[tuple[Sentence, ...], tuple[Listed, ...]]:
    shown = looked.documents
    left = looked.total - len(shown)
    # The count rests on all that it counts: where one of those may no longer be read, the count is no longer told.
    sentences = [Sentence(text=head, verdict=_FROM_THE_DATABASE, listed=tuple(range(1, len(shown) + 1)))]
    for at, document in enumerate(shown, start=1):
        sentences.append(Sentence(text=line(document), verdict=_FROM_THE_DATABASE, prefix="\n- ", listed=(at,)))
    if left:
        more = ngettext("%(count)s more is in the library.", "%(count)s more are in the library.", left) % {"count": left}
        sentences.append(Sentence(text=more, verdict=_FROM_THE_DATABASE, prefix="\n\n", listed=sentences[0].listed))
    return tuple(sentences), tuple(map(listed_of, shown))


def _collections(looked: Looked, *, head: str = "") -> tuple[tuple[Sentence, ...], tuple[Listed, ...]]:
    shown = looked.collections[:MOST_LISTED]
    number = len(looked.collections)
    head = head or ngettext("You can read %(count)s collection:", "You can read %(count)s collections:", number) % {"count": number}
    sentences = [Sentence(text=head, verdict=_FROM_THE_DATABASE, listed=tuple(range(1, len(shown) + 1)))]
    for at, (row, count) in enumerate(shown, start=1):
        told = ngettext("%(name)s: %(count)s document", "%(name)s: %(count)s documents", count) % {"name": row.name, "count": count}
        sentences.append(Sentence(text=told, verdict=_FROM_THE_DATABASE, prefix="\n- ", listed=(at,)))
    listed = tuple(Listed(kind="collection", title=row.name, collection=row.slug, documents=count) for row, count in shown)
    return tuple(sentences), listed


def _counted(looked: Looked) -> str:
    """Tell how many documents there are, and by which rule they were found."""
    number, asked = looked.total, looked.asked
    if asked.subject:
        told = ngettext(
            "%(count)s document has “%(subject)s” in its title or file name:",
            "%(count)s documents have “%(subject)s” in their title or file name:",
            number,
        )
        return told % {"count": number, "subject": asked.subject}
    if looked.collection is not None:
        told = ngettext(
            "The collection “%(name)s” has %(count)s document.", "The collection “%(name)s” has %(count)s documents.", number
        )
        return told % {"count": number, "name": looked.collection.name}
    return ngettext("You can read %(count)s document.", "You can read %(count)s documents.", number) % {"count": number}


def _of_period(looked: Looked, period: Period) -> str:
    number = looked.total
    named = {"count": number, "first": format_moment(period.first, "day"), "last": format_moment(period.last, "day")}
    if looked.asked.is_change:
        return (
            ngettext(
                "%(count)s document was uploaded or replaced from %(first)s to %(last)s.",
                "%(count)s documents were uploaded or replaced from %(first)s to %(last)s.",
                number,
            )
            % named
        )
    return (
        ngettext(
            "%(count)s document was added from %(first)s to %(last)s.",
            "%(count)s documents were added from %(first)s to %(last)s.",
            number,
        )
        % named
    )


def _line(document: Document) -> str:
    version = document.current_version
    named = [document.name] if document.name != document.title else []
    if version is not None and version.number > 1:
        named.append(_("version %(number)s") % {"number": version.number})
    return f"{document.title} ({', '.join(named)})" if named else document.title


def _dated_line(document: Document) -> str:
    version = document.current_version
    return f"{_line(document)}: {format_moment(version.created_at if version else document.created_at, 'day')}"


def _about_one(about: About, document: Document, version: DocumentVersion) -> str:
    """Tell who and when of one document."""
    named = {
        "title": document.title,
        "name": document.name,
        "number": version.number,
        "date": format_moment(version.created_at, "day"),
        "person": _name(version.created_by),
        "first": format_moment(document.created_at, "day"),
        "author": str(version.metadata.get("author") or ""),
    }
    parts = [_uploaded(named)]
    if about is About.PEOPLE:
        parts.append(
            _("The file names %(author)s as its author.") % named if named["author"] else _("The file does not name an author.")
        )
    elif version.number > 1:
        parts.append(_("The document was first added on %(first)s.") % named)
    if about is About.VERSION:
        parts.append(_("Answers come from this version."))
    return _joined(parts)


def _uploaded(named: dict[str, object]) -> str:
    if named["person"]:
        return _("“%(title)s” (%(name)s): version %(number)s was uploaded on %(date)s by %(person)s.") % named
    return _("“%(title)s” (%(name)s): version %(number)s was uploaded on %(date)s.") % named


def _joined(parts: Sequence[str]) -> str:
    """Join sentences; after a full-width stop no space follows."""
    told = ""
    for part in parts:
        told += ("" if not told or told.endswith("。") else " ") + part
    return told


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.username) if user else ""
