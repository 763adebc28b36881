"""An Input that is moved right: the same in the network, in its readable source and in an ONNX file."""

from itertools import pairwise

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto

from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import plan
from engine.compiler.source import source_code
from engine.deployment.shifting import write_shift
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.edits import apply
from engine.document.graph import Edge, Graph, Node, Value
from engine.document.project import Project
from engine.onnx_writer import OnnxWriter

ROWS = torch.tensor(
    [[4, 5, 6, 3, 0, 0], [3, 0, 0, 0, 0, 0], [4, 4, 4, 4, 4, 3], [0, 0, 4, 5, 6, 3], [0, 0, 0, 0, 0, 3]]
)


def written(pad: str = "right", *, ends: bool = True) -> Field:
    attributes: dict[str, Value] = {"length": 6, "ends": ends, "pad": pad}
    return Field(
        name="said",
        kind=FieldKind.TEXT,
        role=Role.TARGET,
        preparation=(Step(type="Characters", attributes=attributes),),
        statistics=Statistics(vocabulary=("a", "b", "c")),
    )


def language_model(shift: int = 1, field: Field | None = None) -> Project:
    """Text and a copy of it moved right into an LSTM, which says the next sign."""
    field = field or written()
    data = DataSpec(fields=(field, Field(name="n", kind=FieldKind.NUMBER)))
    classes = 7 if field.preparation[0].attributes["ends"] else 5
    nodes = [
        Node(id="before", type="Input", attributes={"fields": ["said"], "shift": shift}),
        Node(id="embedding", type="Embedding", attributes={"embedding_dim": 8}),
        Node(id="lstm", type="LSTM", attributes={"hidden_size": 8, "result": "sequence"}),
        Node(id="scores", type="Linear", attributes={"out_features": classes}),
        Node(id="turned", type="Permute"),
        Node(id="answer", type="Output", attributes={"field": "said"}),
        Node(id="target", type="Input", attributes={"fields": ["said"]}),
        Node(id="loss", type="CrossEntropyLoss", attributes={}),
    ]
    chain = ["before", "embedding", "lstm", "scores", "turned"]
    edges = [Edge(source=a, target=b, input="input") for a, b in pairwise(chain)]
    edges += [
        Edge(source="turned", target="answer", input="prediction"),
        Edge(source="turned", target="loss", input="prediction"),
        Edge(source="target", target="loss", input="target"),
    ]
    return Project(name="writer", data=data, graph=Graph(nodes, edges))


def test_what_stands_before_a_text_that_is_moved() -> None:
    assert shift_right(ROWS, 1, 2).tolist() == [
        [2, 4, 5, 6, 3, 0],
        [2, 3, 0, 0, 0, 0],
        [2, 4, 4, 4, 4, 4],
        [0, 0, 2, 4, 5, 6],
        [0, 0, 0, 0, 0, 2],
    ]
    assert shift_right(ROWS[:2], 2, 2).tolist() == [[2, 2, 4, 5, 6, 3], [2, 2, 3, 0, 0, 0]]
    assert shift_right(ROWS[:1], 1).tolist() == [[0, 4, 5, 6, 3, 0]]
    assert shift_right(ROWS[:1], 9).tolist() == [[0] * 6]


@pytest.mark.parametrize("begin", [0, 2])
@pytest.mark.parametrize("steps", [1, 2, 6, 7])
def test_a_file_moves_texts_alike(steps: int, begin: int) -> None:
    writer = OnnxWriter()
    moved = write_shift(writer, writer.input("x", TensorProto.INT64, ["N", "length"]), steps, begin)
    writer.output(moved, "y", TensorProto.INT64, ["N", "length"])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString())
    (found,) = session.run(None, {"x": ROWS.numpy()})
    np.testing.assert_array_equal(found, shift_right(ROWS, steps, begin).numpy())


def test_the_network_moves_its_input_and_not_its_target() -> None:
    project = language_model()
    torch.manual_seed(0)
    network = compile_project(project).eval()
    assert network.training_input_ids == ("before", "target") and network.input_ids == ("before",)
    (shown,), (loss,) = network.training_forward(ROWS, ROWS)
    with torch.no_grad():
        still = compile_project(language_model(shift=0)).eval()
        still.load_state_dict(network.state_dict())
        (expected,) = still(shift_right(ROWS, 1, 2))
    torch.testing.assert_close(shown, expected)
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(expected, ROWS))
    later = ROWS.clone()
    later[:, 3:] = 5
    (changed,) = network(later)
    torch.testing.assert_close(changed[:, :, :4][:3], shown[:, :, :4][:3])  # nothing is seen of what comes


def test_the_readable_source_moves_it_too() -> None:
    project = language_model()
    torch.manual_seed(0)
    network = compile_project(project).eval()
    scope: dict[str, object] = {}
    code = source_code(project)
    assert "said_moved = shift_right(said, 1, begin=2)" in code
    exec(compile(code, "written", "exec"), scope)  # noqa: S102 - the source of our own project
    model = scope["Writer"]()  # type: ignore[operator]
    model.load_state_dict(network.state_dict())
    torch.testing.assert_close(model.eval()(ROWS), network(ROWS)[0])


def test_without_marks_nothing_stands_before() -> None:
    steps = plan(language_model(field=written(ends=False)))
    assert steps.input_shifts == {"before": (1, 0)}
    assert plan(language_model()).input_shifts == {"before": (1, 2)}
    assert plan(language_model(shift=0)).input_shifts == {}


def test_only_text_is_moved() -> None:
    project = language_model()
    project.graph.nodes["before"] = Node(id="before", type="Input", attributes={"fields": ["n"], "shift": 1})
    (problem,) = ShapeChecker(project).problems_of("before")
    assert "Only one field of text" in problem.message
    assert problem.repairs[0].title == "Do not move it"


def warnings_of(project: Project) -> list[str]:
    checker = ShapeChecker(project)
    return [problem.message for node_id in project.graph.nodes for problem in checker.problems_of(node_id)]


def test_what_is_easily_drawn_wrong_is_said_and_repaired() -> None:
    project = language_model(shift=0)
    checker = ShapeChecker(project)
    (seen,), (counts,) = checker.problems_of("answer"), checker.problems_of("loss")
    assert "only learn to copy it" in seen.message and "fills up short texts" in counts.message
    for problem in (seen, counts):
        apply(project, problem.repairs[0].edit)
    assert project.graph.nodes["before"].attributes["shift"] == 1
    assert project.graph.nodes["loss"].attributes["ignore_index"] == 0
    assert warnings_of(project) == []
    left = language_model(field=written("left"))
    assert any("filled up on the left" in message for message in warnings_of(left))


def test_scores_of_steps_are_turned_for_the_loss_and_the_answer() -> None:
    project = language_model()
    for target in ("answer", "loss"):
        project.graph.connect(Edge(source="scores", target=target, input="prediction"))
    (problem,) = [item for item in ShapeChecker(project).problems_of("loss") if item.severity == "error"]
    (repair,) = problem.repairs
    assert repair.title == "Put the classes before the steps"
    apply(project, repair.edit)
    checker = ShapeChecker(project)
    assert not [item for item in checker.problems() if item.severity == "error"]
    assert len(compile_project(project)(ROWS)[0].shape) == 3 and compile_project(project)(ROWS)[0].shape[1] == 7
