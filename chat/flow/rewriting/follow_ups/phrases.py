"""The phrases of an English question that name things, by the closed words around them: no list of nouns is needed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.lexicon import word_set

_TOKEN = re.compile(r"[A-Za-z0-9$€£%](?:[\w.&/+%-]*[\w%+])?(?:['’]\w+)?")
DETERMINERS = word_set(
    "a an the my our your his her its their this that these those any some all each every no another both either neither"
)
PREPOSITIONS = word_set(
    "of for in on at with without to from by about between under over after before during within per as into against near than"
)
AUXILIARIES = word_set(
    "is are was were be been being do does did can could may might must should shall will would has have had isn't aren't don't "
    "doesn't can't won't what's who's it's how's where's"
)
ASKING = word_set("what who whom whose when where which why how")
_OTHERS = word_set(
    "i we you he she it they me us him them one ones there here and or but not also only too so then if when while because that "
    "many much long often far soon high big large old please tell know explain introduce describe show give get need want "
    "very just still"
)
CLOSED = DETERMINERS | PREPOSITIONS | AUXILIARIES | ASKING | _OTHERS
_BEFORE = DETERMINERS | PREPOSITIONS | word_set("is are was were and or introduce describe explain show")
_JOINS = word_set("and or")
_ONLY_A_PLACE = re.compile(r"\s+(?:in|at)\s+(?:the\s+)?", re.IGNORECASE)
_DO = word_set("do does did can could may might must should shall will would don't doesn't can't")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of a question that names a thing: "yellow pea protein", "Alpha 300".

    `start`, `end`: of its words in the question; `before`: the closed word that it follows, determiners left out.
    """

    text: str
    start: int
    end: int
    before: str
    is_name: bool

    @property
    def words(self) -> list[str]:
        return self.text.lower().split()

    @property
    def head(self) -> str:
        """The last word as a stem: roles and role meet."""
        return stem(self.words[-1]) if self.words else ""


def stem(word: str) -> str:
    """Cut a plural's ending."""
    word = re.sub(r"['’]s$", "", word.lower())
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return re.sub(r"(?<=\w{2})(?:(?<=[sxz])es|(?<=[cs]h)es|(?<!s)s)$", "", word)


def phrases_of(question: str) -> list[Phrase]:
    """Return the phrases in their order."""
    tokens = list(_TOKEN.finditer(question))
    found: list[Phrase] = []
    run: list[re.Match[str]] = []
    before = ""
    after_do = False
    for token in tokens:
        word = token.group(0).lower()
        if run and re.search(r"[,;:?!()]", question[run[-1].end() : token.start()]):
            _close(found, question, run, before, ends_with_verb=after_do)
            run, before, after_do = [], "", False
        if word not in CLOSED or (run and token.group(0)[0].isupper()):
            run.append(token)
            continue
        if run:
            _close(found, question, run, before, ends_with_verb=after_do and word not in AUXILIARIES | _JOINS)
            run, after_do = [], after_do and word in _JOINS
        if word in _DO:
            after_do = True
        elif word not in DETERMINERS | _JOINS:
            after_do = False
        before = before if word in DETERMINERS and before in PREPOSITIONS else word
    _close(found, question, run, before, ends_with_verb=after_do)
    return found


def _close(found: list[Phrase], question: str, run: Sequence[re.Match[str]], before: str, *, ends_with_verb: bool) -> None:
    """Add a run of open words as a phrase, where a closed word before it says that it names something, or it is a name."""
    words = list(run)
    if before in ("who", "whom", "when", "where", "why", "how"):  # "who approves …": a verb
        words = words[1:]
    elif ends_with_verb and len(words) > 1:  # "does the warranty last"
        words = words[:-1]
    if not words:
        return
    is_name = _is_name(words, is_first=words[0].start() == 0)
    if not is_name and before not in _BEFORE | ASKING:  # "do I request …": what follows a person is a verb
        return
    start = words[0].start()
    text = re.sub(r"['’]s$", "", question[start : words[-1].end()])
    found.append(Phrase(text, start, start + len(text), before, is_name))


def _is_name(run: Sequence[re.Match[str]], *, is_first: bool) -> bool:
    """Tell whether the words hold a capital or a code beyond a sentence's first letter."""
    return any(
        (one.group(0)[0].isupper() and not (is_first and one.start() == 0)) or re.search(r"[A-Za-z].*\d|\d.*[A-Za-z]", one.group(0))
        for one in run
    )


def antecedent_of(question: str) -> Phrase | None:
    """Return what "it" in a following question stands for: a name, else the object of "of", else the one thing that is named; None
    where several are. What is in a named place is meant with its place: "the hotel limit in London"."""
    phrases = [one for one in phrases_of(question) if not one.text[0].isdigit()]
    names = [one for one in phrases if one.is_name]
    if names:
        return _with_its_place(question, phrases, names[-1])
    owner = next((one for one in phrases if one.before == "of"), None)
    return owner or (phrases[0] if len(phrases) == 1 else None)


def _with_its_place(question: str, phrases: Sequence[Phrase], name: Phrase) -> Phrase:
    held = phrases[phrases.index(name) - 1] if name.before in ("in", "at") and phrases[0] is not name else None
    if held is None or held.is_name or not _ONLY_A_PLACE.fullmatch(question[held.end : name.start]):
        return name
    return Phrase(question[held.start : name.end], held.start, name.end, held.before, is_name=False)


def with_article(question: str, phrase: Phrase) -> str:
    """Return the phrase as a later question names it: with the article that it had, "a" become "the"."""
    before = re.search(r"(\w+)\s+$", question[: phrase.start])
    word = before[1].lower() if before else ""
    if word in ("a", "an", "the"):
        return f"the {phrase.text}"
    return f"{before[1]} {phrase.text}" if before and word in ("my", "our", "your", "their", "this") else phrase.text
