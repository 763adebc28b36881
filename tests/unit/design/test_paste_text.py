"""What is on the clipboard becomes one edit: nodes, JSON of any kind, code, printed networks, chains."""

import json

import pytest

from engine.checks.inference import ShapeChecker
from engine.document.edits import apply
from engine.document.files import to_bytes
from engine.document.project import Project
from engine.errors import GraphError
from gui.design import graph_edits
from gui.design.paste_text import Pasted, read_paste
from tests.gui.drawn_networks import residual_network


def pasted(text: str, project: Project | None = None) -> tuple[Project, Pasted]:
    project = project or Project(name="new")
    made = read_paste(text, project, ShapeChecker(project), 80, 160)
    inverse = apply(project, made.edit)
    before = to_bytes(project)
    apply(project, inverse)
    apply(project, made.edit)
    assert to_bytes(project) == before, "undo and redo give the same"
    assert set(made.made) <= set(project.graph.nodes)
    return project, made


def test_code_keeps_the_names_of_the_code_and_lies_in_a_row() -> None:
    project, made = pasted("self.conv1 = nn.Conv2d(1, 8, 3)\nself.act = nn.ReLU()\nself.conv2 = nn.Conv2d(8, 8, 3)")
    assert made.made == ["conv1", "act", "conv2"]
    assert [(node.x, node.y) for node in project.graph.nodes.values()] == [(80, 160), (320, 160), (560, 160)]
    assert project.graph.inputs_of("conv2")["input"].source == "act"


def test_names_that_are_taken_are_replaced() -> None:
    project, made = pasted("self.conv1 = nn.Conv2d(1, 8, 3)\nself.conv2 = nn.ReLU()", residual_network())
    assert not set(made.made) & set(residual_network().graph.nodes)
    assert project.graph.inputs_of(made.made[1])["input"].source == made.made[0]


def test_branches_are_laid_out_without_overlap() -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        self.a = nn.Linear(8, 8)
        self.b = nn.Linear(8, 8)
        self.c = nn.Linear(8, 8)
    def forward(self, x):
        x = self.a(x)
        return self.b(x) + self.c(x)
"""
    project, made = pasted(text)
    places = [(node.x, node.y) for node in project.graph.nodes.values()]
    assert len(set(places)) == len(places) == 4
    assert {edge.input for edge in project.graph.inputs_of(made.made[-1]).values()} == {"a", "b"}


def test_a_chain_in_several_lines() -> None:
    _project, made = pasted("conv 64 k5 > bn > relu\npool > flatten > linear 10")
    assert len(made.made) == 6


def test_copied_nodes_come_back() -> None:
    source = residual_network()
    text = graph_edits.copy_text(source, ["conv2", "conv3", "relu2"])
    _project, made = pasted(text)
    assert len(made.made) == 3 and made.note == ""


def test_a_whole_project_file() -> None:
    project, made = pasted(to_bytes(residual_network()).decode())
    assert len(made.made) == 15
    assert len(list(project.graph.edges)) == 15
    assert made.note == ""


def test_a_list_of_layers_is_a_chain() -> None:
    text = json.dumps([{"type": "Linear", "attributes": {"out_features": 7}}, {"type": "ReLU"}, {"type": "Linear"}])
    project, made = pasted(text)
    assert [project.graph.nodes[name].type for name in made.made] == ["Linear", "ReLU", "Linear"]
    assert project.graph.nodes[made.made[0]].attributes == {"out_features": 7}
    assert len(list(project.graph.edges)) == 2


def test_broken_parts_of_json_are_named_and_the_rest_taken() -> None:
    text = json.dumps(
        {
            "nodes": [{"id": "a", "type": "Linear"}, {"id": "b"}, 5, {"id": "c", "type": "ReLU", "x": "far"}],
            "edges": [{"source": "a", "target": "zzz"}],
        }
    )
    _project, made = pasted(text)
    assert len(made.made) == 1
    assert "Node 2 has no type." in made.note and "can't be read" in made.note


def test_unknown_parts_are_noted_and_the_rest_is_pasted() -> None:
    _project, made = pasted("nn.Sequential(nn.Linear(4, 8), nn.Foo(), nn.ReLU())")
    assert len(made.made) == 2
    assert made.note == "Foo is not among the layers here (line 1)."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing to paste"),
        ("   \n", "nothing to paste"),
        ("dear diary", "holds no layers"),
        ("nn.Foo(1)", "Foo is not among the layers"),
        ("zzz 3 > relu", "can't be read"),
        ('{"a": 1}', "holds no nodes"),
        ("[1, 2]", "holds no nodes"),
        ("[" * 100_000, "holds no layers"),
    ],
)
def test_what_holds_nothing_is_answered_in_words(text: str, words: str) -> None:
    project = Project(name="new")
    with pytest.raises(GraphError) as refused:
        read_paste(text, project, ShapeChecker(project), 0, 0)
    assert words in refused.value.message
    assert refused.value.hint
