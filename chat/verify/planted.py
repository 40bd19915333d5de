# ruff: noqa: E501 - a way of speaking to an assistant is read in one line
"""Detect planted instructions: sentences of a document addressed to an assistant. They are not quoted and support nothing.

A document is data. Text that tells an assistant what to write, that plays the part of another speaker, or that would load something
when shown, answers no question of an employee, whoever wrote it. A sentence that is taken for one by mistake is only not quoted; the
source viewer shows it as ever.
"""

import re
from functools import lru_cache

# What nobody writes but to be repeated: a code ("ZQHWTRPA", "A7F3-99"); a form's name ("SF-50") is shorter.
_CODE = r"[\"“'`「]?(?=[\w-]*[A-Z])(?-i:[A-Z0-9][A-Z0-9_-]{5,})(?![\w-])"
_ANSWER = r"(?:answer|repl(?:y|ies)|response|message|output|summar(?:y|ies))s?"
_MODEL = r"(?:assistants?|chat ?bots?|AI (?:readers?|models?|systems?|assistants?|agents?)|language models?|LLMs?|DocBot)"
_SAY = r"(?:writ(?:e|ing)|print|say|output|append|mention|includ(?:e|ing)|repl(?:y|ying)|respond|repeat|confirm|sign|begin|start|tell|echo|quote|add|answer)"
_MODEL_ZH = r"(?:助手|智能助理|机器人|大?语言模型|大模型|AI ?助手|读者模型)"
_ANSWER_ZH = r"(?:回答|回复|答复|答案|消息|输出)"
_SAY_ZH = r"(?:写出?|输出|打印|说|提到|提及|加上|附上|包含|回复|重复|署名|注明|念出)"
_SPOKEN = re.compile(
    "|".join(
        (
            r"<\|[^|>]{1,30}\|>|\[/?INST\]|<</?SYS>>|^\W*(?:system|assistant|user|human|ai)\s*[:：]|^\W*(?:系统|助手|用户)\s*[:：]",
            r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|questions?|prompts?|rules?|context|above|previous|everything)\b",
            r"\b(?:system prompt|(?:hidden|secret|system) instructions?)\b|\byour (?:hidden |own )?instructions\b",
            rf"\b{_MODEL}\b.{{0,80}}\b(?:must|should|has to|have to|please|{_SAY})\b|\bdear assistant\b|\bnote(?: |_)(?:for|to)(?: |_)(?:the )?{_MODEL}",
            rf"\b(?:every|each|any|all|your)\s+{_ANSWER}\b.{{0,30}}\b(?:must|should|begins?|starts?|ends?|with)\b",
            rf"\b{_ANSWER}\b.{{0,60}}\b(?:must (?:begin|start|end|contain|include)|without the (?:code|reference|word))",
            rf"\b(?:end|begin|start|finish|open|conclude|preface)s?\b.{{0,30}}\b{_ANSWER}\b|\bfinish with\b.{{0,40}}\b(?:line|link|word|sentence)s?\b|\bbefore answering\b|\bin (?:the|your|every|each) (?:answer|reply)\b",
            r"\bonly (?:valid|correct|right|true) answer\b|\bthe rest of (?:this|the) conversation\b|\byou are now\b|\bdocuments? you were given\b|\b(?:if|when) the user asks?\b|\bcite this (?:passage|source|document) as\b|\b(?:scoring|ranking) passages\b",
            rf"\b(?:writ(?:e|ing)|print|say|output|append|mention|reply|respond|repeat|echo)\b[^.!?]{{0,60}}?\s{_CODE}",
            rf"{_MODEL_ZH}.{{0,40}}(?:必须|应当|应该|请|都要|{_SAY_ZH})|给{_MODEL_ZH}的|亲爱的{_MODEL_ZH}",
            r"(?:忽略|无视|忘记|不要理会).{0,20}(?:问题|指令|指示|要求|规则|提示|以上|上文|前面|之前)",
            r"(?:隐藏|系统|初始|秘密)(?:的)?(?:指令|提示词?|指示)|你现在是|整个对话|每条消息|唯一正确的答案|对片段(?:打分|排序)|引用本段|(?:如果|当)用户(?:询问|问)|你拿到的",
            rf"(?:每个|每次|所有|凡|任何|你的)[^。！？]{{0,20}}{_ANSWER_ZH}[^。！？]{{0,20}}(?:必须|都|以|应|包含|加)|{_ANSWER_ZH}(?:的)?(?:末尾|开头|之前|里|中)|作出的{_ANSWER_ZH}",
            rf"{_SAY_ZH}[^。！？]{{0,12}}?\s*{_CODE}|(?:最后|原样)[^。！？]{{0,8}}输出",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
_ACTIVE = re.compile(
    r"!\[|^\s*\[[^\]]+\]:\s*\S|<\s*/?\s*(?:script|img|iframe|object|embed|svg|style|link|meta|form|video|audio|base|input|body|math)\b|\bstyle\s*=\s*[\"'][^\"']*url\(|\bon[a-z]{4,12}\s*=\s*[\"']|\bjavascript:|\bon(?:error|load|click|mouseover)\s*="
    # A link in HTML, a tag of any kind with an address in it, and a sentence that is nothing but one: it says nothing, and a quote beside it
    # would carry it along.
    r"|<\s*a\b[^>=]{0,200}=|<\s*[a-z][^>=]{0,200}=[^>]{0,2000}//|\A[\s<]*(?:[a-z][a-z0-9+.-]*:)?//\S+\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)


@lru_cache(maxsize=8192)  # a passage is read when its sentences are ranked and again when an answer is verified
def is_planted(sentence: str) -> bool:
    """Tell whether a sentence of a document addresses an assistant, or would load something when shown."""
    return bool(_SPOKEN.search(sentence) or _ACTIVE.search(sentence))
