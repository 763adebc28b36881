"""A layer of the user's own, from the command line: refused, trusted, trained, evaluated, exported, read as source."""

from pathlib import Path

import pytest
from command import netwright

from engine.document import files
from engine.document.edits import AddNode, Connect, apply
from engine.document.graph import Edge, Node

GATE = """
import torch
from torch import nn

class Gate(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.linear = nn.Linear(features, features)

    def forward(self, x):
        return x * torch.sigmoid(self.linear(x))
"""


def test_own_code_goes_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    folder = tmp_path / "p"
    netwright("new", folder, "--from", "penguins")
    project = files.load(folder)
    graph = project.graph
    linear = next(node for node in graph.sorted_nodes() if node.type == "Linear")
    behind = list(graph.consumers_of(linear.id))
    width = linear.attributes["out_features"]
    own = Node(
        id="gate1",
        type="PyTorch",
        attributes={"file": "layers/gate.py", "class_name": "Gate", "settings": f"features={width}"},
    )
    apply(project, AddNode(node=own))
    for edge in behind:
        apply(project, Connect(edge=Edge(source="gate1", target=edge.target, input=edge.input)))
    apply(project, Connect(edge=Edge(source=linear.id, target="gate1")))
    files.save(folder, project)
    (folder / "layers").mkdir()
    (folder / "layers" / "gate.py").write_text(GATE, encoding="utf-8")

    error = netwright("train", folder, "--epochs", 2, expect=1)["error"]
    assert "has not been trusted" in error["message"] and "netwright trust" in error["hint"]
    assert not list(folder.glob("runs/*")), "a run that cannot start leaves no folder"

    trusted = netwright("trust", folder)
    assert [item["file"] for item in trusted["files"]] == ["layers/gate.py"]
    assert [item["failed"] for item in trusted["nodes"][0]["findings"]] == [""] * 6
    assert trusted["nodes"][0]["output_shape"] == [width]

    netwright("train", folder, "--epochs", 2)
    # What is done with a run goes by the code as it was then.
    (folder / "layers" / "gate.py").write_text("raise RuntimeError", encoding="utf-8")
    assert netwright("evaluate", folder)["metrics"]
    made = netwright("export", folder, "--to", tmp_path / "m.onnx")
    assert made["verified"]["same_answers"] == made["verified"]["samples"] > 100
    assert made["verified"]["max_abs_difference"] <= 1e-5
