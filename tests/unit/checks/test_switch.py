"""A Switch chooses one way: nobody asks whether the others fit, and they cost nothing."""

import msgspec
import pytest

from engine.catalog import registry
from engine.checks.inference import ShapeChecker
from engine.checks.report import check
from engine.document import edits
from engine.document.block import BLOCK
from engine.document.edits import SetAttributes
from engine.document.graph import Node
from engine.document.project import Project
from tests.unit.checks.networks import do, link, node, project

NODES = (
    node("pixels", "Input", fields=["pixels"]),
    node("label", "Input", fields=["label"]),
    node("flat", "Flatten"),
    node("wide", "Linear", out_features=64),
    node("narrow", "Linear", out_features=8),
    node("misfit", "Conv2d"),
    node("switch", "Switch", count=3),
    node("scores", "Linear", out_features=10),
    node("loss", "CrossEntropyLoss"),
    node("out", "Output", field="label"),
)
LINKS = (
    "pixels > flat > wide > switch.a, flat > narrow > switch.b, flat > misfit > switch.c,"
    "switch > scores > loss.prediction, label > loss.target, scores > out.prediction"
)


def drawn(active: str) -> Project:
    made = project(NODES, LINKS)
    edits.apply(made, SetAttributes(id="switch", attributes={"active": active}))
    return made


@pytest.mark.parametrize(
    ("active", "resting", "width"), [("a", {"narrow", "misfit"}, 64), ("b", {"wide", "misfit"}, 8)]
)
def test_what_is_not_chosen_rests(active: str, resting: set[str], width: int) -> None:
    checker = ShapeChecker(drawn(active))
    assert checker.problems() == []
    assert checker.resting == resting
    assert not checker.needed & resting
    assert checker.specs[("switch", "output")].shape == (None, width)
    assert checker.total_cost().parameters == (784 + 1) * width + (width + 1) * 10


def test_the_report_says_what_rests() -> None:
    report = check(drawn("b"))
    assert {item.id for item in report.nodes if item.resting} == {"wide", "misfit"}
    assert report.parameters == sum(item.parameters for item in report.nodes if not item.resting)


def test_a_misfit_is_told_of_once_it_is_chosen() -> None:
    checker = ShapeChecker(drawn("c"))
    assert any(problem.node == "misfit" for problem in checker.problems())
    assert checker.resting == {"wide", "narrow"}


def test_an_edit_of_the_choice_is_followed() -> None:
    made = drawn("a")
    checker = ShapeChecker(made)
    for active in ("b", "c", "a", "d", "b"):
        _, touched = do(checker, SetAttributes(id="switch", attributes={"active": active}))
        anew = ShapeChecker(made)
        assert checker.resting == anew.resting and checker.needed == anew.needed
        assert checker.problems() == anew.problems()
        assert checker.specs == anew.specs and checker.total_cost() == anew.total_cost()
        assert {"wide", "narrow", "misfit"} & touched


def test_a_choice_that_is_free_says_so() -> None:
    (problem,) = (item for item in ShapeChecker(drawn("d")).problems() if item.node == "switch")
    assert "'d'" in problem.message
    assert [port.name for port in registry.layer(drawn("d").graph.node("switch")).input_ports()] == list("abcd")


def test_a_free_way_that_is_not_chosen_is_no_problem() -> None:
    made = drawn("a")
    made.graph.disconnect("switch", "b")
    made.graph.disconnect("switch", "c")
    checker = ShapeChecker(made)
    assert not [problem for problem in checker.problems() if problem.node == "switch"]
    assert checker.resting == frozenset()  # what leads nowhere at all is told of as ever
    assert {problem.node for problem in checker.problems()} == {"narrow", "misfit"}


def test_switches_behind_each_other() -> None:
    made = drawn("b")
    made.graph.add(node("last", "Switch", active="b"))
    made.graph.disconnect("scores", "input")
    for text in ("switch > last.a", "flat > last.b", "last > scores"):
        made.graph.connect(link(text))
    checker = ShapeChecker(made)
    assert checker.problems() == []
    assert checker.resting == {"switch", "wide", "narrow", "misfit"}


def test_a_bypassed_switch_still_chooses() -> None:
    made = drawn("b")
    made.graph.replace(msgspec.structs.replace(made.graph.node("switch"), bypassed=True))
    checker = ShapeChecker(made)
    assert checker.resting == {"wide", "misfit"} and checker.specs[("switch", "output")].shape == (None, 8)


def test_a_block_that_is_missing_is_told_of_once_it_is_chosen() -> None:
    for active, told in (("a", False), ("c", True)):
        made = drawn(active)
        made.graph.add(Node(id="unknown", type=BLOCK, attributes={"block": "deep"}))
        made.graph.connect(link("unknown > switch.c"))
        assert any(problem.node == "unknown" for problem in ShapeChecker(made).problems()) is told
