"""How .doc and RTF write the levels of a list: a text in which the characters 0 to 8 stand for the number of a level."""

from ingest.parsers.office.building.word import ListLevel

# MS-OSHARED 2.2.1.3 (MSONFC) by its numbers, as ECMA-376 17.18.59 names the same formats.
FORMS = dict(
    enumerate(
        [
            "decimal",
            "upperRoman",
            "lowerRoman",
            "upperLetter",
            "lowerLetter",
            "ordinal",
            "cardinalText",
            "ordinalText",
            "hex",
            "chicago",
            "ideographDigital",
            "japaneseCounting",
            "aiueo",
            "iroha",
            "decimalFullWidth",
            "decimalHalfWidth",
            "japaneseLegal",
            "japaneseDigitalTenThousand",
            "decimalEnclosedCircle",
            "decimalFullWidth2",
            "aiueoFullWidth",
            "irohaFullWidth",
            "decimalZero",
            "bullet",
            "ganada",
            "chosung",
            "decimalEnclosedFullstop",
            "decimalEnclosedParen",
            "decimalEnclosedCircleChinese",
            "ideographEnclosedCircle",
            "ideographTraditional",
            "ideographZodiac",
            "ideographZodiacTraditional",
            "taiwaneseCounting",
            "ideographLegalTraditional",
            "taiwaneseCountingThousand",
            "taiwaneseDigital",
            "chineseCounting",
            "chineseLegalSimplified",
            "chineseCountingThousand",
            "japaneseDigitalTenThousand",
            "koreanDigital",
            "koreanCounting",
            "koreanLegal",
            "koreanDigital2",
        ]
    )
) | {255: "none"}
LEVELS = 9


def list_level(number_format: int, text: str, *, start: int = 1, in_digits: bool = False, after: int | None = None) -> ListLevel:
    """Return a level. `text`: with the characters 0 to 8 where numbers stand. `after`: the level, from 1, that restarts it."""
    written = "".join(f"%{ord(letter) + 1}" if ord(letter) < LEVELS else letter for letter in text)
    form = FORMS.get(number_format, "decimal")
    return ListLevel(form=form, text=written, start=max(0, start), in_digits=in_digits, restarts_after=after)
