# ruff: noqa: E501 - a pattern is read in one line
"""Free paraphrases of true sentences, as a language model writes them: by rule, so that what is true stays true.

Each maker returns the sentences of an answer (all of them true by the passage), or nothing where the sentence does not lend itself
to it: the other voice, other words, one sentence in two, two in one, without what is beside the point, a list summed up, and a
question restated with its answer.
"""

import random
import re
from collections.abc import Callable

from language.sentences import split_sentences

PARAPHRASES = ("voice", "synonyms", "split", "merged", "shortened", "list", "restated")
_HAN = re.compile(r"[\u3400-\u9fff]")
_IRREGULAR = {
    "written": "wrote", "given": "gave", "taken": "took", "known": "knew", "chosen": "chose", "driven": "drove", "begun": "began",
    "seen": "saw", "drawn": "drew", "broken": "broke", "spoken": "spoke", "won": "won", "led": "led", "built": "built",
    "made": "made", "held": "held", "found": "found", "sent": "sent", "brought": "brought", "bought": "bought", "taught": "taught",
    "lost": "lost", "kept": "kept", "left": "left", "met": "met", "paid": "paid", "said": "said", "told": "told", "set": "set",
}  # fmt: skip
_PASSIVE = re.compile(
    rf"^(?P<object>[A-Z][\w' -]{{2,60}}?) (?P<be>was|were) (?P<verb>\w+ed|{'|'.join(_IRREGULAR)}) by"
    r" (?P<subject>(?:the |a |an )?[\w'.-]+(?: (?:of |the )?[A-Z]?[\w'-]+){0,4}?)(?P<rest>,? (?:in|on|at|during|after|for) [^,;]+)?\.$"
)
_ACTIVE = re.compile(
    r"^(?P<subject>(?:The |An? )?[A-Z]?[\w'-]+(?: [A-Z][\w'-]+){0,3}) (?P<verb>[a-z]+ed)"
    r" (?P<object>(?:the|a|an|his|her|their|its) (?:[\w'-]+ ){0,3}?[\w'-]+)(?P<rest>,? (?:in|on|at|during|after|for) [^,;]+)?\.$"
)
_SYNONYMS = (
    (r"\bestablished\b", "founded"), (r"\bbuilt\b", "constructed"), (r"\bnumerous\b", "many"), (r"\bnearly\b", "almost"),
    (r"\bapproximately\b", "about"), (r"\btypically\b", "usually"), (r"\boften\b", "frequently"), (r"\bmainly\b", "mostly"),
    (r"\bprimarily\b", "mainly"), (r"\bimportant\b", "significant"), (r"\bshows?\b", "demonstrates"), (r"\bcalled\b", "known as"),
    (r"\bbecause\b", "since"), (r"\btherefore\b", "so"), (r"\bhowever\b,?", "still,"), (r"\blarge\b", "big"), (r"\bsmall\b", "little"),
    (r"\bhelps?\b", "assists"), (r"\bassists?\b", "helps"), (r"\brequired to\b", "obliged to"), (r"\bmust\b", "need to"),
    (r"\bbegan\b", "started"), (r"\bended\b", "finished"), (r"\breceived?\b", "got"), (r"\bobtain(?:ed)?\b", "get"),
    (r"\bpurchased?\b", "bought"), (r"\bcreated\b", "made"), (r"\ballows?\b", "lets"), (r"\busing\b", "with the use of"),
    (r"\bsuch as\b", "like"), (r"\bdied\b", "passed away"), (r"\bchildren\b", "kids"), (r"\bresidents\b", "inhabitants"),
    (r"\bentire\b", "whole"), (r"\bquickly\b", "rapidly"), (r"\bdifficult\b", "hard"), (r"\benough\b", "sufficient"),
    (r"\brequests?\b", "application"), (r"\bsubmit\b", "hand in"), (r"\bprovides?\b", "offers"), (r"\bprovided\b", "offered"),
    (r"\battempted\b", "tried"), (r"\bcommonly\b", "widely"), (r"\bconsidered\b", "regarded as"), (r"\bportion\b", "part"),
    (r"\bseveral\b", "some"), (r"\bkilled\b", "slain"), (r"\battacked\b", "assaulted"), (r"\bdefeated\b", "beat"),
    (r"\bwithin\b", "inside"), (r"\bprior to\b", "before"), (r"\bfollowing\b(?= the)", "after"), (r"\bcity\b", "town"),
    (r"\bemployees\b", "workers"), (r"\bvacation\b", "holiday"), (r"\bcontains?\b", "holds"), (r"\bcontained\b", "held"),
    (r"\bresult(?:s|ed)? in\b", "led to"), (r"\boccurred\b", "happened"), (r"\btook place\b", "happened"), (r"\bbiggest\b", "largest"),
)  # fmt: skip
_SYNONYMS_ZH = (
    ("应当", "应该"), ("职工", "员工"), ("用人单位", "公司"), ("订立", "签订"), ("享受", "享有"), ("以及", "和"), ("因此", "所以"),
    ("位于", "地处"), ("由于", "因为"), ("成立于", "创立于"), ("创建", "建立"), ("担任", "出任"), ("获得", "取得"), ("曾经", "曾"),
    ("至少", "最少"), ("目前", "现在"), ("拥有", "有"), ("开始", "起"), ("主要", "大多"), ("发现", "找到"), ("包括", "包含"),
    ("共有", "一共有"), ("举行", "举办"), ("出生", "诞生"), ("毕业于", "从"), ("著名", "知名"), ("其中", "当中"), ("该", "这个"),
    ("必须", "需要"), ("不得", "不能"), ("约", "大约"), ("大约大约", "大约"), ("缴纳", "交纳"), ("支付", "给付"), ("期间", "期内"),
)  # fmt: skip
_JOINTS = re.compile(r", (?:and|but|while|whereas) (?=(?:the|it|he|she|they|this|these|a|an|[A-Z])[\w' -]+ (?:is|are|was|were|has|had|can|will|\w+ed)\b)")  # fmt: skip
_WH_ZH = re.compile(
    r"(?:是在|是)?(?:什么时候|什么时间|何时|哪一年|哪年|哪天)|谁|什么地方|哪里|哪儿|何处|哪(?:一?[个家位座种]|国)?(?:国家|城市|地方|地区|省份|公司|学校|大学|年份)?|多少|几(?=[个年月天次名位家岁人层种])|什么"
)


