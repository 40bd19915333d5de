"""Read a Chinese question about the library itself. Whole questions are matched, never parts of one."""

import re

from chat.library.asked import About, LibraryQuestion, collection_of, unquote
from chat.library.media import media_types_of

_POLITE = re.compile(
    r"^(?:(?:请问|请|麻烦(?:你|您)?|劳驾|你好|您好|那么|那|帮我|告诉我|我?想(?:知道|问)(?:一下)?|能不能|可不可以)[,，、 ]*)*"
)
_TAIL = re.compile(r"[呢吗呀啊了 ]+$")
_DOC = r"(?P<noun>(?:PDF|pdf|Word|word|Excel|excel|CSV|表格|演示)?(?:文件|文档)|PDF|资料(?!集|库))"
_M = r"(?:个|份|篇|条|本|种)?"
_HOW_MANY = rf"(?:多少|几){_M}"
_WHAT = r"(?:哪些|什么|些什么|哪几[个份篇本])"
_NOW = r"(?:现在|目前|当前|如今)?"
_HERE = (
    r"(?:这里|这儿|库里|库中|(?:这个|本|该|整个)?(?:资料库|知识库|文档库|系统|资料集|集合)(?:里面|里|中|内)?"
    r"|(?:资料集|集合) ?\"?(?P<collection>[^\"有的里中]+?)\"?(?:里面|里|中|内)"
    r"|\"?(?P<collected>[^\"有的里中]{1,40}?)\"?(?:这个)?(?:资料集|集合)(?:里面|里|中|内)?)?"
)
_WE = r"(?:我们公司|我们|咱们|你们|你|您|我|公司)?(?:这里|这儿)?"
_HAVE = r"(?:(?:都|能|可以)?(?:有|收录了?|存有?|存了|看到?|读到?|查到?)|里有)"
_ALL = r"(?:一共|总共|共计|全部|共|总计)?"
_OPEN = rf"{_NOW}{_HERE}{_NOW}{_WE}{_NOW}{_ALL}"
_ABOUT = r"(?:关于|有关|涉及|提到|针对)"
_VERB = r"(?P<verb>写|编写|编制|起草|撰写|上传|添加|创建|更新|修改|改)"
_KIND_SURE = r"(?:合同|协议|手册|条例|说明书|指南|细则|规程|备忘录|会议纪要|数据手册)"
_KIND_WITH_WORDS = r"(?:制度|办法|规定|规范|通知|清单|章程)"
_KIND = rf"(?:{_KIND_SURE}|{_KIND_WITH_WORDS})"
_PERIOD = (
    r"(?P<period>今天|昨天|本周|这周|这个星期|这星期|上周|上个?星期|本月|这个月|上个?月|今年|去年|最近(?:[一二两三四五六七八九十\d]+(?:天|周|个?星期|个月))?"
    r"|(?:过去|近)[一二两三四五六七八九十\d]+(?:天|周|个?星期|个月)|近期)"
)
_ADD = r"(?P<verb>上传|添加|增加|新增|加入|更新|修改|改动|变更|改)"

