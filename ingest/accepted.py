"""The formats that may be uploaded, as forms, messages and pages list them in the reader's language."""

from django.utils.translation import gettext, pgettext

from ingest.parsers.formats.registry import BY_ENDING, BY_TYPE, FORMATS


def label_of(media_type: str) -> str:
    """Return what people call the format; the last part of a type that is not known any more."""
    known = BY_TYPE.get(media_type)
    return gettext(known.label) if known else media_type.rpartition("/")[2].upper()


def accepted_endings() -> str:
    """Return the endings as a file field's `accept` takes them, with commas between them."""
    return ",".join(BY_ENDING)


def describe_formats() -> str:
    """Return the formats as a sentence lists them, each with its endings where the name does not say them."""
    endings: dict[str, list[str]] = {}
    for one in FORMATS:
        if one.endings:
            endings.setdefault(one.label, []).extend(one.endings)
    formats = []
    for label, known in endings.items():
        says_all = f".{label.lower()}" == known[0]
        formats.append(gettext(label) if says_all else f"{gettext(label)} ({' '.join(known)})")
    return pgettext("between the items of a list", ", ").join(formats)