def paraphrase(kind: str, sentence: str, passage: str, rng: random.Random, *, asked: tuple[str, str] = ("", "")) -> list[str]:
    """Return the sentences that say the same in another way; [] where the kind does not fit.

    Args:
        asked: a question with its answer, for "restated".
    """
    makers: dict[str, Callable[[], list[str]]] = {
        "voice": lambda: _voice(sentence),
        "synonyms": lambda: _synonyms(sentence),
        "split": lambda: _split(sentence),
        "merged": lambda: _merged(sentence, passage),
        "shortened": lambda: _shortened(sentence),
        "list": lambda: _list(sentence, rng),
        "restated": lambda: _restated(*asked),
    }
    return [text for text in makers[kind]() if text and text != sentence]


def _voice(sentence: str) -> list[str]:
    """Turn the voice of a plain sentence."""
    if _HAN.search(sentence):
        turned = re.match(r"^(?P<object>[^，。；,被由]{2,20})[被由](?P<subject>[^，。；,]{2,12})(?P<verb>负责|承担|支付|批准|制定|创立|创建|任命|击败|收购|规定)。?$", sentence)  # fmt: skip
        return [f"{turned['subject']}{turned['verb']}{turned['object']}。"] if turned else []
    if passive := _PASSIVE.match(sentence):
        verb = _IRREGULAR.get(passive["verb"], passive["verb"])
        return [f"{_upper(passive['subject'])} {verb} {_lower(passive['object'])}{passive['rest'] or ''}."]
    if active := _ACTIVE.match(sentence):
        return [f"{_upper(active['object'])} was {active['verb']} by {_lower(active['subject'])}{active['rest'] or ''}."]
    return []


def _synonyms(sentence: str) -> list[str]:
    """Replace every word that has a like; nothing where fewer than two have."""
    count, text = 0, sentence
    for old, new in _SYNONYMS_ZH if _HAN.search(sentence) else _SYNONYMS:
        text, found = re.subn(re.escape(old) if _HAN.search(old) else old, new, text, count=1)
        count += found
    return [text] if count >= 2 else []


def _split(sentence: str) -> list[str]:
    if _HAN.search(sentence):
        parts = [part for part in re.split(r"[；;]", sentence.rstrip("。")) if len(part) >= 8]
        return [f"{part}。" for part in parts] if len(parts) == 2 else []
    parts = _JOINTS.split(sentence)
    if len(parts) == 2 and all(len(part.split()) >= 5 for part in parts):
        return [f"{parts[0].rstrip('.')}.", f"{_upper(parts[1]).rstrip('.')}."]
    clause = re.match(r"^(?P<main>[^,]{20,}), which (?P<rest>(?:is|are|was|were|has|had|\w+ed|\w+s)\b[^,]{12,})\.$", sentence)
    return [f"{clause['main']}.", f"This {clause['rest']}."] if clause else []


def _merged(sentence: str, passage: str) -> list[str]:
    """Join a sentence with the one after it."""
    spans = [" ".join(span.text.split()) for span in split_sentences(passage)]
    if sentence not in spans[:-1]:
        return []
    after = spans[spans.index(sentence) + 1]
    if (
        not 12 <= len(after) <= 200
        or not after.endswith((".", "。"))
        or not sentence.endswith((".", "。"))
        or "|" in after + sentence
    ):
        return []
    joint = "，并且" if _HAN.search(sentence) else ", and "
    return [f"{sentence.rstrip('.。')}{joint}{after if _HAN.search(after) else _lower(after)}"]


