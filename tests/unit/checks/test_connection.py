"""One function decides whether a link may be drawn; another says what may stand at its end."""

import pytest

from engine.checks.connection import compatible_types, reaches, refusal
from engine.checks.inference import ShapeChecker
from tests.unit.checks.networks import EVERYTHING, classifier, link, node, project

DRAWN = project(
    [
        node("x", "Input", fields=["pixels"]),
        node("conv", "Conv2d"),
        node("relu", "ReLU"),
        node("fc", "Linear"),
        node("y", "Input", fields=["label"]),
        node("emb", "Embedding"),
        node("loss", "CrossEntropyLoss"),
        node("out", "Output", field="label"),
        node("bad", "Conv2d", kernel_size=-1),
        node("add", "Add"),
    ],
    "x > conv > relu",
    EVERYTHING,
)
CHECKER = ShapeChecker(DRAWN)


@pytest.mark.parametrize(
    "text",
    [
        "relu > fc",
        "relu > out.prediction",
        "y > loss.target",
        "relu > loss.prediction",
        "y > emb",
        "x > add.b",
        "conv > relu",
    ],
)
def test_allowed(text: str) -> None:
    assert refusal(DRAWN, CHECKER, link(text)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relu > conv", "make a circle"),
        ("relu > relu", "cannot feed itself"),
        ("relu > nowhere", "no node 'nowhere'"),
        ("nowhere > relu", "no node 'nowhere'"),
        ("relu > fc.left", "no input 'left'"),
        ("relu > add.c", "no input 'c'"),
        ("relu > x", "data begins there"),
        ("loss > fc", "an end of the network"),
        ("y > fc", "takes decimal numbers"),
        ("relu > loss.target", "takes whole numbers"),
        ("relu > bad", "a problem of its own"),
    ],
)
def test_refused_with_a_reason(text: str, words: str) -> None:
    reason = refusal(DRAWN, CHECKER, link(text))
    assert reason is not None and words in reason and reason.endswith(".")


def test_reaches() -> None:
    assert reaches(CHECKER, "x", "relu")
    assert not reaches(CHECKER, "relu", "x")
    assert not reaches(CHECKER, "conv", "fc")


def names(node_id: str, port: str) -> list[str]:
    return [item.__name__ for item in compatible_types(DRAWN, CHECKER, node_id, port)]


def test_what_fits_behind_a_picture() -> None:
    found = names("conv", "output")
    assert found[:3] == ["BatchNorm2d", "ReLU", "Conv2d"]
    assert "LSTM" not in found and "Conv1d" not in found and "Embedding" not in found and "Input" not in found


def test_what_fits_behind_whole_numbers() -> None:
    found = names("y", "output")
    assert found[:2] == ["Embedding", "CrossEntropyLoss"]
    assert "Linear" not in found and "MSELoss" not in found


def test_what_fits_before_an_input() -> None:
    assert names("loss", "target")[0] == "Input"
    assert "Conv2d" in names("conv", "input")[:3]
    assert names("fc", "nothing") == []


def test_the_order_answers_without_a_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked at every move of the mouse: a link that leads forwards must not cost a walk over a long network."""
    drawn = classifier(*(node(f"r{i}", "ReLU") for i in range(2000)))
    checker = ShapeChecker(drawn)
    monkeypatch.setattr(type(drawn.graph), "consumers_of", lambda *_: pytest.fail("the network was walked"))
    assert refusal(drawn, checker, link("r3 > r1500")) is None
