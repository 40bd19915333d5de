"""A field of a form in RTF: a box to tick, or a list to choose from; text that was filled in is the result of its field."""

from dataclasses import dataclass, field

BOX, CHOICE = 1, 2
NOT_SET = 25  # of \\ffres: the default counts


@dataclass(slots=True)
class FormField:
    """`kind`: 0 for text. `chosen`: number of what was chosen, or whether a box is ticked."""

    kind: int = 0
    chosen: int = NOT_SET
    default: int = 0
    choices: list[str] = field(default_factory=list)

    def take(self, word: str, number: int | None) -> None:
        """Take a control word of the description."""
        if word == "fftype":
            self.kind = number or 0
        elif word == "ffres":
            self.chosen = number or 0
        elif word == "ffdefres":
            self.default = number or 0

    @property
    def shown(self) -> str:
        """What the document shows in the field's place, "" where its result says so."""
        number = self.default if self.chosen == NOT_SET else self.chosen
        if self.kind == BOX:
            return "☑" if number else "☐"
        return self.choices[number] if self.kind == CHOICE and 0 <= number < len(self.choices) else ""
