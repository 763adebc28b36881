"""Every offered repair mends its problem, adds no new one, can be undone, and says what it does."""

import pytest

from engine.checks.inference import ShapeChecker
from engine.document import edits
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from tests.unit.checks.networks import (
    AGE,
    EVERYTHING,
    ISLAND,
    LABEL,
    NAME,
    PICTURES,
    PIXELS,
    PRICE,
    classifier,
    do,
    messages,
    node,
    project,
    regressor,
    repair,
)

FC = node("fc", "Linear", out_features=10)


def checked(drawn: Project) -> ShapeChecker:
    return ShapeChecker(drawn)


def sequence(*middle: Node, data: DataSpec = DataSpec(fields=(NAME, LABEL))) -> Project:  # noqa: B008
    """Text through an embedding and the given layers to a cross-entropy."""
    chain = " > ".join(["x", "emb", *(item.id for item in middle)])
    return project(
        [
            node("x", "Input", fields=["name"]),
            node("emb", "Embedding", embedding_dim=16),
            *middle,
            node("loss", "CrossEntropyLoss"),
            node("out", "Output", field="label"),
            node("y", "Input", fields=["label"]),
        ],
        f"{chain} > loss.prediction, {middle[-1].id} > out.prediction, y > loss.target",
        data,
    )