_COUNT = (
    re.compile(rf"{_OPEN}{_HAVE}?{_HOW_MANY}(?:{_ABOUT}(?P<subject>.+?)的)?{_DOC}"),
    re.compile(rf"{_DOC}{_ALL}有{_HOW_MANY}"),
    re.compile(rf"{_OPEN}{_HAVE}?{_HOW_MANY}(?:和|与|跟|同)(?P<subject>.+?)(?:有关|相关)的{_DOC}"),
    re.compile(rf"(?:{_ABOUT}|和|与|跟)(?P<subject>.+?)(?:有关|相关)?的{_DOC}{_ALL}有{_HOW_MANY}"),
)
_LIST = (
    re.compile(rf"{_OPEN}{_HAVE}{_WHAT}(?:{_ABOUT}(?P<subject>.+?)的)?{_DOC}"),
    re.compile(rf"{_OPEN}{_HAVE}{_WHAT}(?:和|与|跟|同)(?P<subject>.+?)(?:有关|相关)的{_DOC}"),
    re.compile(rf"(?:列出|列一下|列举|显示|查看)(?:一下)?(?:所有|全部)?的?(?:{_ABOUT}(?P<subject>.+?)的)?{_DOC}(?:清单|列表)?"),
    re.compile(rf"(?:所有|全部)?{_DOC}(?:都)?有{_WHAT}"),
    re.compile(rf"(?:{_ABOUT}|和|与|跟)(?P<subject>.+?)(?:有关|相关)?的{_DOC}(?:都)?有{_WHAT}"),
    re.compile(rf"(?:有)?哪些{_DOC}(?:是)?(?:{_ABOUT}|讲|说的?是?)了?(?P<subject>.+?)的?"),
    re.compile(rf"(?P<subject>[^的有哪]+?)(?:的相关|相关的?|方面的){_DOC}(?:都)?有{_WHAT}"),
    re.compile(rf"{_OPEN}有没有(?:{_ABOUT})(?P<subject>.+?)的{_DOC}"),
)
_KINDS = (
    (About.COUNT, re.compile(rf"{_OPEN}{_HAVE}{_HOW_MANY}(?P<subject>[^的有哪]*?{_KIND})")),
    (About.LIST, re.compile(rf"{_OPEN}{_HAVE}{_WHAT}(?P<subject>[^的有哪]*?{_KIND})")),
    (About.LIST, re.compile(rf"(?P<subject>[^的有哪]*?{_KIND})(?:都)?有哪[些几]{_M}")),
    (About.COUNT, re.compile(rf"(?P<subject>[^的有哪]*?{_KIND}){_ALL}有{_HOW_MANY}")),
    (About.LIST, re.compile(rf"(?:列出|列举|显示)(?:所有|全部)的?(?P<subject>[^的有哪]*?{_KIND})")),
)
_WHO = (
    re.compile(rf"(?P<subject>.+?)(?:最后)?(?:是|由)?(?:谁|哪位|什么人|哪个人){_VERB}的?"),
    re.compile(rf"(?:是)?(?:谁|哪位|什么人){_VERB}(?:了|的)?(?P<subject>.+)"),
    re.compile(r"(?P<subject>.+?)的(?P<verb>作者|上传者|上传人|编写人|起草人)(?:是谁|是哪位|叫什么)?"),
)
_WHEN_WORD = r"(?:什么时候|什么时间|何时|哪天|哪一天|几时|几号)"
_WHEN = (
    re.compile(
        rf"(?P<subject>.+?)(?:是|最后|最近|上次|一次)*在?{_WHEN_WORD}(?:最后|最近|上次|一次|被)*(?:上传|更新|修改|改|添加|改动)(?:的|过)?"
    ),
    re.compile(
        rf"(?P<subject>.+?)的?(?:最后|最近|上次|上一次)(?:一次)?(?:更新|修改|上传|改动)(?:的)?(?:时间|日期)?(?:是|在)*(?:{_WHEN_WORD}|多少)?"
    ),
)
_VERSION = (
    re.compile(
        r"(?P<subject>.+?)的?(?:最新|现行|当前|目前)的?(?:版本|版)(?:号)?(?:是)?(?:什么|哪个|哪一?版|哪个版本|第?几版?|多少|几号)?"
    ),
    re.compile(r"(?P<subject>.+?)有(?:没有)?(?:更?新的?|新)版本?"),
    re.compile(r"(?P<subject>.+?)(?:一共)?有几个版本"),
)
_RECENT = (
    re.compile(rf"{_HERE}{_PERIOD}{_WE}(?:都)?(?:新)?{_ADD}(?:了|过|的)*(?:{_WHAT}|{_HOW_MANY})新?{_DOC}"),
    re.compile(rf"{_HERE}(?:有)?(?:{_WHAT}|{_HOW_MANY}){_DOC}(?:是)?在?{_PERIOD}(?:新)?{_ADD}(?:的|过)?"),
    re.compile(rf"{_HERE}{_PERIOD}(?:都)?有(?:{_WHAT}|{_HOW_MANY})新(?P<verb>的|增|加|上传的?)?{_DOC}"),
    re.compile(rf"(?:列出)?{_PERIOD}(?:新)?{_ADD}的{_DOC}(?:有{_WHAT}|有{_HOW_MANY})?"),
)
_INSIDE = re.compile(
    r"(?:(?:这个|本|该)?(?:资料集|集合|知识库|资料库|文档库)(?: ?\"(?P<collection>[^\"]+)\")?"
    r"|\"?(?P<collected>[^\"这本该]{1,40}?)\"?(?:这个)?(?:资料集|集合))"
    rf"(?:里面|里|中|内)?(?:都)?(?:有|包含|包括|收录了?|存了?){_WHAT}(?:内容|东西|文件|文档|资料)?"
)
_COLLECTIONS = re.compile(
    rf"{_NOW}{_WE}{_NOW}{_ALL}(?:都)?(?:能|可以)?(?:有|看到?|读|访问|查)"
    rf"(?:{_WHAT}|{_HOW_MANY})(?:资料集|集合|知识库)"
)
_POINTS = re.compile(r"(?:它|这|那|这个|那个|这份|那份|该|这篇|那篇|此)(?:文件|文档|资料)?")
_DETERMINER = re.compile(r"^(?:这个|那个|这份|那份|该|此|我们的?|公司的?)")
_FILE_NAME = re.compile(r"\.[A-Za-z]{2,5}\d?$")
_KIND_AT_END = re.compile(rf"{_KIND}$")
_NOUN = re.compile(r"^(?:文件|文档)|(?:这份|这个|这篇)?(?:文件|文档)$")


