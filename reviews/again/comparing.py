"""What differs between two receipts of one question: the answer, and what it was made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from audit.receipts.shapes import mapping_of, sequence_of
from audit.words import OUTCOMES
from kb.models import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing then and now, in words. `is_same`: it did not change."""

    name: str
    then: str
    now: str

    @property
    def is_same(self) -> bool:
        return self.then == self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document that the earlier answer cites, and what has become of it."""

    title: str
    then: str
    now: str
    is_same: bool


def compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return what is compared of two payloads, whether it differs or not."""
    pairs = (
        (_("Outcome"), lambda data: str(OUTCOMES.get(str(data.get("outcome")), data.get("outcome", "")))),
        (_("Collections that could be read"), _scope),
        (_("Documents cited"), _cited),
        (_("Model"), _model),
        (_("Prompt template"), lambda data: str(mapping_of(data.get("prompt")).get("template_hash", ""))[:12]),
        (_("Judge"), _judge),
        (_("Threshold"), lambda data: _number(mapping_of(data.get("sufficiency")).get("threshold"))),
        (
            _("Probability that the evidence answers it"),
            lambda data: _number(mapping_of(data.get("sufficiency")).get("probability")),
        ),
    )
    return [Difference(name=name, then=read(then), now=read(now)) for name, read in pairs]


def follow_sources(then: Mapping[str, Any], *, user: User) -> list[Source]:
    """Return what has become of the documents that an answer cites, in one query. Of what `user` may not read nothing is said."""
    cited = {
        str(one["document_uid"]): one for one in map(mapping_of, sequence_of(then.get("citations"))) if one.get("document_uid")
    }
    documents = Document.objects.readable_by(user).filter(uid__in=cited).select_related("current_version")
    found = {str(row.uid): row for row in documents}
    sources = []
    for uid, citation in cited.items():
        version = citation.get("version")
        state, is_same = _standing(found.get(uid), version)
        title = str(citation.get("title") or citation.get("document", ""))
        sources.append(Source(title=title, then=_("version %(number)s") % {"number": version}, now=state, is_same=is_same))
    return sources


def _standing(document: Document | None, version: object) -> tuple[str, bool]:
    if document is None:
        return _("you cannot read it"), False
    if document.deleted_at is not None:
        return _("deleted"), False
    current = document.current_version
    if current is None:
        return _("being processed"), False
    return _("version %(number)s") % {"number": current.number}, current.number == version


def _scope(data: Mapping[str, Any]) -> str:
    names = (mapping_of(one).get("name", "") for one in sequence_of(mapping_of(data.get("scope")).get("collections")))
    return ", ".join(sorted(map(str, names)))


def _cited(data: Mapping[str, Any]) -> str:
    places = {
        f"{one.get('title') or one.get('document', '')} v{one.get('version', '')}"
        for one in map(mapping_of, sequence_of(data.get("citations")))
    }
    return ", ".join(sorted(places))


def _model(data: Mapping[str, Any]) -> str:
    model = mapping_of(data.get("model"))
    parameters = ", ".join(f"{name} {value}" for name, value in sorted(mapping_of(model.get("parameters")).items()))
    return f"{model.get('name', '')} ({parameters})" if parameters else str(model.get("name", ""))


def _judge(data: Mapping[str, Any]) -> str:
    sufficiency = mapping_of(data.get("sufficiency"))
    return " · ".join(str(part)[:12] for part in (sufficiency.get("judge"), sufficiency.get("calibration")) if part)


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else ""