CASES = {
    "Flatten before Linear": (classifier(node("conv", "Conv2d"), FC), "Insert a Flatten before fc", True),
    "pool before Linear": (classifier(node("conv", "Conv2d"), FC), "Insert a global average pool before fc", True),
    "yes and no into numbers": (
        classifier(node("flat", "Flatten"), node("turned", "ToBool"), FC),
        "Turn it into decimal numbers",
        True,
    ),
    "numbers into yes and no": (
        classifier(node("flat", "Flatten"), node("turned", "LogicalNot"), node("back", "ToFloat"), FC),
        "Turn it into yes and no",
        True,
    ),
    "Flatten removed": (
        classifier(node("flat", "Flatten"), node("conv", "Conv2d"), node("flat2", "Flatten"), FC),
        "Remove flat",
        True,
    ),
    "too large a window": (
        classifier(node("pool", "MaxPool2d", kernel_size=30), node("flat", "Flatten"), FC),
        "Remove pool",
        True,
    ),
    "classes": (
        classifier(node("flat", "Flatten"), node("fc", "Linear", out_features=7)),
        "Let fc give 10 values, one for each class",
        True,
    ),
    "classes behind an activation": (
        classifier(node("flat", "Flatten"), node("fc", "Linear", out_features=7), node("drop", "Dropout")),
        "Let fc give 10 values, one for each class",
        True,
    ),
    "one number": (
        regressor(node("fc", "Linear", out_features=3)),
        "Let fc give 1 values, the number",
        True,
    ),
    "Softmax": (classifier(node("flat", "Flatten"), FC, node("soft", "Softmax")), "Remove soft", True),
    "batch normalization of a picture": (
        classifier(node("norm", "BatchNorm1d"), node("flat", "Flatten"), FC),
        "Make norm a BatchNorm2d",
        True,
    ),
    "batch normalization of features": (
        classifier(node("flat", "Flatten"), node("norm", "BatchNorm2d"), FC),
        "Make norm a BatchNorm1d",
        True,
    ),
    "convolution of a picture": (
        classifier(node("conv", "Conv1d", kernel_size=5), node("flat", "Flatten"), FC),
        "Make conv a Conv2d",
        True,
    ),
    "groups": (
        classifier(node("conv", "Conv2d", out_channels=30, groups=4), node("flat", "Flatten"), FC),
        "Use no groups",
        True,
    ),
    "groups of a norm": (
        classifier(node("conv", "Conv2d", out_channels=12), node("norm", "GroupNorm"), node("flat", "Flatten"), FC),
        "Use 6 groups",
        True,
    ),
    "stride": (
        classifier(node("conv", "Conv2d", padding="same", stride=2), node("flat", "Flatten"), FC),
        "Set the stride of conv to 1",
        True,
    ),
    "heads": (
        sequence(node("att", "TransformerEncoderLayer", nhead=5), node("mean", "Mean"), FC),
        "Use 4 heads",
        True,
    ),
    "last step": (
        sequence(node("lstm", "LSTM", result="sequence"), FC),
        "Let lstm give the last step alone",
        True,
    ),
    "whole sequence": (
        sequence(node("lstm", "LSTM"), node("lstm2", "LSTM"), FC),
        "Let lstm give the whole sequence",
        True,
    ),
    "attribute": (
        classifier(node("flat", "Flatten"), node("fc", "Linear", out_features=-3)),
        "Set out_features of fc back",
        False,
    ),
    "unknown attribute": (
        classifier(node("flat", "Flatten"), node("fc", "Linear", out_features=10, colour=3)),
        "Set colour of fc back",
        True,
    ),
    "unknown layer": (classifier(node("magic", "Magic"), node("flat", "Flatten"), FC), "Remove magic", True),
    "field of an Input": (
        project(
            [
                node("x", "Input"),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="label"),
            ],
            "x > flat > fc > loss.prediction, y > loss.target, fc > out.prediction",
        ),
        "Use 'pixels'",
        True,
    ),
    "field of an Output": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="labl"),
            ],
            "x > flat > fc > loss.prediction, y > loss.target, fc > out.prediction",
        ),
        "Answer 'label'",
        True,
    ),
    "target": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("out", "Output", field="label"),
            ],
            "x > flat > fc > loss.prediction, fc > out.prediction",
        ),
        "Link 'label' to loss",
        True,
    ),
    "target that is there": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="label"),
            ],
            "x > flat > fc > loss.prediction, fc > out.prediction",
        ),
        "Link 'label' to loss",
        True,
    ),
    "no Output": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
            ],
            "x > flat > fc > loss.prediction, y > loss.target",
        ),
        "Add an Output for 'label'",
        True,
    ),
    "no loss": (
        project(
            [node("x", "Input", fields=["pixels"]), node("flat", "Flatten"), FC, node("out", "Output", field="label")],
            "x > flat > fc > out.prediction",
        ),
        "Add Cross-entropy for 'label'",
        True,
    ),
    "free input": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="label"),
            ],
            "x > flat, fc > loss.prediction, y > loss.target, fc > out.prediction",
        ),
        "Link flat to fc",
        True,
    ),
    "category as a number": (
        project(
            [
                node("x", "Input", fields=["island"]),
                node("fc", "Linear", out_features=1),
                node("loss", "MSELoss"),
                node("y", "Input", fields=["price"]),
                node("out", "Output", field="price"),
            ],
            "x > fc > loss.prediction, y > loss.target, fc > out.prediction",
            DataSpec(
                fields=(
                    Field(
                        name="island",
                        kind=FieldKind.CATEGORY,
                        preparation=(Step(type="ClassIndex"),),
                        statistics=ISLAND.statistics,
                    ),
                    PRICE,
                )
            ),
        ),
        "Prepare 'island' with One-hot",
        True,
    ),
    "one-hot target": (
        classifier(
            node("flat", "Flatten"),
            FC,
            data=DataSpec(
                fields=(
                    PIXELS,
                    Field(
                        name="label",
                        kind=FieldKind.CATEGORY,
                        role=Role.TARGET,
                        preparation=(Step(type="OneHot"),),
                        statistics=LABEL.statistics,
                    ),
                )
            ),
        ),
        "Prepare 'label' with class numbers",
        True,
    ),
    "squared error of classes": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("flat", "Flatten"),
                FC,
                node("loss", "MSELoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="label"),
            ],
            "x > flat > fc > loss.prediction, y > loss.target, fc > out.prediction",
        ),
        "Make loss a CrossEntropyLoss",
        True,
    ),
    "link to a port that is gone": (
        project(
            [
                node("x", "Input", fields=["pixels"]),
                node("a", "ReLU"),
                node("b", "Tanh"),
                node("add", "Add"),
                node("flat", "Flatten"),
                FC,
                node("loss", "CrossEntropyLoss"),
                node("y", "Input", fields=["label"]),
                node("out", "Output", field="label"),
            ],
            "x > a > add.a, x > b > add.b, x > add.c, add > flat > fc > loss.prediction, "
            "y > loss.target, fc > out.prediction",
        ),
        "Remove the link to 'c' of add",
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_repair_mends(name: str) -> None:
    drawn, title, all_well = CASES[name]
    drawn = drawn.copy()
    checker = checked(drawn)
    graph, data = drawn.graph.copy(), drawn.data
    before = messages(checker)
    assert before
    inverse = repair(checker, title)
    after = messages(checker)
    assert len(after) < len(before) or not set(before) & set(after)
    assert (after == []) is all_well, after
    do(checker, inverse)
    assert drawn.graph == graph and drawn.data == data
    assert sorted(messages(checker)) == sorted(before)


@pytest.mark.parametrize("name", CASES)
def test_every_offered_repair_can_be_applied_and_undone(name: str) -> None:
    drawn = CASES[name][0].copy()
    checker = checked(drawn)
    offered = [item for problem in checker.problems() for item in problem.repairs]
    for item in offered:
        graph, data = drawn.graph.copy(), drawn.data
        inverse, _ = do(checker, item.edit)
        assert isinstance(item.edit, edits.Batch) and edits.title(item.edit) == item.title
        do(checker, inverse)
        assert drawn.graph == graph and drawn.data == data


def skip(*, stride: int = 1) -> Project:
    return project(
        [
            node("x", "Input", fields=["pixels"]),
            node("stem", "Conv2d", out_channels=8, padding="same"),
            node("conv", "Conv2d", out_channels=16, padding=1, stride=stride),
            node("relu", "ReLU"),
            node("add", "Add"),
            node("gap", "GlobalAveragePool2d"),
            FC,
            node("loss", "CrossEntropyLoss"),
            node("y", "Input", fields=["label"]),
            node("out", "Output", field="label"),
        ],
        "x > stem > conv > relu > add.a, stem > add.b, add > gap > fc > loss.prediction, "
        "fc > out.prediction, y > loss.target",
    )


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_skip_is_projected(stride: int) -> None:
    checker = checked(skip(stride=stride))
    assert "Add 'add': expected equal sizes" in messages(checker)[0]
    repair(checker, "Project the skip with a 1 × 1 convolution")
    assert messages(checker) == []
    new = checker.project.graph.node("conv1")
    stem, add = checker.project.graph.node("stem"), checker.project.graph.node("add")
    assert new.attributes["out_channels"] == 16
    assert stem.x < new.x < add.x


def test_skip_of_features_is_projected() -> None:
    checker = checked(
        project(
            [
                node("x", "Input", fields=["age", "island"]),
                node("a", "Linear", out_features=8),
                node("add", "Add"),
                node("fc", "Linear", out_features=1),
                node("loss", "MSELoss"),
                node("y", "Input", fields=["price"]),
                node("out", "Output", field="price"),
            ],
            "x > a > add.a, x > add.b, add > fc > loss.prediction, fc > out.prediction, y > loss.target",
            DataSpec(fields=(AGE, ISLAND, PRICE)),
        )
    )
    repair(checker, "Project the skip with a Linear")
    assert messages(checker) == []


def test_softmax_that_feeds_the_output_too_stays_for_it() -> None:
    """The loss is linked past it, or it goes; both leave probabilities as the answer."""
    checker = checked(classifier(node("flat", "Flatten"), FC, node("soft", "Softmax")))
    repair(checker, "Link fc to loss")
    assert messages(checker) == []
    assert "soft" in checker.project.graph.nodes


def test_words_name_node_expected_found_and_a_way_out() -> None:
    checker = checked(classifier(node("flat", "Flatten"), node("conv_3", "Conv2d"), FC))
    (problem,) = checker.problems_of("conv_3")
    assert problem.message == (
        "Conv2d 'conv_3': expected 4 dimensions (N, channels, height, width), "
        "got 2 dimensions (N, features 784). Remove flat."
    )
    assert problem.expected == "4 dimensions (N, channels, height, width)"
    assert problem.found == "2 dimensions (N, features 784)"


def test_a_stray_node_only_warns() -> None:
    drawn = classifier(node("flat", "Flatten"), FC)
    edits.apply(drawn, edits.AddNode(node=node("stray", "Conv2d")))
    checker = checked(drawn)
    assert {problem.severity for problem in checker.problems_of("stray")} == {"warning"}
    repair(checker, "Remove stray")
    assert messages(checker) == []


def test_a_project_without_anything() -> None:
    checker = checked(Project(name="new"))
    found = messages(checker)
    assert "There is no data yet. Add some in the tab Data." in found
    assert any("empty" in message for message in found)


def test_nothing_to_train() -> None:
    drawn = classifier(node("flat", "Flatten"), FC)
    edits.apply(drawn, edits.SetFrozen(ids=("fc",), frozen=True))
    assert "There is nothing to train" in messages(checked(drawn))[0]


def test_recipe_is_checked() -> None:
    player = Player(
        optimizer=Step(type="SGD", attributes={"lr": -1.0}),
        schedule=Step(type="Zigzag"),
        losses={"gone": 1.0},
        nodes=("away",),
    )
    drawn = classifier(node("flat", "Flatten"), FC)
    drawn.recipe = Recipe(phases=(Phase(players=(player,)),), metrics=("beauty",))
    found = " ".join(messages(checked(drawn)))
    for word in ("Learning rate of SGD cannot be -1", "no schedule 'Zigzag'", "'gone'", "'away'", "'beauty'"):
        assert word in found


def test_target_that_nobody_learns() -> None:
    found = messages(checked(classifier(node("flat", "Flatten"), FC, data=EVERYTHING)))
    assert found == ["The field 'price' is to be learned, but no loss has it as its target."]


def test_data_without_target() -> None:
    found = messages(checked(classifier(node("flat", "Flatten"), FC, data=DataSpec(fields=(PIXELS,)))))
    assert found[0].startswith("No field of the data is to be learned.")


def test_last_axis_alone_is_fine_after_permute() -> None:
    """Linear on (N, height, width, channels) is what people want after a Permute, and no warning is given."""
    checker = checked(
        classifier(
            node("perm", "Permute", dims=[2, 3, 1]), node("mix", "Linear", out_features=4), node("flat", "Flatten"), FC
        )
    )
    assert messages(checker) == []


def test_fields_that_cannot_be_joined() -> None:
    drawn = project([node("x", "Input", fields=["age", "name"])], data=EVERYTHING)
    (problem, _) = checked(drawn).problems_of("x")
    assert "The field 'name' cannot be joined with others." in problem.message
    assert problem.found.endswith("of whole numbers")


def test_preparation_that_does_not_fit() -> None:
    wrong = Field(name="pixels", kind=FieldKind.IMAGE, preparation=(Step(type="OneHot"),), statistics=Statistics())
    found = messages(checked(classifier(node("flat", "Flatten"), FC, data=DataSpec(fields=(wrong, LABEL)))))
    assert any("One-hot does not fit the field 'pixels'" in message for message in found)


def test_pictures_without_a_size_say_so() -> None:
    free = Field(name="pixels", kind=FieldKind.IMAGE, preparation=(Step(type="Channels"), Step(type="Scale")))
    checker = checked(
        classifier(node("conv", "Conv2d"), node("flat", "Flatten"), FC, data=DataSpec(fields=(free, LABEL)))
    )
    (problem,) = checker.problems_of("fc")
    assert "expected a known number of features" in problem.message
    assert PICTURES.fields[0] is PIXELS
