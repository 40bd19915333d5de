"""Recognise small talk: a greeting, thanks, a goodbye, or "who are you". It is answered without a search.

A message is small talk where each of its words is courteous or general, and none could name something
that a document is about. So "hello, how many days of leave do I have?" stays a question.
"""

import re
from enum import StrEnum

from django.utils import translation
from django.utils.translation import gettext as _

from language.lexicon import word_set
from language.scripts.answer_language import code_of, language_of

_MAX_CHARACTERS = 120
_MAX_WORDS = 12


class SmallTalk(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    ABOUT = "about_attest"
    DROPPED = "dropped"


_GREETS = word_set("hi hello hey hiya howdy greetings")
_TIMES = word_set("morning afternoon evening day")  # greet after "good", or alone
_THANKS = word_set("thanks thank thx cheers appreciate appreciated grateful")
_LEAVES = word_set("bye goodbye farewell")
_DROPS = word_set("nevermind nvm sorry oops forget worries nothing yes yep yeah no nope haha lol hm hmm test testing")
_AGREES = word_set("ok okay great perfect awesome excellent wonderful brilliant super cool understood helpful helped clear alright")
_COURTESY = word_set(
    """
    good night there everyone everybody team all again dear so very much many lot a really for your my the that this it it's that's
    was is i i'm we you to me us help helping answer answers quick support and nice meet see later soon tomorrow too well now be
    have got had just please sir madam attest how are doing today fine know need never mind problem
    """
)
_ASKS = word_set("who what what's how which are can could do does tell introduce")
_OF_ATTEST = word_set(
    """
    you your yourself name called made built created work works help me us about please a an the bot robot chatbot human person
    machine ai assistant real able to kind of sort is be am exactly really here attest with for i
    """
)
_SELF = word_set("you your yourself")
_PIECES_ZH = (
    (
        SmallTalk.ABOUT,
        r"(?:请问)?你(?:到底)?是(?:谁|什么|哪位|(?:不是)?(?:真人|机器人|人工智能|人|AI))|你叫什么(?:名字)?|(?:请)?介绍一下?你?自己"
        r"|你(?:都)?(?:能|会|可以)(?:帮我|为我)?(?:做|干|回答)(?:什么|些什么|哪些事情?)|你会什么|你有(?:什么|哪些)功能|你能帮(?:我|助我)(?:什么|做什么)?",
    ),
    (
        SmallTalk.THANKS,
        r"(?:非常|十分|太|多|真的?|很)?(?:感谢|谢谢|谢了|多谢|谢)(?:你|您|大家)?(?:的)?(?:帮助|帮忙|解答|回答)?|辛苦了?",
    ),
    (SmallTalk.GOODBYE, r"再见|拜拜|回头见|下次见|回见|晚安"),
    (SmallTalk.GREETING, r"(?:你|您|大家|各位)好|嗨|哈[喽啰罗]|(?:早上|上午|中午|下午|晚上)好|早安|早|在吗|在不在|hello|hi"),
    (
        SmallTalk.THANKS,
        r"好的?|明白了?|知道了?|了解了?|懂了?|清楚了?|收到|没问题|(?:很)?有(?:帮助|用)|不错|太?好了|可以了|行|嗯+|哦+",
    ),
    (SmallTalk.ABOUT, r"(?:请)?(?:帮助|帮帮忙?|帮忙|帮一下忙?|帮个忙)(?:一下)?|我需要(?:你的?)?帮(?:助|忙)|怎么(?:使用|用)你?"),
    (SmallTalk.DROPPED, r"算了|没事儿?|没什么|不用了|没关系|不客气|打扰了|对不起|抱歉|不好意思|哈哈+|呵呵+|测试"),
)
_PARTICLE_ZH = r"请问|[我呀啊哦啦了吧呢吗哈的\W_]"
_WHOLE_ZH = re.compile(rf"(?:{'|'.join(piece for _kind, piece in _PIECES_ZH)}|{_PARTICLE_ZH})+", re.IGNORECASE)


def read_small_talk(message: str) -> SmallTalk | None:
    """Return what kind of small talk a message is; None for everything that may be a question."""
    if len(message) > _MAX_CHARACTERS or any(mark.isdigit() for mark in message):
        return None
    return _read_chinese(message) if language_of(message) == "zh" else _read_english(message)


def reply_to(kind: SmallTalk, message: str) -> str:
    """Return the reply, in the language of the message. It says nothing about the content of any document."""
    with translation.override(code_of(message)):
        match kind:
            case SmallTalk.GREETING:
                return _("Hello! Ask me about your documents. I answer only from them and cite a source for every sentence.")
            case SmallTalk.THANKS:
                return _("You are welcome. Ask again whenever you need something from the documents.")
            case SmallTalk.DROPPED:
                return _("All right. Ask whenever you need something from the documents.")
            case SmallTalk.GOODBYE:
                return _("Goodbye! Your conversations stay here until you delete them.")
        return _(
            "I am Attest. Ask me about the documents that you can read: I quote what answers your question, cite a source for "
            "every sentence, count and compare what is in tables, list documents, and say so when I find no answer."
        )


def _read_english(message: str) -> SmallTalk | None:
    if re.search(r"[^\W_]", re.sub(r"[A-Za-z]", "", message)):
        return None  # letters of another script
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", message.lower().replace("’", "'"))
    if not words or len(words) > _MAX_WORDS:
        return None
    met, is_asked = set(words), "?" in message
    if met <= _GREETS | _TIMES | _THANKS | _LEAVES | _AGREES | _DROPS | _COURTESY:
        return _of_courtesy(met, is_asked=is_asked and len(words) > 2)
    return SmallTalk.ABOUT if met & _SELF and met & _ASKS and met <= _ASKS | _OF_ATTEST | _GREETS else None


def _of_courtesy(met: set[str], *, is_asked: bool) -> SmallTalk | None:
    """Return the kind of a message that consists of courteous words. As a question ("is there support?") it is no small talk,
    except "how are you?"."""
    if met >= {"how", "are", "you"}:
        return SmallTalk.GREETING
    if is_asked:
        return None
    if met & _THANKS:
        return SmallTalk.THANKS
    if met & _LEAVES or met >= {"good", "night"} or met >= {"see", "you"}:
        return SmallTalk.GOODBYE
    if "help" in met and not met & (_AGREES | _DROPS):
        return SmallTalk.ABOUT
    if met >= {"never", "mind"} or met & _DROPS:
        return SmallTalk.DROPPED
    if met & _GREETS or (met & _TIMES and ("good" in met or met <= _TIMES)):
        return SmallTalk.GREETING
    return SmallTalk.THANKS if met & _AGREES else None


def _read_chinese(message: str) -> SmallTalk | None:
    if not _WHOLE_ZH.fullmatch(message):
        return None
    return next((kind for kind, piece in _PIECES_ZH if re.search(piece, message, re.IGNORECASE)), None)