def _shortened(sentence: str) -> list[str]:
    """Leave out what stands in brackets, an opening phrase and what follows a "which"."""
    if _HAN.search(sentence):
        text = re.sub(r"（[^（）]*）|\([^()]*\)", "", sentence)
        text = re.sub(r"^(?:另外|此外|同时|其中|因此|但是|不过|然而)[，,]?", "", text)
        return [text] if len(text) >= 8 else []
    text = re.sub(r"\s*\([^()]*\)", "", sentence)
    text = re.sub(
        r"^(?:However|Moreover|In addition|Furthermore|Additionally|For example|In fact|As a result|Thus|Also), ", "", text
    )
    text = re.sub(r", (?:which|who|whose)\b[^,.;]*(?=\.$)", "", text)
    text = re.sub(r",? (?:also|very|quite|generally|currently|eventually|initially|still|just)\b(?= )", "", text)
    return [_upper(text)] if len(text.split()) >= 5 else []


def _list(sentence: str, rng: random.Random) -> list[str]:
    """Name two of at least three things that a sentence lists."""
    if _HAN.search(sentence):
        match = re.search(r"(?:包括|分为|有)(?P<items>(?:[^、，。；]{2,12}、){2,}[^、，。；和及]{2,12})", sentence)
        items = match["items"].split("、") if match else []
        return [f"其中包括{'和'.join(rng.sample(items, 2))}。"] if len(items) >= 3 else []
    match = re.search(
        r"(?:include[sd]?|including|such as) (?P<items>(?:[^,.;:()]{3,40}, ){2,}(?:and|or) [^,.;:()]{3,40})", sentence
    )
    items = [re.sub(r"^(?:and|or) ", "", item) for item in match["items"].split(", ")] if match else []
    return [f"They include {' and '.join(rng.sample(items, 2))}."] if len(items) >= 3 else []


def _restated(question: str, answer: str) -> list[str]:
    """Say a question with its answer in the place of what it asks for."""
    question, answer = question.strip(" ?？。."), answer.strip(" .。，,")
    if not question or not answer or len(answer) > 80:
        return []
    if _HAN.search(question):
        matches = list(_WH_ZH.finditer(question))
        is_plain = len(matches) == 1 and not re.search(r"吗|是否|为什么|怎么|如何|哪些|[,，?？]", question)
        return [_in_place(question, matches[0], answer)] if is_plain else []
    if who := re.match(
        r"^(?:Who|What) (?P<rest>(?!(?:did|does|do)\b)(?:was|were|is|are|has|had|can|could|\w+ed|\w+s)\b .+)$", question
    ):
        return [f"{_upper(answer)} {who['rest']}."]
    if when := re.match(r"^When (?P<be>was|were|is) (?P<subject>.+?) (?P<verb>\w+(?:ed|en)|built|made|held|born|won|founded)(?P<rest> .+)?$", question):  # fmt: skip
        where = "" if re.match(r"(?i)(?:in|on|from|during|by|after|before|since|the|early|late|around)\b", answer) else "in "
        return [f"{_upper(when['subject'])} {when['be']} {when['verb']}{when['rest'] or ''} {where}{answer}."]
    if where_ := re.match(r"^Where (?P<be>was|were|is|are) (?P<subject>.+?) (?P<verb>located|born|built|held|founded|buried|situated)$", question):  # fmt: skip
        joint = "" if re.match(r"(?i)(?:in|on|at|near|from)\b", answer) else "in "
        return [f"{_upper(where_['subject'])} {where_['be']} {where_['verb']} {joint}{answer}."]
    if many := re.match(r"^How many (?P<things>.+?) (?P<verb>are|were) there(?P<rest> .+)?$", question):
        number = re.match(r"[\w,.]+", answer)
        return [f"There {many['verb']} {number.group(0)} {many['things']}{many['rest'] or ''}."] if number else []
    return []


def _in_place(question: str, asked: re.Match[str], answer: str) -> str:
    """Put the answer where the question word stands; what it ends with is not said twice ("几天", "十天")."""
    rest = question[asked.end() :]
    shared = next((size for size in range(min(len(rest), len(answer)), 0, -1) if answer.endswith(rest[:size])), 0)
    return f"{question[: asked.start()]}{answer}{rest[shared:]}。"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    """Lower the first letter of an article or a pronoun; another first word may be a name."""
    return (
        text[:1].lower() + text[1:] if re.match(r"(?:The|A|An|It|They|These|This|His|Her|Their|Its|He|She|In|On)\b", text) else text
    )
