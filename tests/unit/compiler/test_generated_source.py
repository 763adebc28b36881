"""Nothing that a project file holds can get into generated source but checked ids and plain literals."""

import dataclasses
import math
from typing import ClassVar

import pytest

from engine.catalog.layer import Layer
from engine.compiler.generated import functions, identifier, literal, module_names
from engine.compiler.module import compile_project
from engine.compiler.plan import Call, Plan
from engine.compiler.resolve import resolve
from engine.compiler.source import source_code
from engine.document.graph import Graph, Node
from engine.errors import GraphError, NetwrightError
from tests.drawn_networks import small_cnn

HOSTILE = [
    "x'); import os; os.system('true'); ('",
    "__import__('os')",
    "a b",
    "a\nimport os",
    "a;b",
    "A",
    "_a",
    "1a",
    "é",
    "",
    "a" * 1001,
    'a"""',
    "a\\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_passes_as_an_id_or_literal(text: str) -> None:
    with pytest.raises(ValueError):
        identifier(text)
    if text not in ("1a", "_a", ""):
        with pytest.raises(ValueError):
            literal(text)


@pytest.mark.parametrize("value", [object(), {"a": 1}, b"x", [object()], (1, "a b"), 1j, type("int", (int,), {})(3)])
def test_no_object_passes_as_a_literal(value: object) -> None:
    with pytest.raises(ValueError):
        literal(value)


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e-5, True, None, "same", (1, 2), (1,), [], [1, [2, 3]], math.inf])
def test_literals_read_back_as_they_were(value: object) -> None:
    source = f"def f():\n    return {literal(value)}\n"
    wanted = tuple(tuple(v) if isinstance(v, list) else v for v in value) if isinstance(value, list) else value
    assert functions(source, {})["f"]() == wanted


def test_generated_functions_see_no_builtins() -> None:
    made = functions("def f():\n    return open('x')\n", {})
    with pytest.raises(NameError):
        made["f"]()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_id_never_becomes_a_graph(text: str) -> None:
    with pytest.raises(GraphError):
        Graph([Node(id=text, type="ReLU")])


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_a_hostile_id_that_slipped_into_a_graph_is_refused(text: str) -> None:
    project = small_cnn()
    nodes = project.graph._nodes
    nodes[text] = Node(id=text, type="ReLU")
    edge = next(iter(project.graph.inputs_of("pool1").values()))
    project.graph.connect(type(edge)(source="relu2", target=text))
    project.graph.connect(type(edge)(source=text, target="pool1"))
    for make in (compile_project, source_code):
        with pytest.raises(ValueError, match="not an id"):
            make(project)


@pytest.mark.parametrize("value", ["same'); import os; ('", "same\n", "os.system", ["1"], {"a": 1}, "1e999"])
def test_a_hostile_attribute_is_refused_before_anything_is_built(value: object) -> None:
    project = small_cnn()
    project.graph.replace(Node(id="conv1", type="Conv2d", attributes={"padding": value}))
    for make in (compile_project, source_code):
        with pytest.raises(NetwrightError):
            make(project)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Smuggler(Layer):
    """A layer whose arguments were not checked by anyone."""

    target: ClassVar[str] = "torch.nn.Flatten"

    def arguments(self, *inputs: object) -> dict[str, object]:
        return {"start_dim": "1); import os; ("}


def test_an_argument_that_no_check_saw_does_not_get_through() -> None:
    node = Node(id="flatten1", type="Flatten")
    call = Call(
        node=node,
        layer=_Smuggler(),
        inputs=(("pixels", "output"),),
        specs=(),
        outputs=(("flatten1", "output"),),
        owner="flatten1",
    )
    steps = Plan(
        calls=(call,),
        prediction_calls=(call,),
        losses=(),
        predictions={"out": ("flatten1", "output")},
        input_ids=("pixels",),
        training_input_ids=("pixels",),
        input_fields={"pixels": ("pixels",)},
        output_fields={"out": "label"},
        specs={},
    )
    from engine.compiler.module import build_modules, forward_source
    from engine.compiler.source import _File

    with pytest.raises(ValueError, match="not a literal"):
        forward_source(steps, build_modules(steps), hookable=False)
    with pytest.raises(ValueError, match="not a literal"):
        _File(small_cnn(), steps).text()


@pytest.mark.parametrize(
    "name",
    ['"""\nimport os\n"""', "a\\", "import os", "\u202eevil", "", "x" * 500, "猫", "class", "PositionalEncoding"],
)
def test_a_hostile_project_name_stays_text(name: str) -> None:
    project = small_cnn()
    project.name = name
    source = source_code(project)
    namespace: dict[str, object] = {"__name__": "network"}
    exec(compile(source, "network.py", "exec"), namespace)  # noqa: S102 - that it is harmless is what is tested
    assert "os" not in namespace


def test_targets_are_a_closed_list() -> None:
    assert resolve("torch.nn.Linear").__name__ == "Linear"
    assert resolve("engine.compiler.modules.Add").__name__ == "Add"
    for target in (
        "os.system",
        "torch.load",
        "torch.nn.Linear.forward",
        "torch.nn.functional.relu",
        "torch.nn.Parameter",
        "engine.compiler.modules.merge.Add",
        "engine.compiler.modules.torch",
        "torch.nn.",
        "",
    ):
        with pytest.raises(LookupError):
            resolve(target)


def test_module_names_avoid_what_is_taken() -> None:
    assert module_names(["conv1", "half", "half_", "class"]) == {
        "conv1": "conv1",
        "half": "half__",
        "half_": "half_",
        "class": "class_",
    }
