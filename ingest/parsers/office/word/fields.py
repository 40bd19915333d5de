"""Fields of Word: which words are a field's instruction, and what a field shows whose result no run holds.

Source: ECMA-376 part 1, 17.16 (fields; EQ in 17.16.5.15, SYMBOL in 17.16.5.65, MACROBUTTON in 17.16.5.34).
"""

import re
from dataclasses import dataclass

from ingest.parsers.office.symbols import as_shown
from ingest.parsers.office.word.equations import grouped
from language.raised import lowered, raised

SYMBOL = re.compile(r'^\s*SYMBOL\s+(?P<code>0x[0-9A-Fa-f]{1,6}|\d{1,7}|"?\S"?)(?P<switches>.*)$', re.IGNORECASE | re.DOTALL)
FONT = re.compile(r'\\f\s*(?:"([^"]+)"|(\S+))', re.IGNORECASE)
BUTTON = re.compile(r"^\s*(?:MACROBUTTON|GOTOBUTTON)\s+\S+\s+(?P<text>.*?)\s*$", re.IGNORECASE | re.DOTALL)
EQUATION = re.compile(r"^\s*EQ\s+(?P<text>.*?)\s*$", re.IGNORECASE | re.DOTALL)
SWITCH = re.compile(r"\\(?P<name>[A-Za-z]+)(?P<size>\d*)")
MAX_DEPTH = 12
ENCLOSED = {str(number): chr(0x245F + number) for number in range(1, 21)}  # ① to ⑳
RINGS = frozenset("○◯〇O")
SIGNS = {"su": "∑", "pr": "∏"}
OPENING = {"{": "}", "[": "]", "(": ")", "<": ">"}


@dataclass(slots=True)
class OpenField:
    """A field whose end was not met yet.

    `is_shown`: its instruction has ended. `has_words`: its result holds something. `words`: that stand in the
    instruction like text, which they are where the field never ends.
    """

    instruction: str = ""
    words: str = ""
    is_shown: bool = False
    has_words: bool = False


class UnreadableEquation(ValueError):
    """The instruction of an equation is none."""


def shown_by(instruction: str) -> str:
    """Return what a field without a result shows, "" where it shows nothing. Raises: UnreadableEquation."""
    if match := EQUATION.match(instruction):
        return _Equation(match["text"]).read()
    if match := SYMBOL.match(instruction):
        code = match["code"].strip('"') or '"'
        font = FONT.search(match["switches"])
        number = int(code, 16) if code[:2].lower() == "0x" else int(code) if code.isdigit() else ord(code)
        return as_shown(chr(number), (font[1] or font[2]) if font else "") if number < 0x110000 else ""
    match = BUTTON.match(instruction)
    return match["text"].strip('"') if match else ""


class _Equation:
    """Reads "\\f(1,4)" as "1/4": switches with their arguments in parentheses, parted by a comma or a semicolon."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0
        self.separators = ";" if ";" in text else ","

    def read(self) -> str:
        text = self._sequence(0, ends="")
        if not text.strip():
            raise UnreadableEquation(self.text)
        return text

    def _sequence(self, depth: int, *, ends: str) -> str:
        if depth > MAX_DEPTH:
            raise UnreadableEquation(self.text)
        parts: list[str] = []
        nested = 0  # parentheses of the text itself
        while self.position < len(self.text):
            character = self.text[self.position]
            match = SWITCH.match(self.text, self.position)
            if match and match["name"].lower() in _WRITERS:
                parts.append(self._switch(match, depth))
            elif character == "\\" and self.position + 1 < len(self.text):
                parts.append(self.text[self.position + 1])
                self.position += 2
            elif character in ends and not nested:
                break
            else:
                nested += {"(": 1, ")": -1}.get(character, 0) if ends else 0
                parts.append(character)
                self.position += 1
        return "".join(parts)

    def _switch(self, match: re.Match[str], depth: int) -> str:
        names = [match["name"].lower() + match["size"]]
        bracket = ""
        self.position = match.end()
        while (self.text[self.position : self.position + 1] or "(") != "(":  # what tells more of it: \ac, \al, \lc\{
            if self.text[self.position] == "\\" and (more := SWITCH.match(self.text, self.position)):
                names.append(more["name"].lower() + more["size"])
                self.position = more.end()
            elif self.text[self.position] == "\\":
                bracket = self.text[self.position + 1 : self.position + 2]
                self.position += 2
            elif self.text[self.position].isspace():
                self.position += 1
            else:
                break
        if self.text[self.position : self.position + 1] != "(":
            return ""  # moves what follows, and shows nothing
        arguments = []
        self.position += 1
        while True:
            arguments.append(self._sequence(depth + 1, ends=f"{self.separators})").strip())
            end = self.text[self.position : self.position + 1]
            self.position += 1
            if end != self.separators:
                break
        return _WRITERS[match["name"].lower()](arguments, names, bracket)


def _fraction(arguments: list[str], names: list[str], bracket: str) -> str:
    return "/".join(map(grouped, arguments))


def _root(arguments: list[str], names: list[str], bracket: str) -> str:
    degree = f"root {arguments[0]} of " if len(arguments) > 1 and arguments[0] else "√"
    return f"{degree}({arguments[-1]})"


def _shifted(arguments: list[str], names: list[str], bracket: str) -> str:
    text = " ".join(arguments)
    is_lowered = any(name.startswith("do") for name in names)
    return lowered(text) if is_lowered else raised(text) if any(name.startswith("up") for name in names) else text


def _overstruck(arguments: list[str], names: list[str], bracket: str) -> str:
    rings = [text for text in arguments if text in RINGS]
    others = [text for text in arguments if text and text not in RINGS]
    if rings and others:
        return ENCLOSED.get(others[0], f"({others[0]})")
    return others[-1] if others else "".join(rings[:1])


def _bracketed(arguments: list[str], names: list[str], bracket: str) -> str:
    opening = bracket or "("
    return f"{opening}{', '.join(arguments)}{OPENING.get(opening, opening)}"


def _sum(arguments: list[str], names: list[str], bracket: str) -> str:
    sign = next((SIGNS[name] for name in names if name in SIGNS), "∫")
    lower, upper, *inner = [*arguments, "", ""]
    limits = (f"_{grouped(lower)}" if lower else "") + (f"^{grouped(upper)}" if upper else "")
    return f"{sign}{limits} {' '.join(inner)}".strip()


def _listed(arguments: list[str], names: list[str], bracket: str) -> str:
    return ", ".join(filter(None, arguments))


_WRITERS = {
    "f": _fraction,
    "r": _root,
    "s": _shifted,
    "o": _overstruck,
    "b": _bracketed,
    "i": _sum,
    "l": _listed,
    "a": _listed,
    "x": _listed,
    "d": _listed,
}
