"""Recognise that somebody speaks of harming themselves, or tells of an emergency: they are told whom to call.

Patterns, wide for self-harm: a contact that was not needed costs a line. An emergency that is asked about ("what do I do when …?")
is a question to the documents.
"""

import re
from enum import StrEnum

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from language.scripts.answer_language import code_of

_MAX_CHARACTERS = 400


class Distress(StrEnum):
    SELF_HARM = "self_harm"
    EMERGENCY = "emergency"


_SELF_HARM = re.compile(
    r"\bkill(?:ing)? myself\b|\b(?:end|ending|take|taking) my (?:own )?life\b|\bi(?:'m| am| feel)[^.?!]{0,20}\bsuicidal\b"
    r"|\b(?:want|wanna|going|gonna|thinking|thoughts|feel like)\b[^.?!]{0,15}\b(?:hurt|harm|cut)(?:ting|ing)? myself\b"
    r"|\bi (?:just |really )*(?:want to|wanna|wish i could) die(?![-\w])|\bi wish i (?:was|were) dead\b|\bbetter off dead\b"
    r"|\b(?:don'?t|do not) want to (?:live|be alive)\b|\bno reason to (?:live|go on living)\b"
    r"|\bi\b.{0,30}\bcommit(?:ting)? suicide\b"
    r"|不想活|活不下去|想不开|不如死了?算|活着没(?:有)?(?:什么)?意思|(?:想|要|打算|准备)(?:去)?(?:自杀|轻生|自残|割腕|跳楼|结束(?:自己的?)?生命)"
    r"|(?:想|要)死(?![你我他她在线机锁循])|了结(?:自己|生命)",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(
    r"\b(?:someone|somebody|colleague|coworker|co-worker|visitor|employee|man|woman|he|she)(?: is| has|'s| just| was)*"
    r" (?:collapsed|fainted|passed out|unconscious|choking|not breathing|bleeding|stabbed|electrocuted"
    r"|having (?:a|an) (?:heart attack|stroke|seizure))\b"
    r"|\bthere(?:'s| is) (?:a )?(?:fire|gas leak|smell of gas|smoke|shooter)\b|\bis on fire\b|\bi (?:can'?t|cannot) breathe\b"
    r"|\bi(?:'m| am) having a (?:heart attack|stroke)\b|\bcall (?:an ambulance|911|999|112)\b"
    r"|(?:着|起|失)火了|(?:煤气|燃气|瓦斯)泄漏了|爆炸了|有人(?:晕倒|昏倒|触电|昏迷|大出血|没有?呼吸|心脏病发)|救命|快叫救护车|(?:我)?喘不(?:过|上)气",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"[?？]|\b(?:what|who|whom|where|when|how|which|should|is there|does|policy)\b|怎么|如何|哪|谁|什么|吗|多久|几|制度|规定",
    re.IGNORECASE,
)


def read_distress(message: str) -> Distress | None:
    """Return what somebody in distress tells of; None for every other message."""
    said = message[:_MAX_CHARACTERS].replace("’", "'")
    if _SELF_HARM.search(said):
        return Distress.SELF_HARM
    return Distress.EMERGENCY if _EMERGENCY.search(said) and not _ASKS.search(said) else None


def reply_to_distress(kind: Distress, message: str) -> str:
    """Return whom to call, in the language of the message: the installation's contact too, where it has one."""
    with translation.override(code_of(message)):
        contact: str = settings.EMERGENCY_CONTACT
        if kind == Distress.SELF_HARM:
            told = _(
                "This sounds very hard, and you do not have to face it alone. Please talk to somebody you trust, to a doctor or to "
                "a crisis line. If you are in danger now, call the emergency services."
            )
        else:
            told = _(
                "If somebody is in danger now, call the emergency services first. Then ask me what your documents say about it."
            )
        return f"{told} {_('Your company’s contact: %(contact)s') % {'contact': contact}}" if contact else str(told)
