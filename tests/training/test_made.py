"""Examples for the judge: each label is right by how the example was made."""

import random
import re

from evals.sets.parts import TRAINED, part_of
from evals.sets.reading_sets import Item
from training.examples import ANSWERS, SUPPORTS, Example
from training.made import make_examples
from training.mixing import QUOTAS, choose_items, mix
from training.parallel import make_parallel
from training.turned import echo, swap_names

PASSAGE = (
    "Ada Lovelace wrote the first program for the engine in 1843. Charles Babbage designed the engine in London. "
    "The museum keeps 12 letters from both of them."
)
ITEM = Item(
    dataset="squad2-a", question="Who wrote the first program?", passage=PASSAGE, group="Engine", answers=(("Ada Lovelace", 0),),
    others=("Grace Hopper wrote a compiler in 1952. She lived in Arlington.",),
)  # fmt: skip


def _by_kind(examples: list[Example]) -> dict[str, list[Example]]:
    return {kind: [one for one in examples if one.kind == kind] for kind in {one.kind for one in examples}}


def _many(item: Item) -> dict[str, list[Example]]:
    return _by_kind([one for seed in range(60) for one in make_examples([item], seed=seed)])


def test_a_located_answer_stands_where_the_example_says() -> None:
    for example in _many(ITEM)["asked"]:
        assert [PASSAGE[slice(*answer)] for answer in example.answers] == ["Ada Lovelace"]


def test_a_turned_sentence_says_something_else() -> None:
    turned = _many(ITEM)["turned"]
    assert {one.label for one in turned} == {"contradicted"}
    assert all(one.sentence not in PASSAGE for one in turned)


def test_a_sentence_beside_the_point_is_true_and_holds_no_answer() -> None:
    for example in _many(ITEM)["another sentence"]:
        assert example.label == "beside"
        assert "Ada Lovelace" not in example.sentence


def test_another_passage_tells_nothing_of_it() -> None:
    for example in _many(ITEM)["another passage"]:
        assert example.passage in ITEM.others
        assert example.label == "untold" if example.task == SUPPORTS else not example.answers


def test_a_passage_without_its_answer_holds_all_else() -> None:
    for example in _many(ITEM)["answer left out"]:
        assert example.passage == PASSAGE[PASSAGE.index("Charles") :]
        assert not example.answers


def test_a_question_without_answer_is_echoed_as_not_told() -> None:
    item = Item(
        dataset="squad2-a", question="Who wrote the second program?", passage=PASSAGE, group="Engine", answerable=False,
        plausible=("Ada Lovelace",),
    )  # fmt: skip
    said = _many(item)["echo of a question without answer"][0]
    assert (said.sentence, said.label) == ("Ada Lovelace wrote the second program.", "not told")
    assert not _many(item)["asked without answer"][0].answers


def test_labels_that_know_less_allow_more() -> None:
    known = _many(ITEM)["turned"][0]
    assert known.allowed == (False, True, False, False)
    told = Example(task=SUPPORTS, question="", passage="", dataset="", group="", kind="", label="told")
    assert told.allowed == (True, False, False, True)


def test_names_change_places() -> None:
    said = swap_names("In 1843 Ada Lovelace met Charles Babbage.", random.Random(1))
    assert said == "In 1843 Charles Babbage met Ada Lovelace."
    assert swap_names("In 1843 Ada Lovelace wrote it.", random.Random(1)) is None


def test_an_echo_says_the_question_with_the_answer() -> None:
    rng = random.Random(1)
    assert echo("Which city was founded in 911?", "Rouen", rng) == "Rouen was founded in 911."
    assert echo("谁负责财务部？", "王芳", rng) == "王芳负责财务部。"
    assert echo("", "Rouen", rng) == ""


def test_parallel_things_are_labelled_by_what_the_text_tells() -> None:
    seen = set()
    for example in make_parallel(4000, seed=1):
        passage = example.passage
        if example.task == ANSWERS:
            assert all(passage[slice(*answer)].strip() for answer in example.answers)
            continue
        row = re.fullmatch(r"(?:The contact for (\w+) is ([\w ]+)\.)", example.sentence)
        if row and "|" in passage:
            is_told = f"| {row[1]} | {row[2]} |".casefold() in passage.casefold()
            assert is_told == (example.label in ("supported", "beside"))
            seen.add(example.label)
    assert seen == {"supported", "beside", "contradicted", "untold"}


def test_the_same_seed_makes_the_same_examples() -> None:
    assert make_examples([ITEM], seed=5) == make_examples([ITEM], seed=5)
    assert make_parallel(50, seed=5) == make_parallel(50, seed=5)


def test_held_out_sources_are_not_chosen() -> None:
    items = [Item(dataset="squad2-a", question="q", passage=f"p{i}", group=f"g{i}") for i in range(200)]
    chosen = {item.group for item in choose_items(items, seed=1)}
    assert chosen == {item.group for item in items if part_of("squad2-a", item.group) == TRAINED}
    assert 100 < len(chosen) < 190


def test_a_mixture_keeps_to_the_quotas() -> None:
    examples = make_parallel(2000, seed=1)
    mixed = mix(examples, seed=1, share=0.1)
    counts = [sum(one.task == task for one in mixed) for task in (ANSWERS, SUPPORTS)]
    assert counts == [round(quota * 0.1) for quota in QUOTAS["rules"]]
    assert len({one.label for one in mixed if one.task == SUPPORTS}) == 4
