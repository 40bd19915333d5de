"""Names of people in Chinese text, found without a model: surnames, jieba's tagger, and the words around a name."""

import re
from collections.abc import Iterator

from language.lexicon import word_set
from language.names import tag_words

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦"
    "贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱覃武戴严莫孔向汤温康施牛樊葛邢安齐梅庄辛管祝左涂谷耿舒柯欧裴翟"
)
_DOUBLE = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木")
_SURNAME = rf"(?:{'|'.join(_DOUBLE)}|[{_SURNAMES}])"
_HONOUR = "先生|女士|小姐|老师|经理|主任|总监|总经理|董事长|院长|处长|科长|部长|局长|医生|律师|教授|博士|同事|师傅|工程师|助理"
_HONOURED = re.compile(f"(?:{_HONOUR})$")
_TITLED = re.compile(rf"(?:(?<![\u3400-\u9fff])|[请找由和与跟向是，。、])({_SURNAME}[\u4e00-\u9fff]{{0,2}}?)(?:{_HONOUR})")
_CUES = r"(?:姓名|联系人|申请人|负责人|经办人|收款人|持卡人)(?:是|为)?[:：]?\s*|我叫|名叫|员工|同事|客户"
_AFTER = r"[\s，。,.、;；:：在是于（(？?！!和与及向由的]|$|工号|电话|手机|邮箱|身份证|请|每|想|可以|能"
_INTRODUCED = re.compile(rf"(?:{_CUES})({_SURNAME}[\u4e00-\u9fff]{{1,2}})(?={_AFTER})")
# What jieba's tagger or a surname in front makes look like a name.
_NO_NAMES = word_set(
    """
    部门 方面 方法 方式 方案 方可 金额 金融 石油 高级 高中 高度 高温 安全 安排 万元 白天 江苏 江西 龙头
    向上 温度 康复 管理 严格 严重 程序 于是 余额 任何 任职 许可 夏季 应当 时间 曾经 黄金 何时 何种 莫非
    单位 马上 牛奶 史上 方向 石头 金牌 段落 顾客 顾问 常规 武器 平均 双方 和谐 余下 付款 付费 安装 安慰
    向来 左右 万一 陆续 项目 金色 温馨 白色 雷达 毛利 史料 钟表 康乐 施工 管辖 江南 任务 任命 高管 高峰
    于今 周末 周期 周年 周一 周二 周三 周四 周五 周六 周日
    """
)
_SHORT = re.compile(rf"{_SURNAME}[\u4e00-\u9fff]")
_NAME = re.compile(rf"{_SURNAME}[\u4e00-\u9fff]{{1,2}}")
# Where a name of two characters goes on with a third that jieba has cut off.
_GOES_ON = re.compile(r"[\u4e00-\u9fff](?=[\s，。,、;；:：（(？?！!]|$)")
_NO_END = frozenset("的了在是和与及向由把给对将已未能会要请说吗呢吧也都就又很被让等")


def find_chinese_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield where names of people stand."""
    for pattern in (_TITLED, _INTRODUCED):
        for match in pattern.finditer(text):
            if match.group(1) not in _NO_NAMES:
                yield match.span(1)
    position = 0
    for word, flag in tag_words(text):
        start = text.find(word, position)
        if start < 0:
            continue
        position = start + len(word)
        # jieba takes many words for names; a name has a surname in front, and two to four characters.
        if flag == "nr" and word not in _NO_NAMES and _NAME.fullmatch(word) and not _HONOURED.search(word):
            rest = _GOES_ON.match(text, position)
            is_cut = rest and _SHORT.fullmatch(word) and rest.group() not in _NO_END
            yield start, position + 1 if is_cut else position
