"""The body of a mail and the mails that it quotes: who wrote which words, and when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

QUOTED = re.compile(r"^((?:[ \t]?>)+) ?")
MARKER = re.compile(
    r"^\s*[-_*=]{2,}\s*(?:original (?:message|appointment)|ursprünglicher termin|rendez-vous d'origine|"
    r"cita original|原始约会|原始約會|"
    r"forwarded message|forwarded by .*|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message transféré|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|"
    r"doorgestuurd bericht|messaggio inoltrato|mensagem (?:re)?encaminhada|転送されたメッセージ|元のメッセージ|"
    r"(?:原始|转发的?|轉寄的?|轉寄|回复的原?|回覆的原?|引用的?原?|以下是转发的?)(?:邮件|郵件)(?:信息|訊息)?)\s*[-_*=]*\s*$"
    r"|^\s*begin forwarded message:\s*$|^_{10,}$",
    re.IGNORECASE,
)
SENDER_LIST = "from von de da van 发件人 寄件者 寄件人 發件人 差出人"
SENT_LIST = "sent date gesendet datum envoyé enviado fecha inviato data verzonden "
SENT_LIST += "发送时间 发送日期 发件时间 日期 寄件日期 时间 發送時間 時間 送信日時 日時"
SUBJECT_LIST = "subject betreff objet asunto oggetto onderwerp assunto 主题 主旨 主題 件名"
OTHERS_LIST = "to an à para a aan cc 收件人 收件者 抄送 副本 宛先"
SENDER, SUBJECT = frozenset(SENDER_LIST.split()), frozenset(SUBJECT_LIST.split())
SENT = frozenset((*SENT_LIST.split(), "enviado el", "enviado em", "enviada em", "date sent"))
NAMES = sorted((*SENDER, *SENT, *SUBJECT, *OTHERS_LIST.split()), key=len, reverse=True)
FIELD = re.compile(rf"^\s*\*?(?P<name>{'|'.join(NAMES)})\*?\s*[:：]\*?\s*(?P<value>.*)$", re.IGNORECASE)
IN_TABLE = re.compile(r"^\s*\|\s*(?P<name>[^|:：]{1,12}?)\s*[:：]?\s*\|\s*(?P<value>.*?)\s*\|?\s*$")  # "| From | Ann |"
MAX_FIELDS = 8
WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]? )?"
WROTE = (
    re.compile(r"^(?P<who>[^\d>|:].{0,80}?) (?:wrote on|schrieb am) (?P<date>.+?)\s*:$", re.IGNORECASE),
    re.compile(rf"^(?P<introduction>{WEEKDAY}\d.+?)\s*wrote\s*:$", re.IGNORECASE),
    re.compile(r"^(?:On|At) (?P<introduction>.+?)\s*wrote\s*:$", re.IGNORECASE),
    re.compile(r"^Am (?P<date>.+?) schrieb (?P<who>.+?)\s*:$"),
    re.compile(r"^Le (?P<introduction>.+?) a écrit\s*:$"),
    re.compile(r"^El (?P<introduction>.+?) escribió\s*:$"),
    re.compile(r"^Op (?P<date>.+?) schreef (?P<who>.+?)\s*:$"),
    re.compile(r"^Il (?:giorno )?(?P<introduction>.+?) ha scritto\s*:$"),
    re.compile(r"^Em (?P<introduction>.+?) escreveu\s*:$"),
    re.compile(r"^(?P<introduction>\d{4}\s*[年/.-].+?)\s*(?:のメール|さん?は書きました)\s*[:：]$"),
    re.compile(r"^(?P<introduction>\d{4}\s*年.+?<[^<>\s]+@[^<>\s]+>)\s*[:：]$"),
    re.compile(r"^(?P<who>[^\d].*?)\s*于\s*(?P<date>\d{4}.+?)\s*写道\s*[:：]$"),
    re.compile(r"^(?:在\s*)?(?P<introduction>\d{4}\s*[年/.-].+?)\s*写道\s*[:：]$"),
)
SAID = re.compile(
    r"^(?P<who>[^\d>|:].{1,80}?) (?:wrote|writes|schrieb|a écrit|escribió|schreef|ha scritto|escreveu|写道)\s*[:：]$", re.IGNORECASE
)
DATE_THEN_SENDER = re.compile(
    r"^(?P<date>.*\d{1,2}[:.]\d{2}(?:\s?[AP]\.?M\.?)?(?:\s*(?:[+-]\d{4}|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[A-Z]{3,4}(?=,)))?|.*\b\d{4}(?:年.*日)?)\s*[,，;]?\s+(?P<who>\S.*)$",
    re.IGNORECASE,
)
DATE_COMMA_SENDER = re.compile(r"^(?P<date>.*[\d日])\s*[,，]\s*(?P<who>[^\d,，]+.*)$")
# In any language, before what is marked as quoted: a date with its time, maybe a word, a name with its address, maybe a word.
ADDRESSED = re.compile(
    r"^(?=.*\b\d{4})(?P<date>.*\d{1,2}[:.]\d{2}(?![\d:.])(?:\s?[AP]M)?)[\s,、，]+(?:[a-zа-я]{3,10} )?"
    r"(?P<who>[^<>\d]{0,80}<[^<>\s]+@[^<>\s]+>)"
    r"[^\d<>@]{0,30}[:：]$"
)
MAX_ATTRIBUTION_LINES = 3
MAX_ATTRIBUTION = 300  # characters


@dataclass(slots=True)
class Message:
    """One mail of a thread. `sender`, `date`: as the mail that quotes it names them, "" where it does not."""

    sender: str = ""
    date: str = ""
    is_quoted: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """What stands above the words of a quoted mail."""
        sender = f" from {self.sender}" if self.sender else ""
        return f"Earlier message{sender}{f', {self.date}' if self.date else ''}"

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def split_thread(text: str) -> list[Message]:
    """Return the mail itself and then the mails that it quotes, in their order.

    Answers between quotes belong to the mail itself.
    """
    lines = [_depth(line) for line in text.splitlines()]
    messages = [Message()]
    by_depth: dict[int, Message] = {0: messages[0]}
    last: dict[int, Message] = {}  # by depth: what is quoted behind an answer is more of the same mail
    position = 0
    while position < len(lines):
        depth, line = lines[position]
        taken, found = _begin(lines, position)
        if found is not None:
            # An attribution stands one level above the words that it introduces.
            below = position + taken < len(lines) and _next_depth(lines, position + taken) > depth
            depth += below
            messages.append(found)
            by_depth = {level: message for level, message in by_depth.items() if level < depth} | {depth: found}
            last = {level: message for level, message in last.items() if level < depth} | {depth: found}
            position += taken
            continue
        if depth not in by_depth and line.strip():
            if depth not in last:
                last[depth] = Message(is_quoted=True)
                messages.append(last[depth])
            by_depth[depth] = last[depth]
        by_depth = {level: message for level, message in by_depth.items() if level <= depth or not line.strip()}
        by_depth.get(depth, messages[-1]).lines.append(line)
        position += 1
    return [message for message in messages if message is messages[0] or message.text.strip()]


def read_attribution(text: str) -> Message | None:
    """Return the mail that a paragraph introduces ("On Monday, Ann wrote:", "From: … Sent: …"); None where it introduces none."""
    lines = [(0, line) for line in text.splitlines()]
    taken, found = _begin(lines, 0) if lines else (0, None)
    return found if found is not None and taken >= len(lines) else None


def _depth(line: str) -> tuple[int, str]:
    match = QUOTED.match(line)
    return (match.group(1).count(">"), line[match.end() :]) if match else (0, line)


def _next_depth(lines: list[tuple[int, str]], position: int) -> int:
    return next((depth for depth, line in lines[position:] if line.strip()), 0)


def _begin(lines: list[tuple[int, str]], position: int) -> tuple[int, Message | None]:
    """Return how many lines introduce a quoted mail here, and the mail; (0, None) where none begins."""
    depth, line = lines[position]
    start = position
    is_marked = bool(MARKER.match(line))
    if is_marked:
        start += 1
        while start < len(lines) and not lines[start][1].strip():
            start += 1
    taken, message = _fields(lines, start, is_marked=is_marked)
    if message is not None:
        return start + taken - position, message
    if is_marked and not line.strip("_"):
        return 0, None  # a rule, as signatures have it
    if is_marked:
        return start - position, Message(is_quoted=True)
    taken, message = _attribution([text for level, text in lines[position : position + MAX_ATTRIBUTION_LINES] if level == depth])
    if message is None and (match := _addressed(line)) and _next_depth(lines, position + 1) > depth:
        return 1, Message(sender=match["who"].strip(), date=match["date"], is_quoted=True)
    if message is None and (match := SAID.match(line.strip())) and _next_depth(lines, position + 1) > depth:
        return 1, Message(sender=match["who"], is_quoted=True)  # without a date it introduces only what is marked as quoted
    return taken, message


def _addressed(line: str) -> re.Match[str] | None:
    line = " ".join(line.split()) if "@" in line else ""
    return ADDRESSED.match(line) if line.endswith((":", "：")) and len(line) <= MAX_ATTRIBUTION else None


def _fields(lines: list[tuple[int, str]], start: int, *, is_marked: bool) -> tuple[int, Message | None]:
    """Read a block of header fields: it begins with its sender, holds a date, and is surely no timetable (from, to, date)."""
    found: dict[str, str] = {}
    taken, name = 0, ""
    for _, line in lines[start : start + MAX_FIELDS * 2]:
        cells = IN_TABLE.match(line)
        match = FIELD.match(f"{cells['name']}: {cells['value']}" if cells else line)
        if match is None:
            if not name or not line.startswith((" ", "\t")):
                break
        else:
            name = match["name"].lower()
            if not found and name not in SENDER and not is_marked:
                break
            found.setdefault(name, match["value"].strip(" *"))
        taken += 1
    sender = next((value for key, value in found.items() if key in SENDER), "")
    date = next((value for key, value in found.items() if key in SENT), "")
    sender = re.sub(r'^"([^"]+)"', r"\1", sender.rstrip("; "))
    is_sure = is_marked or "@" in sender or any(key in SUBJECT for key in found)
    return (taken, Message(sender=sender, date=date, is_quoted=True)) if sender and date and is_sure else (0, None)


def _attribution(lines: list[str]) -> tuple[int, Message | None]:
    for count in range(1, len(lines) + 1):
        text = " ".join(" ".join(lines[:count]).split())
        if not lines[count - 1].strip() or len(text) > MAX_ATTRIBUTION:
            break
        for pattern in WROTE:
            if match := pattern.match(text):
                found = match.groupdict()
                sender, date = found.get("who") or "", found.get("date") or ""
                if introduction := (found.get("introduction") or "").replace("、", ", "):
                    split = DATE_THEN_SENDER.match(introduction) or DATE_COMMA_SENDER.match(introduction)
                    sender, date = (split["who"], split["date"]) if split else ("", introduction)
                if any(map(str.isdigit, date)):
                    return count, Message(sender=sender.strip(" ,，"), date=date.strip(" ,，"), is_quoted=True)
    return 0, None


def paragraphs(message: Message) -> Iterator[str]:
    """Yield the stretches between blank lines of a mail."""
    for paragraph in re.split(r"\n[ \t]*\n\s*", message.text):
        if paragraph.strip():
            yield paragraph


def is_field(text: str) -> bool:
    """True for a line of the head of a quoted mail that stands alone: "Sent: Friday"."""
    return "\n" not in text and FIELD.match(text) is not None


def is_marker(text: str) -> bool:
    """True for a line that stands above the head of a quoted mail: "-------- Forwarded Message --------"."""
    return "\n" not in text and MARKER.match(text) is not None and bool(text.strip("_ "))


def unflow(text: str, *, joins: bool) -> str:
    """Return a text in the form "flowed" with its paragraphs whole. `joins`: the space at a line's end is none. RFC 3676."""
    lines: list[str] = []
    goes_on, last_depth = False, 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        body = line[depth:].removeprefix(" ")
        is_signature = body == "-- "
        if goes_on and depth == last_depth and not is_signature:
            lines[-1] += body
        else:
            lines.append(f"{'>' * depth}{' ' if depth else ''}{body}")
        goes_on, last_depth = body.endswith(" ") and not is_signature, depth
        if goes_on and joins:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)
