"""Read an English question about the library itself. Whole questions are matched, never parts of one: what the rules do not
know is a question about the content."""

import re

from chat.library.asked import About, LibraryQuestion, collection_of, unquote
from chat.library.media import media_types_of

_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|please|ok|okay|so|and)[\s,]+)*(?:(?:can|could|would|will) you (?:please )?)?"
    r"(?:(?:please )?(?:tell me|let me know)[\s,:]+|(?:i(?:'d| would) like to know|do you know|i want to know)[\s,:]+)?",
    re.IGNORECASE,
)
_THANKS = re.compile(r"[\s,]+(?:please|thanks|thank you)$", re.IGNORECASE)
_DOC = r"(?P<noun>(?:pdf|word|excel|csv|powerpoint)? ?(?:documents?|docs|files?)|pdfs|spreadsheets|presentations)"
_KIND = (
    r"(?:contracts?|agreements?|amendments?|polic(?:y|ies)|manuals?|handbooks?|guidelines?|guides?|regulations?|procedures?"
    r"|circulars?|checklists?|runbooks?|invoices?|data ?sheets?|certificates?|minutes|memos?|newsletters?)"
)
_PLACE = (
    r"(?: (?:here|now|right now|currently|at the moment|altogether|in total|overall|available|stored|indexed|so far"
    r"|(?:in|of|from) (?:the|this|our|your|my) (?:whole )?(?:library|knowledge base|system|database|index|collection(?! \w))"
    r"|(?:in|of|from) (?:the )?collection (?P<collection{n}>[^,]+?)"
    r"|(?:in|of|from) the (?P<collected{n}>[^,]+?) collection))"
)
_EXIST = (
    r"(?:(?:are|is) there|exist|(?:do|can) (?:we|you|i) (?:have|hold|know|read|see|access|search|ask(?: about)?)"
    r"|have (?:we|you|i) got|have (?:we|you)|(?:we|you|i) (?:have|hold|can read)"
    r"|(?:are|is|have been) (?:stored|indexed|available|uploaded)"
    r"|are(?= (?:here|now|currently|in)\b)"
    r"|does (?:attest|the library|this library|this collection|the collection|the knowledge base) (?:have|hold|contain))"
)
_ABOUT = (
    r"(?:about|on|with|concerning|regarding|for|from|of|mentioning|called|named|relat(?:ed|ing) to"
    r"|(?:that|which) (?:are about|mention|concern|cover|deal with|are called))"
)
_SUBJECT = rf"(?: {_ABOUT} (?P<subject>.+?))?"
_WRITE = (
    r"(?P<verb>wrote|has written|authored|uploaded|has uploaded|added|created|published|last (?:changed|updated|edited|modified))"
)
_DONE = r"(?:changed|updated|modified|edited|uploaded|added|revised)"
_PERIOD = (
    r"(?P<period>today|yesterday|(?:this|last) (?:week|month|year)|recently|lately"
    r"|(?:in|within|over|during) the (?:last|past) (?:\w+ )?(?:days?|weeks?|months?)|since .+)"
)


