"""Turn facts of true sentences, and say questions with an answer, right or wrong: what the judge must tell apart."""

import random
import re
from collections.abc import Sequence

from evals.altering.corruption import CORRUPTIONS, corrupt
from evals.altering.paraphrasing import PARAPHRASES, paraphrase
from evals.altering.rewording import reword

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")
_CONTRADICTING = tuple(kind for kind in CORRUPTIONS if kind not in ("clause", "marker"))
_SUBJECT_ASKED = re.compile(
    r"^(?:Who |What |Which (?:\w+ ){1,3}?|What (?:\w+ ){1,3}?|How many (?:\w+ ){1,2}?)(?P<rest>(?!(?:did|does|do)\b)"
    r"(?:was|were|is|are|has|had|can|could|may|must|will|would|\w+ed|\w+es|led|won|made|built|wrote|held|took|gave|began) .+)$"
)
_OBJECT_ASKED = re.compile(
    r"^(?:(?P<prep>In|On|At|By|To|From|For) )?(?P<wh>(?:what|which|how many|how much|who|whom|where|when)(?: [\w-]+){0,3}?)"
    r" (?P<aux>did|does|do|was|were|is|are|can|could|may|must|will|would|has|have|had) (?P<rest>.+)$",
    re.IGNORECASE,
)


def say_otherwise(sentence: str, passage: str, rng: random.Random, *, asked: tuple[str, str]) -> str:
    """Return a true sentence in other words where one of the generator's paraphrases fits, else lightly reworded."""
    for kind in rng.sample(PARAPHRASES, len(PARAPHRASES)):
        said = paraphrase(kind, sentence, passage, rng, asked=asked)
        if said:
            return rng.choice(said)
    return reword(sentence, rng) or sentence


def turn(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Return the sentence with one fact turned; None where it has none that can be."""
    for kind in rng.sample(_CONTRADICTING, len(_CONTRADICTING)):
        turned = corrupt(kind, sentence, passage, rng)
        if turned:
            return turned
    return None


def invent(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Return the sentence with a clause of its own invention."""
    return corrupt("clause", sentence, passage, rng)


def swap_names(sentence: str, rng: random.Random) -> str | None:
    """Return the sentence with two of its names in each other's place."""
    names = list(dict.fromkeys(match.group(0) for match in _NAME.finditer(sentence)))
    if len(names) < 2:
        return None
    first, second = rng.sample(names, 2)
    if first in second or second in first:
        return None
    return sentence.replace(first, "\0").replace(second, first).replace("\0", second)


def echo(question: str, answer: str, rng: random.Random) -> str:
    """Return the question said with an answer, as small models do it; "" where no pattern fits."""
    plain, answer = question.strip(" ?？。."), answer.strip(" .。，,")
    if not plain or not answer or len(answer) > 80:
        return ""
    if restated := paraphrase("restated", "", "", rng, asked=(question, answer)):
        return restated[0]
    if subject := _SUBJECT_ASKED.match(plain):
        return f"{answer[:1].upper()}{answer[1:]} {subject['rest']}."
    if other := _OBJECT_ASKED.match(plain):
        thing = re.sub(r"(?i)^(?:what|which|how many|how much|who|whom|where|when)\s*", "", other["wh"])
        joint = f" {other['prep'].lower()}" if other["prep"] else ""
        ending = f"{joint} {answer}" if answer[0].isdigit() and joint else f" {answer}"
        lead = f"The {thing} that" if thing else "It is said that"
        choices = (f"{other['rest'][:1].upper()}{other['rest'][1:]}:{ending}.", f"{lead} {other['rest']} {other['aux']}{ending}.")
        return choices[0] if not thing else rng.choice(choices)
    return ""


def wrong_answer(answer: str, passage: str, rng: random.Random) -> str:
    """Return something of the answer's kind from the passage that is not the answer; "" where there is nothing."""
    pattern = _NUMBER if _NUMBER.search(answer) else _NAME
    found = {match.group(0) for match in pattern.finditer(passage)}
    found = {one for one in found if one not in answer and answer not in one}
    return rng.choice(sorted(found)) if found else ""


def strange_name(text: str, passage: str, elsewhere: Sequence[str], rng: random.Random) -> str | None:
    """Return the text with one of its names replaced by one that stands elsewhere: the generator's few would be learnt."""
    names = [match.group(0) for match in _NAME.finditer(text)]
    found = sorted({match.group(0) for other in elsewhere for match in _NAME.finditer(other)} - set(_NAME.findall(passage)))
    found = [name for name in found if name not in text]
    return text.replace(rng.choice(names), rng.choice(found), 1) if names and found else None


def ask_otherwise(question: str, passage: str, rng: random.Random, *, elsewhere: Sequence[str] = ()) -> str | None:
    """Return the question about another year, number or name, of which the passage tells nothing."""
    if rng.random() < 0.7 and (strange := strange_name(question, passage, elsewhere, rng)):
        return strange
    turned = corrupt("name", f"? {question}", passage, rng) if rng.random() < 0.5 else corrupt("number", question, "", rng)
    turned = turned or corrupt("name", f"? {question}", passage, rng) or corrupt("date", question, "", rng)
    turned = turned.removeprefix("? ") if turned else None
    return turned if turned and turned != question else None
