"""What `netwright check` prints, and which answer a tensor stands for."""

from typing import Any

import msgspec
import pytest

from engine.catalog.tensors import DType, TensorSpec
from engine.checks.answers import answer_of
from engine.checks.field_specs import answer_spec, input_spec, prepared_spec
from engine.checks.report import CheckReport, check
from engine.checks.walking import real_source
from engine.document import edits
from engine.document.data_spec import DataSpec, Field, FieldKind, Split, Step
from engine.document.recipe import Phase, Recipe
from engine.errors import DataError
from tests.unit.checks.networks import (
    AGE,
    EVERYTHING,
    ISLAND,
    LABEL,
    NAME,
    PIXELS,
    PRICE,
    classifier,
    node,
    project,
    regressor,
)

GOOD = (node("flat", "Flatten"), node("fc", "Linear", out_features=10))


def test_report_holds_the_promised_keys() -> None:
    report = check(classifier(node("conv", "Conv2d", kernel_size=99), *GOOD))
    found = msgspec.json.decode(msgspec.json.encode(report))
    assert {"problems", "nodes", "parameters", "memory_bytes"} <= found.keys()
    assert {"id", "type", "output_shapes", "parameters", "multiply_adds"} <= found["nodes"][0].keys()
    assert {"severity", "node", "message", "expected", "found", "repairs"} <= found["problems"][0].keys()
    assert not report.can_train
    by_id = {item["id"]: item for item in found["nodes"]}
    assert by_id["x"]["output_shapes"] == [[None, 1, 28, 28]]
    assert by_id["conv"]["output_shapes"] == [None]
    assert msgspec.convert(found, CheckReport) == report


def test_memory_grows_with_batch_and_optimizer() -> None:
    drawn = classifier(*GOOD)
    report = check(drawn)
    assert report.can_train and report.parameters == 7850
    weights = 4 * 7850 * 4  # weights, gradients and AdamW's two numbers
    assert report.memory_bytes > weights
    drawn.recipe = msgspec.convert({"phases": [{"players": [{"optimizer": {"type": "SGD"}}]}]}, type(drawn.recipe))
    assert report.memory_bytes - check(drawn).memory_bytes == 2 * 4 * 7850


def test_absurd_sizes_do_not_break_the_report() -> None:
    enlarge = [node(f"up{number}", "Upsample", scale_factor=64) for number in range(30)]
    report = check(classifier(*enlarge, node("flat", "Flatten"), node("fc", "Linear", out_features=10)))
    assert msgspec.json.decode(msgspec.json.encode(report))["memory_bytes"] == 2**63 - 1


def test_nodes_on_a_cycle_are_reported_too() -> None:
    report = check(project([node("a", "ReLU"), node("b", "ReLU")], "a > b, b > a"))
    assert {item.id for item in report.nodes} == {"a", "b"}


@pytest.mark.parametrize(
    ("last", "loss", "answer"),
    [
        (None, "CrossEntropyLoss", "softmax"),
        ("LogSoftmax", "NLLLoss", "exp"),
        (None, "BCEWithLogitsLoss", "sigmoid"),
        ("Sigmoid", "BCELoss", "none"),
        (None, "MSELoss", "none"),
    ],
)
def test_answer_follows_the_loss(last: str | None, loss: str, answer: str) -> None:
    drawn = classifier(*GOOD, *([node("last", last)] if last else []))
    edits.apply(drawn, edits.SetType(id="loss", type=loss))
    assert answer_of(drawn.graph, "out") == answer


def test_answer_without_a_loss_follows_the_activation() -> None:
    drawn = classifier(*GOOD, node("soft", "Softmax"))
    edits.apply(drawn, edits.RemoveNode(id="loss"))
    assert answer_of(drawn.graph, "out") == "none"
    edits.apply(drawn, edits.SetType(id="soft", type="LogSoftmax"))
    assert answer_of(drawn.graph, "out") == "exp"


def test_answer_sees_through_bypassed_nodes() -> None:
    drawn = classifier(*GOOD, node("drop", "Dropout"))
    edits.apply(drawn, edits.SetBypassed(ids=("drop",), bypassed=True))
    edits.apply(drawn, edits.Connect(edge=edits.Edge(source="fc", target="loss", input="prediction")))
    assert answer_of(drawn.graph, "out") == "softmax"


def test_a_bypassed_attention_passes_its_query_on() -> None:
    drawn = classifier(*GOOD, node("att", "MultiheadAttention"))
    edits.apply(drawn, edits.Disconnect(target="att", input="input"))
    edits.apply(drawn, edits.Connect(edge=edits.Edge(source="fc", target="att", input="query")))
    edits.apply(drawn, edits.Connect(edge=edits.Edge(source="flat", target="att", input="key")))
    edits.apply(drawn, edits.SetBypassed(ids=("att",), bypassed=True))
    assert real_source(drawn.graph, drawn.graph.inputs_of("out")["prediction"]) == ("fc", "output")
    assert check(drawn).can_train


def test_prepared_tensors() -> None:
    assert prepared_spec(PIXELS) == TensorSpec((None, 1, 28, 28))
    assert prepared_spec(LABEL) == TensorSpec((None,), DType.INT, 10)
    assert prepared_spec(PRICE) == TensorSpec((None, 1))
    assert prepared_spec(ISLAND) == TensorSpec((None, 3))
    assert prepared_spec(NAME) == TensorSpec((None, 12), DType.INT, 28)
    assert prepared_spec(Field(name="n", kind=FieldKind.NUMBER)) == TensorSpec((None, 1))
    assert input_spec(EVERYTHING, ("age", "island", "price")) == TensorSpec((None, 5))


def test_what_outputs_expect() -> None:
    assert answer_spec(EVERYTHING, "label") == (TensorSpec((None, 10)), ("N", "classes"))
    assert answer_spec(EVERYTHING, "price") == (TensorSpec((None, 1)), ("N", "value"))
    assert answer_spec(EVERYTHING, "pixels") == (TensorSpec((None, 1, 28, 28)), ())
    with pytest.raises(DataError):
        answer_spec(EVERYTHING, "nothing")


def test_wrong_step_is_named_by_field_and_place() -> None:
    broken = Field(name="age", kind=FieldKind.NUMBER, preparation=(*AGE.preparation, Step(type="Magic")))
    with pytest.raises(Exception, match="'Magic', which is not known") as caught:
        input_spec(DataSpec(fields=(broken,)), ("age",))
    assert caught.value.where == "age: step 3 (Magic)"  # type: ignore[attr-defined]


def test_two_outputs_and_two_losses() -> None:
    drawn = regressor(node("fc", "Linear", out_features=1))
    assert check(drawn).can_train
    assert answer_of(drawn.graph, "out") == "none"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": Recipe(phases=())}, "no phase"),
        ({"recipe": Recipe(phases=(Phase(name="warm up", players=()),))}, "Nothing learns in the phase 'warm up'"),
        ({"data": DataSpec(fields=(PIXELS, LABEL), split=Split(train=0))}, "nothing to learn from"),
        ({"data": DataSpec(fields=(PIXELS, LABEL), split=Split(val=-0.1))}, "nothing to learn from"),
    ],
)
def test_a_recipe_or_split_that_leaves_nothing_to_train(change: dict[str, Any], message: str) -> None:
    drawn = classifier(*GOOD)
    assert check(drawn).can_train
    for name, value in change.items():
        setattr(drawn, name, value)
    report = check(drawn)
    assert not report.can_train
    wrong = [problem for problem in report.problems if message in problem.message]
    assert len(wrong) == 1 and wrong[0].expected and wrong[0].found