def _whole(pattern: str) -> re.Pattern[str]:
    numbered = pattern
    for number in range(pattern.count("{n}") // 2):  # the same place may stand at two points of a question
        numbered = numbered.replace("{n}", str(number), 2)
    return re.compile(numbered, re.IGNORECASE)


_ALL = r"(?:all |any )?(?:of )?(?:the |our |your |my |these |available )*"
_COUNT = _whole(rf"how many {_DOC}(?: (?P<early>{_ABOUT} .+?))?(?: {_EXIST})?{_PLACE}*{_SUBJECT}{_PLACE}*")
_WHICH = _whole(rf"(?:which|what)(?: other| kind of)? {_DOC}(?: {_ABOUT} (?P<early>.+?))? {_EXIST}{_PLACE}*{_SUBJECT}{_PLACE}*")
_WHICH_ARE = _whole(rf"(?:which|what) {_DOC} (?:(?:is|are) (?:about|on)|mentions?|covers?|deals? with|concerns?) (?P<subject>.+)")
_LIST = _whole(rf"(?:list|show|name|give)(?: me)? {_ALL}{_DOC}{_SUBJECT}(?: (?:that|which) {_EXIST}| (?:we|you) have)?{_PLACE}*")
_ANY = _whole(rf"(?:do (?:we|you) have|(?:are|is) there) (?:any |a |some )?{_DOC} {_ABOUT} (?P<subject>.+)")
_KINDS = (
    (About.COUNT, _whole(rf"how many (?P<subject>.*?\b{_KIND}\b.*?) {_EXIST}{_PLACE}*(?: {_ABOUT} (?P<more>.+?))?{_PLACE}*")),
    (About.LIST, _whole(rf"(?:which|what) (?P<subject>.*?\b{_KIND}\b.*?) {_EXIST}{_PLACE}*(?: {_ABOUT} (?P<more>.+?))?{_PLACE}*")),
    (About.LIST, _whole(rf"(?:list|show)(?: me)? all (?:of )?(?:the |our |your )?(?P<subject>[^,]*\b{_KIND}\b[^,]*?){_PLACE}*")),
)
_MANY = (
    (About.COUNT, _COUNT),
    (About.LIST, _WHICH),
    (About.LIST, _WHICH_ARE),
    (About.LIST, _LIST),
    (About.LIST, _ANY),
)
_WHO = (
    _whole(rf"who {_WRITE} (?P<subject>.+)"),
    _whole(r"who(?: is|'s| was) the (?P<verb>author|writer|uploader) of (?P<subject>.+)"),
    _whole(r"(?:who|by whom) was (?P<subject>.+?) (?P<verb>written|authored|uploaded|added|last (?:changed|updated))(?: by)?"),
)
_WHEN = (
    _whole(rf"when (?:was|were|has|did) (?P<subject>.+?) (?:been )?(?:last |most recently |first )?{_DONE}(?: last)?"),
    _whole(r"how (?:old|recent|up[- ]to[- ]date|current) is (?P<subject>(?:the|this) (?:document|file)\b.*)"),
)
_VERSION = (
    _whole(r"(?:what|which)(?: is|'s) the (?:latest|current|newest|most recent) version of (?P<subject>.+)"),
    _whole(
        r"(?:what|which) version of (?P<subject>.+?) (?:is (?:the )?(?:latest|current|newest|valid)"
        r"|(?:do|can) (?:we|you|i) (?:have|read|see))"
    ),
    _whole(r"is there a (?:newer|new|later) version of (?P<subject>.+)"),
    _whole(r"how many versions of (?P<subject>.+?) (?:are there|exist|do we have)"),
)
_ADDED = (
    r"(?:(?:were|was|have been|has been|are|got) )?(?:newly |recently )?"
    r"(?P<verb>added|uploaded|new|created|changed|updated|modified)"
)
_RECENT = (
    _whole(rf"(?:which|what|how many) {_DOC} {_ADDED}(?: to .+?)?{_PLACE}*(?: {_PERIOD})?{_PLACE}*"),
    _whole(rf"(?:list|show)(?: me)? {_ALL}{_DOC} (?:that )?{_ADDED}{_PLACE}* {_PERIOD}"),
    _whole(rf"(?:which|what) (?P<verb>new|changed|updated) {_DOC} {_EXIST}{_PLACE}*(?: {_PERIOD})?"),
    _whole(rf"(?:list|show)(?: me)? {_ALL}(?P<verb>new|newest|latest|most recent|recent) {_DOC}{_PLACE}*"),
    _whole(rf"what(?: is|'s) (?P<verb>new) in (?:the|this|our) (?:library|knowledge base|collection)(?: {_PERIOD})?"),
)
_INSIDE = (
    _whole(
        r"what(?:'s| is| are| documents are)?(?: all)?(?: in| inside) (?:this|the|our|your)(?: \"?(?P<collected0>[^\"]+?)\"?)? "
        r"(?:collection|library|knowledge base)(?: \"?(?P<collection0>[^\"]+?)\"?)?"
    ),
    _whole(
        r"what (?:does|do) (?:this|the|our|your)(?: \"?(?P<collected0>[^\"]+?)\"?)? (?:collection|library|knowledge base)"
        r"(?: \"?(?P<collection0>[^\"]+?)\"?)? (?:contain|hold|cover|include|have)"
    ),
)
_COLLECTIONS = (
    _whole(rf"(?:which|what|how many) collections (?:{_EXIST}|may i (?:read|search|ask)){_PLACE}*"),
    _whole(rf"(?:list|show)(?: me)? {_ALL}collections"),
)
_DETERMINER = re.compile(r"^(?:(?:the|this|that|our|your|my|a|an|all|of)\s+)+", re.IGNORECASE)
_NOUN_BEFORE = re.compile(r"^(?:documents?|file)(?:\s+(?:called|named|titled))?\s+", re.IGNORECASE)
_FILE_NAME = re.compile(r"\.[a-z]{2,5}\d?$", re.IGNORECASE)
_KIND_AT_END = re.compile(rf"\b{_KIND}$", re.IGNORECASE)
_NOUN_AFTER = re.compile(r"\s+(?:document|file)$", re.IGNORECASE)
_POINTS = re.compile(r"^(?:it|this|that|(?:this|that|the) (?:document|file|policy|page|source))$", re.IGNORECASE)


def read_english(question: str) -> LibraryQuestion | None:
    """Return what is asked about the library, or None for a question about the content.

    Args:
        question: as `chat.library.asked.tidy` returns it.
    """
    text = _THANKS.sub("", _POLITE.sub("", question, count=1))
    return _read_collections(text) or _read_recent(text) or _read_one(text) or _read_many(text) or _read_kinds(text)


def _read_collections(text: str) -> LibraryQuestion | None:
    if any(pattern.fullmatch(text) for pattern in _COLLECTIONS):
        return LibraryQuestion(about=About.COLLECTIONS)
    found = next((found for pattern in _INSIDE if (found := pattern.fullmatch(text))), None)
    return LibraryQuestion(about=About.LIST, collection=collection_of(found)) if found else None


def _read_recent(text: str) -> LibraryQuestion | None:
    found = next((found for pattern in _RECENT if (found := pattern.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    verb, period = parts["verb"].casefold(), parts.get("period") or ""
    if not period and verb not in ("new", "newest", "latest", "most recent", "recent") and "recently" not in text.casefold():
        return None
    is_change = verb in ("changed", "updated", "modified", "uploaded")
    return LibraryQuestion(
        about=About.RECENT,
        period=period or "recently",
        is_change=is_change,
        collection=collection_of(found),
        media_types=media_types_of(parts.get("noun") or ""),
    )


def _read_one(text: str) -> LibraryQuestion | None:
    """Read a question about one document: who, when, which version."""
    for about, patterns in ((About.PEOPLE, _WHO), (About.CHANGED, _WHEN), (About.VERSION, _VERSION)):
        found = next((found for pattern in patterns if (found := pattern.fullmatch(text))), None)
        if found is None:
            continue
        subject = found["subject"].strip()
        if _POINTS.match(subject):
            return LibraryQuestion(about=about, points_back=True)
        bare = _DETERMINER.sub("", subject)
        named = _NOUN_AFTER.sub("", _NOUN_BEFORE.sub("", bare))
        is_named = named != bare or bool(_FILE_NAME.search(bare))
        is_upload = "upload" in (found.groupdict().get("verb") or "").casefold()
        if about is About.PEOPLE and not (is_named or is_upload or _KIND_AT_END.search(named)):
            return None  # who wrote a book, a song, a paper: the content may say
        return LibraryQuestion(about=about, subject=unquote(named), names_document=is_named)
    return None


def _read_many(text: str) -> LibraryQuestion | None:
    for about, pattern in _MANY:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        early = re.sub(rf"^{_ABOUT} ", "", parts.get("early") or "", flags=re.IGNORECASE)
        subject = " ".join(part for part in (early, parts.get("subject") or "") if part)
        return LibraryQuestion(
            about=about,
            subject=unquote(_DETERMINER.sub("", subject)),
            collection=collection_of(found),
            media_types=media_types_of(parts["noun"]),
        )
    return None


def _read_kinds(text: str) -> LibraryQuestion | None:
    for about, pattern in _KINDS:
        if found := pattern.fullmatch(text):
            subject = " ".join(part for part in (found["subject"], found.groupdict().get("more") or "") if part)
            return LibraryQuestion(about=about, subject=unquote(subject), is_kind=True, collection=collection_of(found))
    return None