def read_chinese(question: str) -> LibraryQuestion | None:
    """Return what is asked about the library, or None for a question about the content.

    Args:
        question: as `chat.library.asked.tidy` returns it.
    """
    text = _TAIL.sub("", _POLITE.sub("", question, count=1)).replace(" ", "")
    return _read_collections(text) or _read_recent(text) or _read_many(text) or _read_kinds(text) or _read_one(text)


def _read_collections(text: str) -> LibraryQuestion | None:
    if _COLLECTIONS.fullmatch(text):
        return LibraryQuestion(about=About.COLLECTIONS)
    found = _INSIDE.fullmatch(text)
    return LibraryQuestion(about=About.LIST, collection=collection_of(found)) if found else None


def _read_recent(text: str) -> LibraryQuestion | None:
    found = next((found for pattern in _RECENT if (found := pattern.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    is_change = (parts.get("verb") or "") in ("更新", "修改", "改动", "变更", "改", "上传")
    return LibraryQuestion(
        about=About.RECENT,
        period=parts["period"],
        is_change=is_change,
        collection=collection_of(found),
        media_types=media_types_of(parts["noun"]),
    )


def _read_many(text: str) -> LibraryQuestion | None:
    for about, patterns in ((About.COUNT, _COUNT), (About.LIST, _LIST)):
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                parts = found.groupdict()
                return LibraryQuestion(
                    about=about,
                    subject=unquote(parts.get("subject") or ""),
                    collection=collection_of(found),
                    media_types=media_types_of(parts["noun"]),
                )
    return None


def _read_kinds(text: str) -> LibraryQuestion | None:
    for about, pattern in _KINDS:
        found = pattern.fullmatch(text)
        # "有哪些规定" alone asks what is laid down somewhere, not for documents of that kind.
        if found and not re.fullmatch(_KIND_WITH_WORDS, found["subject"]):
            return LibraryQuestion(about=about, subject=unquote(found["subject"]), is_kind=True, collection=collection_of(found))
    return None


def _read_one(text: str) -> LibraryQuestion | None:
    for about, patterns in ((About.PEOPLE, _WHO), (About.CHANGED, _WHEN), (About.VERSION, _VERSION)):
        found = next((found for pattern in patterns if (found := pattern.fullmatch(text))), None)
        if found is None:
            continue
        if _POINTS.fullmatch(found["subject"]):
            return LibraryQuestion(about=about, points_back=True)
        bare = _DETERMINER.sub("", found["subject"])
        named = _NOUN.sub("", bare)
        is_named = named != bare or bool(_FILE_NAME.search(bare))
        is_upload = "上传" in (found.groupdict().get("verb") or "")
        if about is About.PEOPLE and not (is_named or is_upload or _KIND_AT_END.search(unquote(named))):
            return None  # who wrote a book or a song: the content may say
        return LibraryQuestion(about=about, subject=unquote(named), names_document=is_named)
    return None
