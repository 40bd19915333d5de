"""The reader's current rights, read from the database at each step: nothing is kept from when the question arrived."""

from accounts.credentials import Credential, find_reader
from accounts.models import User
from chat.errors import AccessEnded, EvidenceWithdrawn
from chat.flow.asked import Asked
from chat.flow.evidence import are_open, are_readable
from chat.flow.steps import Scoped
from chat.flow.trace import AnswerTrace
from chat.library.looking import MOST_LISTED
from kb.models import Collection


def reader_of(credential: Credential) -> User:
    """Return the reader with their present role. Raises: AccessEnded: the session, key or account is no longer valid."""
    reader = find_reader(credential)
    if reader is None:
        raise AccessEnded
    return reader


def scope_of(asked: Asked) -> Scoped:
    """Return the collections that the question is asked of, as its reader may read them now. Raises: AccessEnded."""
    reader = reader_of(asked.credential)
    readable = asked.within.collections_of(reader, collection=asked.collection)
    named = asked.within.documents_of(reader) if asked.within.names_documents else None
    return Scoped(
        collections=tuple(readable),
        documents=frozenset(named.values_list("pk", flat=True)) if named is not None else None,
    )


def check_evidence(trace: AnswerTrace, *, reader: User) -> None:
    """Check that the reader may still read what the answer rests on.

    Raises: EvidenceWithdrawn: a cited passage was deleted, replaced or revoked, or a document that the model was given was deleted
        or revoked: what it writes may come from there, whatever it cites. A newer version of one that is not cited changes nothing.
        So for the documents and collections that an answer from the library lists. AccessEnded: so did the reader's access.
    """
    cited = {citation.chunk_id for citation in trace.written.citations}
    documents = {one.place.document_uid for one in trace.evidence}
    if trace.library is not None:
        documents |= {str(one.uid) for one in trace.library.documents}
        slugs = {row.slug for row, _count in trace.library.collections[:MOST_LISTED]}
        if Collection.objects.readable_by(reader).filter(slug__in=slugs).count() < len(slugs):
            raise withdrawal(trace.asked.credential)
    if not (are_readable(cited, user=reader) and are_open(documents, user=reader)):
        raise withdrawal(trace.asked.credential)


def withdrawal(credential: Credential) -> EvidenceWithdrawn:
    """Return the error for evidence that the reader may not read any more.

    Raises: AccessEnded: they lost it with their access, since they were looked up.
    """
    reader_of(credential)
    return EvidenceWithdrawn()
