"""The lists of an RTF file: \\listtable says how their levels are numbered, \\listoverridetable which paragraphs count in which."""

from dataclasses import dataclass, field

from ingest.parsers.office.building.list_levels import LEVELS, list_level
from ingest.parsers.office.building.word import ListLevel, WordFile

MAX_LISTS = 5000


@dataclass(slots=True)
class _Level:
    number_format: int = 0
    start: int = 1
    text: str = ""
    is_legal: bool = False
    restarts: bool = True


@dataclass(slots=True)
class Lists:
    """Takes the control words of both tables in their order."""

    by_list: dict[int, list[_Level]] = field(default_factory=dict)
    list_of: dict[int, int] = field(default_factory=dict)  # by \ls
    restarts: dict[int, dict[int, int]] = field(default_factory=dict)  # by \ls
    _levels: list[_Level] = field(default_factory=list)
    _list: int = 0
    _starts: list[int | None] = field(default_factory=list)
    _is_override: bool = False

    def take(self, word: str, number: int | None) -> None:
        """Take a control word."""
        value = number or 0
        if word == "list":
            self._levels, self._is_override = [], False
        elif word == "listoverride":
            self._starts, self._is_override = [], True
        elif word == "lfolevel":
            self._starts.append(None)
        elif word == "listlevel" and len(self._levels) < LEVELS:
            self._levels.append(_Level())
        elif word == "levelstartat" and self._is_override and self._starts:
            self._starts[-1] = value
        elif word == "listid":
            self._list = value
            if not self._is_override and len(self.by_list) < MAX_LISTS:
                self.by_list[value] = self._levels
        elif word == "ls" and self._is_override and len(self.list_of) < MAX_LISTS:
            self.list_of[value] = self._list
            self.restarts[value] = {depth: start for depth, start in enumerate(self._starts[:LEVELS]) if start is not None}
        elif self._levels and not self._is_override:
            self._level(self._levels[-1], word, value)

    @staticmethod
    def _level(level: _Level, word: str, value: int) -> None:
        if word in ("levelnfc", "levelnfcn"):
            level.number_format = value
        elif word == "levelstartat":
            level.start = value
        elif word == "levellegal":
            level.is_legal = bool(value)
        elif word == "levelnorestart":
            level.restarts = not value

    def take_text(self, text: str) -> None:
        """Take \\leveltext: its length as a character, the text, a semicolon."""
        if self._levels and not self._is_override and text:
            self._levels[-1].text = text[1 : 1 + ord(text[0])]

    def write(self, word: WordFile) -> None:
        """Tell a document how its lists are numbered."""
        written: dict[int, str] = {}
        for number, list_id in self.list_of.items():
            if list_id in written:
                word.numbering_like(str(number), written[list_id], restarts=self.restarts[number])
            elif list_id in self.by_list:
                written[list_id] = str(number)
                word.numbering(str(number), self._written(list_id), restarts=self.restarts[number])

    def _written(self, list_id: int) -> dict[int, ListLevel]:
        return {
            depth: list_level(
                level.number_format,
                level.text,
                start=level.start,
                in_digits=level.is_legal,
                after=None if level.restarts else 0,
            )
            for depth, level in enumerate(self.by_list[list_id])
        }
