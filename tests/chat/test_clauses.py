"""Questions for the text of a clause by its number."""

import pytest

from chat.flow.shapes.clauses.asked import AskedClause, read_question
from chat.flow.shapes.clauses.looking import find_clause
from ingest.parsers.content import Block

LEASE = [
    ("heading", 1, "1 Keys"),
    ("paragraph", 0, "Each tenant has two keys."),
    ("heading", 1, "2 Yard"),
    ("heading", 2, "2.1 Bicycles"),
    ("paragraph", 0, "Bicycles stand in the shed."),
    ("heading", 2, "2.2 Cars"),
    ("paragraph", 0, "Cars stay outside."),
    ("list", 0, "(a) at the gate\n(b) on the street"),
    ("heading", 1, "Annex B Prices"),
    ("paragraph", 0, "A lost key costs 40 euros."),
]
ARTICLES = [
    ("list", 0, "Article 5 The lamp is lent for a week.\nArticle 6 It is kept in these cases:"),
    ("list", 0, "Article 6 (a) the hall is dark\nArticle 6 (b) the fuse is gone"),
    ("list", 0, "Article 7 It is handed back clean."),
    ("paragraph", 0, "Signed in March."),
]
REGULATION = [
    ("paragraph", 0, "第一条 钥匙由门卫保管。"),
    ("paragraph", 0, "第二条 有下列情形的，退还押金："),
    ("paragraph", 0, "（一）钥匙归还；\n（二）门锁更换。"),
    ("paragraph", 0, "第三条 本办法自五月起施行。"),
]


class FakePage:
    number = 1

    def __init__(self, parts: list[tuple[str, int, str]]) -> None:
        self.text, self.blocks = "", []
        for kind, level, text in parts:
            start = len(self.text)
            block = Block(kind=kind, start=start, end=start + len(text), level=level)
            self.blocks.append(block.as_dict())
            self.text += text + "\n\n"


def told(question: str, parts: list[tuple[str, int, str]]) -> str | None:
    asked, page = read_question(question), FakePage(parts)
    assert asked is not None
    found = find_clause(asked, [page])
    return page.text[found.stretches[0].start : found.stretches[0].end] if found else None


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What does section 2.2 say?", AskedClause(kind="section", steps=("2", "2"))),
        ("What does article 6(b) of the lamp rules say?", AskedClause(kind="article", steps=("6", "b"), document="lamp rules")),
        ("What does paragraph (b) of article 6 say?", AskedClause(kind="article", steps=("6", "b"))),
        ("Please quote § 4.", AskedClause(kind="section", steps=("4",))),
        ("What is in annex B?", AskedClause(kind="annex", steps=("b",))),
        ("第二条规定了什么？", AskedClause(kind="条", steps=("2",))),
        ("门卫办法第二条是怎么规定的？", AskedClause(kind="条", steps=("2",), document="门卫办法")),
        ("How high is the deposit in article 7?", None),
        ("What does article 5 say about deposits?", None),
        ("What is the rule about annex keys?", None),
    ],
)
def test_a_clause_is_asked_for_by_its_number_alone(question: str, asked: AskedClause | None) -> None:
    assert read_question(question) == asked


@pytest.mark.parametrize(
    ("question", "parts", "text"),
    [
        ("What does section 2.1 say?", LEASE, "2.1 Bicycles\n\nBicycles stand in the shed."),
        ("What does section 2.2 say?", LEASE, "2.2 Cars\n\nCars stay outside.\n\n(a) at the gate\n(b) on the street"),
        ("What does section 2.2 (b) say?", LEASE, "(b) on the street"),
        ("What is in annex B?", LEASE, "Annex B Prices\n\nA lost key costs 40 euros."),
        ("What does section 9 say?", LEASE, None),
        ("What does step 2 say?", [("list", 0, "1. Wash the lamp.\n2. Dry it.\n3. Pack it.")], "2. Dry it."),
        ("What does article 2 say?", [("list", 0, "1. Wash the lamp.\n2. Dry it.\n3. Pack it.")], None),
        ("What does article 6 (b) say?", ARTICLES, "Article 6 (b) the fuse is gone"),
        (
            *("What does article 6 say?", ARTICLES),
            "Article 6 It is kept in these cases:\n\nArticle 6 (a) the hall is dark\nArticle 6 (b) the fuse is gone",
        ),
        ("What does article 7 say?", ARTICLES, "Article 7 It is handed back clean."),
        ("What does section 7 say?", ARTICLES, "Article 7 It is handed back clean."),
        ("第二条规定了什么？", REGULATION, "第二条 有下列情形的，退还押金：\n\n（一）钥匙归还；\n（二）门锁更换。"),
        ("第二条第二项说了什么？", REGULATION, "（二）门锁更换。"),
    ],
)
def test_a_clause_reaches_to_the_next_one(question: str, parts: list[tuple[str, int, str]], text: str | None) -> None:
    assert told(question, parts) == text
