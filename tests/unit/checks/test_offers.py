"""What suits the data is offered first: a category never sees mean squared error before the rest."""

import msgspec
import pytest

from engine.catalog import registry
from engine.catalog.losses import Loss
from engine.catalog.tensors import TensorSpec
from engine.checks.connection import compatible_types
from engine.checks.inference import ShapeChecker
from engine.checks.offers import could_learn, losses_for, losses_of, metrics_for, scored_fields, suits, usual_loss
from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from tests.drawn_networks import PICTURES, draw, small_cnn, table_network

CLASSES = Statistics(classes=("a", "b", "c"), counts=(1, 1, 1))


def target(kind: FieldKind, *steps: str, statistics: Statistics = CLASSES) -> Field:
    return Field(
        name="t",
        kind=kind,
        role=Role.TARGET,
        preparation=tuple(Step(type=step) for step in steps),
        statistics=statistics,
    )


def names(found: tuple[type[Loss], ...]) -> list[str]:
    return [item.__name__ for item in found]


FIRST = {
    "CrossEntropyLoss": target(FieldKind.CATEGORY, "ClassIndex"),
    "BCEWithLogitsLoss": target(FieldKind.CATEGORY, "ClassIndex", "OneHot"),
    "MSELoss": target(FieldKind.NUMBER, "Standardize", statistics=Statistics(mean=(0.0,), std=(1.0,))),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_usual_loss_comes_first(name: str) -> None:
    first, rest = losses_for(FIRST[name])
    assert names(first)[0] == name == usual_loss(FIRST[name])
    assert set(first) | set(rest) == set(registry.losses()) and not set(first) & set(rest)


def test_a_category_never_sees_errors_of_numbers_first() -> None:
    for field in (FIRST["CrossEntropyLoss"], FIRST["BCEWithLogitsLoss"]):
        first, rest = names(losses_for(field)[0]), names(losses_for(field)[1])
        for name in ("MSELoss", "L1Loss", "HuberLoss", "PoissonNLLLoss", "DiceLoss"):
            assert name not in first and name in rest
    assert "FocalLoss" in names(losses_for(FIRST["CrossEntropyLoss"])[0])
    assert "FocalLoss" not in names(losses_for(FIRST["BCEWithLogitsLoss"])[0]), "its target is the number of a class"
    assert "QuantileLoss" in names(losses_for(FIRST["MSELoss"])[0])


def test_regions_see_overlaps() -> None:
    field = target(FieldKind.MASK)
    first = names(losses_for(field, TensorSpec((None, 3, 8, 8)))[0])
    assert first[0] == "CrossEntropyLoss" and {"DiceLoss", "JaccardLoss", "LovaszSoftmaxLoss"} <= set(first)


def test_those_that_take_the_head_come_before_those_that_do_not() -> None:
    field = target(FieldKind.NUMBER, statistics=Statistics(mean=(0.0,), std=(1.0,)))
    first = names(losses_for(field, TensorSpec((None, 1)))[0])
    assert first.index("HuberLoss") < first.index("SSIMLoss") if "SSIMLoss" in first else "HuberLoss" in first
    field = target(FieldKind.CATEGORY, "ClassIndex")
    wrong = names(losses_for(field, TensorSpec((None, 7)))[0])
    assert wrong[0] == "CrossEntropyLoss", "a wrong width is mended later"


def test_metrics_of_the_kind_come_first() -> None:
    first, rest = metrics_for([FIRST["CrossEntropyLoss"]])
    keys = [item.key for item in first]
    assert keys[0] == "accuracy" and "mean_squared_error" not in keys and "auroc" in keys
    assert {item.key for item in rest} >= {"mean_squared_error", "r2", "bleu"}
    both = [item.key for item in metrics_for([FIRST["CrossEntropyLoss"], FIRST["MSELoss"]])[0]]
    assert {"accuracy", "r2"} <= set(both)


def test_the_fields_answered_are_scored() -> None:
    project = table_network()
    assert {field.name for field in scored_fields(project, ShapeChecker(project))} == {"species", "price"}


def test_a_new_link_is_offered_losses_of_use() -> None:
    project = small_cnn()
    found = [item.__name__ for item in compatible_types(project, ShapeChecker(project), "linear1", "output")]
    assert "CrossEntropyLoss" in found and "MSELoss" not in found and "KLPriorLoss" in found
    assert not could_learn(project, registry.layer_type("MSELoss"))  # type: ignore[arg-type]
    assert suits(registry.layer_type("CrossEntropyLoss"), project.data.targets()[0])  # type: ignore[arg-type]


def test_other_losses_of_classes_are_mended_as_the_usual_one() -> None:
    project = small_cnn()
    for type_name, width in (("FocalLoss", 3), ("CORNLoss", 2)):
        project.graph.replace(msgspec.structs.replace(project.graph.node("loss1"), type=type_name))
        node = project.graph.node("linear1")
        project.graph.replace(msgspec.structs.replace(node, attributes={"out_features": 9}))
        problem = next(item for item in ShapeChecker(project).problems_of("loss1"))
        assert any(f"{width}" in repair.title for repair in problem.repairs), problem


def test_a_softmax_before_a_loss_that_has_one_is_found() -> None:
    project = draw(
        PICTURES,
        {
            "flat": "Flatten",
            "scores": ("Linear", {"out_features": 3}),
            "soft": "Softmax",
            "out": ("Output", {"field": "label"}),
            "loss1": "FocalLoss",
        },
        "pixels > flat > scores > soft > out",
        "soft > loss1.prediction",
        "label > loss1.target",
    )
    assert any("itself" in problem.message for problem in ShapeChecker(project).problems_of("loss1"))


def test_the_palette_lists_those_for_the_fields_first() -> None:
    of_use, others = (names(tuple(part)) for part in losses_of(small_cnn()))
    assert of_use[0] == "CrossEntropyLoss" and of_use.index("FocalLoss") < of_use.index("KLPriorLoss")
    assert "MSELoss" in others and not set(of_use) & set(others)
    assert len(of_use) + len(others) == len(registry.losses())
