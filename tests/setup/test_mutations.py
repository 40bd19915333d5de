"""The list of faults is true: each stands for one line of the code as it is now, and for tests that are there."""

import ast
import re
from collections import Counter

import pytest

from tests.mutations import ROOT, BadMutation, Mutation, choose, read_mutations

AREAS = {"permissions", "audit", "verification", "ingestion", "retrieval"}
LEAST_IN_AREA = 10
MUTATIONS = read_mutations()


def names_of_tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_at_least_sixty_faults_have_names_of_their_own_and_every_area_has_its_share() -> None:
    assert len(MUTATIONS) >= 60
    assert [name for name, count in Counter(one.name for one in MUTATIONS).items() if count > 1] == []
    counts = Counter(one.area for one in MUTATIONS)
    assert set(counts) == AREAS
    assert min(counts.values()) >= LEAST_IN_AREA


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_fault_stands_once_in_the_code_and_leaves_it_readable(mutation: Mutation) -> None:
    """What no longer compiles would be noticed by any test at all."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", mutation.name)
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    changed = mutation.apply(text)
    assert changed != text
    compile(changed, mutation.file, "exec")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_the_nearest_tests_are_there(mutation: Mutation) -> None:
    assert mutation.tests
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert not name or name in names_of_tests(path), test


def test_what_does_not_stand_there_once_is_reported() -> None:
    one = Mutation(name="a-b", area="audit", file="a.py", before="x", after="y", tests=("tests/a.py",))
    assert one.apply("x = 1") == "y = 1"
    for text in ("z = 1", "x = x"):
        with pytest.raises(BadMutation, match="must stand there once"):
            one.apply(text)


def test_an_unknown_name_is_reported() -> None:
    assert [one.name for one in choose(MUTATIONS, [MUTATIONS[1].name])] == [MUTATIONS[1].name]
    assert choose(MUTATIONS, []) == MUTATIONS
    with pytest.raises(BadMutation, match="no fault named nonsense"):
        choose(MUTATIONS, ["nonsense"])
