"""Names of people, found without a model.

English ones by common first names, titles and the words around them; Chinese ones by surnames, jieba's tagger and the words around.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from chat.lexicon import word_set
from chat.verify.names import tag_words

_FIRST_NAMES = word_set(
    """
    aaron abigail adam adrian agnes aisha alan albert alejandro alex alexander alexandra alexis alfred ali alice alicia alison
    allen amanda amber amelia amir amy ana andrea andreas andrew angela anita ann anna anne annie anthony antonio arjun arthur
    ashley austin barbara beatrice ben benjamin bernard beth betty beverly bill billy bob bobby bradley brandon brenda brian
    brittany bruce bryan caleb cameron carl carla carlos carmen carol caroline carolyn catherine cecilia charles charlotte
    cheryl chloe chris christian christina christine christopher cindy claire clara claudia cody colin connor craig crystal
    cynthia daniel danielle david deborah debra denise dennis derek diana diane diego dmitri dominic donald donna dorothy
    douglas dylan edward eleanor elena eli elijah elizabeth ella ellen emily emma eric erica erik erin ethan eugene eva evan
    evelyn fatima fernando fiona frances francis frank fred frederick gabriel gary george gerald gerard gloria grace graham
    greg gregory hannah hans harold harry hassan heather helen henry hiroshi howard hugh ian ibrahim ingrid irene isaac isabel
    isabella ivan jack jackie jacob jacqueline jake james jamie jan jane janet janice jason javier jean jeff jeffrey jennifer
    jeremy jerry jesse jessica jill jim jimmy joan joanna joe joel john johnny jon jonathan jordan jorge jose joseph joshua
    joyce juan judith judy julia julian julie juliet justin karen karl kate katherine kathleen kathryn katie keith kelly ken
    kenneth kevin kim kimberly kumar kyle lars laura lauren laurie lawrence leah leo leon leonard leslie liam linda lisa lois
    lori louis louise lucas lucia lucy luis luke lydia madison marcus margaret maria marie marilyn mario marion mark martha
    martin mary mateo matt matthew maureen megan melanie melissa mia michael michelle miguel mike mohamed mohammed molly
    monica muhammad nancy naomi natalie natasha nathan nicholas nick nicole nina noah nora norman olga oliver olivia omar
    oscar pamela patricia patrick paul paula pauline pedro peggy peter petra philip phillip phyllis pierre priya rachel rahul
    raj ralph ramon raymond rebecca renee ricardo richard rick rita robert roberto robin rodney roger roland ronald rosa rose
    rosemary roy russell ruth ryan sally samantha samuel sandra sara sarah scott sean sergei seth sharon shawn sheila shirley
    simon sofia sophia sophie stacy stanley stella stephanie stephen steve steven stuart sue susan suresh sven sylvia tamara
    tanya tara taylor ted teresa terry theodore theresa thomas tiffany tim timothy tina todd tom tommy tony tracy travis
    tyler ursula valerie vanessa veronica victor victoria vincent virginia vivian vladimir walter wanda warren wayne wendy
    william yolanda yuki yusuf zachary zoe
    """
)
_PINYIN_SURNAMES = word_set(
    """
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng han feng
    cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren lü yao shen zhong cui tan wong chan lam
    ng lee ho cheung leung
    """
)
_PLACES_AFTER = word_set(
    """
    street avenue road lane drive boulevard university college school hospital airport bank company corporation inc ltd llc
    group foundation institute center centre island islands county city river lake mountain bay park building act award prize
    day hall house tower station airlines services systems technologies insurance capital partners report policy plan program
    """
)
_NAME = r"[A-Z][a-z]+(?:[-'’][A-Z][a-z]+)*|[A-Z]\.|Mc[A-Z][a-z]+|O['’][A-Z][a-z]+"
_PARTICLE = r"(?:van|von|de|der|da|di|del|la|le|bin|al)"
_SURNAME = rf"(?: {_PARTICLE}){{0,2}} (?:{_NAME})"
_PART = re.compile(r"\S+")
_CAPITALISED = re.compile(rf"(?<![\w-])(?:{_NAME})(?:{_SURNAME}){{1,3}}(?![\w-])")
_TITLED = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam)\.? ((?:{_PARTICLE} ){{0,2}}(?:{_NAME})(?:{_SURNAME}){{0,3}})(?![\w-])"
)
_CUES = (
    r"[Mm]y name is|I am|I['’]m|[Nn]amed|[Cc]alled|[Cc]ontact(?: person)?:?|[Aa]ttn\.?:?|[Ss]igned(?: by)?:?|[Rr]eport(?:s|ing)? to"
    r"|[Ee]mployee:?|[Mm]anager:?|[Ss]upervisor:?|[Pp]repared by:?|[Aa]pproved by:?|[Cc]olleague|[Dd]ear|[Nn]ame:"
)
_INTRODUCED = re.compile(rf"\b(?:{_CUES}) ((?:{_NAME})(?:{_SURNAME}){{1,3}})(?![\w-])")
_GIVEN_ALONE = re.compile(rf"\b(?:[Mm]y name is|[Dd]ear|[Cc]olleague|[Cc]alled|[Nn]amed) ((?:{_NAME}))(?![\w-])")
_INITIAL = r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINAL = r"(?:[iu]?ang|iong|[eio]ng|i?an|iao|u?an|uai|ai|ei|ao|ou|en|in|u?n|ia|ie|iu|ua|uo|ui|ue|a|o|e|i|u|ü)"
_PINYIN = re.compile(rf"(?:{_INITIAL}{_FINAL}){{1,2}}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SURNAMES_ZH = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦"
    "贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱覃武戴严莫孔向汤温康施牛樊葛邢安齐梅庄辛管祝左涂谷耿舒柯欧裴翟"
)
_DOUBLE_ZH = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木")
_SURNAME_ZH = rf"(?:{'|'.join(_DOUBLE_ZH)}|[{_SURNAMES_ZH}])"
_HONOUR_ZH = "先生|女士|小姐|老师|经理|主任|总监|总经理|董事长|院长|处长|科长|部长|局长|医生|律师|教授|博士|同事|师傅|工程师|助理"
_HONOURED = re.compile(f"(?:{_HONOUR_ZH})$")
_TITLED_ZH = re.compile(rf"(?:(?<![\u3400-\u9fff])|[请找由和与跟向是，。、])({_SURNAME_ZH}[\u4e00-\u9fff]{{0,2}}?)(?:{_HONOUR_ZH})")
_CUES_ZH = r"(?:姓名|联系人|申请人|负责人|经办人|收款人|持卡人)(?:是|为)?[:：]?\s*|我叫|名叫|员工|同事|客户"
_AFTER_ZH = r"[\s，。,.、;；:：在是于（(？?！!和与及向由的]|$|工号|电话|手机|邮箱|身份证|请|每|想|可以|能"
_INTRODUCED_ZH = re.compile(rf"(?:{_CUES_ZH})({_SURNAME_ZH}[\u4e00-\u9fff]{{1,2}})(?={_AFTER_ZH})")
# What jieba's tagger or a surname in front makes look like a name.
_NO_NAME_ZH = word_set(
    """
    部门 方面 方法 方式 方案 方可 金额 金融 石油 高级 高中 高度 高温 安全 安排 万元 白天 江苏 江西 龙头
    向上 温度 康复 管理 严格 严重 程序 于是 余额 任何 任职 许可 夏季 应当 时间 曾经 黄金 何时 何种 莫非
    单位 马上 牛奶 史上 方向 石头 金牌 段落 顾客 顾问 常规 武器 平均 双方 和谐 余下 付款 付费 安装 安慰
    向来 左右 万一 陆续 项目 金色 温馨 白色 雷达 毛利 史料 钟表 康乐 施工 管辖 江南 任务 任命 高管 高峰
    于今 周末 周期 周年 周一 周二 周三 周四 周五 周六 周日
    """
)


def find_people(text: str) -> Iterator[tuple[int, int]]:
    """Yield where names of people stand."""
    yield from _english(text)
    if _HAN.search(text):
        yield from _chinese(text)


def _english(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_TITLED, _INTRODUCED, _GIVEN_ALONE):
        for match in pattern.finditer(text):
            if not _is_place(match.group(1)):
                yield match.span(1)
    for match in _CAPITALISED.finditer(text):
        span = _name_within(match)
        if span:
            yield span


def _name_within(match: re.Match[str]) -> tuple[int, int] | None:
    """Return the name in a run of capitalised words: from a known first name on, or two words of Chinese in Latin letters."""
    if _is_place(match.group()):
        return None
    words = [
        (word.group().lower(), match.start() + word.start(), match.start() + word.end()) for word in _PART.finditer(match.group())
    ]
    for (word, start, _), (following, _, end) in pairwise(words):
        if word in _FIRST_NAMES:
            return start, match.end()
        is_chinese = _PINYIN.fullmatch(word) and _PINYIN.fullmatch(following)
        if is_chinese and (word in _PINYIN_SURNAMES or following in _PINYIN_SURNAMES):
            return start, end
    return None


def _is_place(name: str) -> bool:
    return name.split()[-1].lower() in _PLACES_AFTER


def _chinese(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_TITLED_ZH, _INTRODUCED_ZH):
        for match in pattern.finditer(text):
            group = next(number for number in range(1, pattern.groups + 1) if match.group(number))
            if match.group(group) not in _NO_NAME_ZH:
                yield match.span(group)
    position = 0
    for word, flag in tag_words(text):
        start = text.find(word, position)
        if start < 0:
            continue
        position = start + len(word)
        # jieba takes many words for names; a name has a surname in front, and two to four characters.
        if (
            flag == "nr"
            and word not in _NO_NAME_ZH
            and not _HONOURED.search(word)
            and re.fullmatch(rf"{_SURNAME_ZH}[\u4e00-\u9fff]{{1,2}}", word)
        ):
            yield start, position
