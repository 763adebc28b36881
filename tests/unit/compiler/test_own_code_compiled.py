"""Layers of the user's own: nothing runs before it is trusted, faults are told, and what works works everywhere."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.checks.inference import ShapeChecker
from engine.compiler.code_check import checked_node
from engine.compiler.module import compile_project
from engine.compiler.source import source_code
from engine.document import edits
from engine.document.edits import SetAttributes
from engine.document.graph import Node
from engine.document.own_code import code_of, code_paths, read_code, require_trusted, trust
from engine.document.project import Project
from engine.errors import GraphError, ProjectError
from tests.drawn_networks import PICTURES, draw, forward_inputs

torch.set_num_threads(1)

GATE = """
import torch
from torch import nn

class Gate(nn.Module):
    def __init__(self, features, scale=1.0):
        super().__init__()
        self.linear = nn.Linear(features, features)
        self.scale = scale

    def forward(self, x):
        return x * torch.sigmoid(self.linear(x)) * self.scale

class Halved(nn.Module):
    def forward(self, x):
        return x[:, ::2]

class Detached(nn.Module):
    def forward(self, x):
        return x.detach() * 2

class Mixed(nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0)

class Wild(nn.Module):
    def forward(self, x):
        return torch.rand_like(x)

class Broken(nn.Module):
    def forward(self, x):
        return x.no_such_thing()

class Flat(nn.Module):
    def forward(self, x):
        return x.reshape(-1)

class Odd(nn.Module):
    def forward(self, x):
        return torch.linalg.svdvals(x.unsqueeze(-1) @ x.unsqueeze(-2))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    folder = tmp_path / "project"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "gate.py").write_text(GATE, encoding="utf-8")
    return folder


def project(class_name: str = "Gate", **attributes: object) -> Project:
    settings = {"file": "layers/gate.py", "class_name": class_name, **attributes}
    return draw(
        PICTURES,
        {
            "flatten1": "Flatten",
            "linear1": ("Linear", {"out_features": 8}),
            "own1": Node(id="own1", type="PyTorch", attributes=settings),  # type: ignore[arg-type]
            "linear2": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > flatten1 > linear1 > own1 > linear2 > out",
        "linear2 > loss1.prediction",
        "label > loss1.target",
    )


def found(home: Path, made: Project) -> dict[str, tuple[str, bool]]:
    with code_of(home):
        report = checked_node(ShapeChecker(made), "own1")
    return {item.subject: (item.failed, item.warns) for item in report.findings}


def test_nothing_runs_before_it_is_trusted(home: Path) -> None:
    mark = home / "ran"
    (home / "layers" / "gate.py").write_text(GATE + f"\nopen({str(mark)!r}, 'w').close()\n", encoding="utf-8")
    made = project(settings="features=8")
    with code_of(home), pytest.raises(GraphError, match="has not been trusted") as refused:
        compile_project(made)
    assert refused.value.where == "own1" and "netwright trust" in refused.value.hint
    assert "has not been trusted" in found(home, made)["Loads"][0]
    with pytest.raises(ProjectError, match="has not been trusted"):
        require_trusted(made, home)
    assert not mark.exists()
    trust([read_code(home, "layers/gate.py")])
    require_trusted(made, home)
    with code_of(home):
        compile_project(made)
    assert mark.exists()
    (home / "layers" / "gate.py").write_text(GATE + "\n# changed\n", encoding="utf-8")
    with code_of(home), pytest.raises(GraphError, match="has not been trusted"):
        compile_project(made)


@pytest.mark.parametrize(
    "name",
    ["gate.py", "../layers/gate.py", "layers/../gate.py", "/etc/passwd", "layers/gate.txt", "layers\\gate.py", ""],
)
def test_code_lies_in_its_folder(home: Path, name: str) -> None:
    (home / "gate.py").write_text("raise SystemExit", encoding="utf-8")
    with pytest.raises(ProjectError):
        read_code(home, name)


def test_a_link_out_of_the_project_is_refused(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(GATE, encoding="utf-8")
    (home / "layers" / "link.py").symlink_to(outside)
    with pytest.raises(ProjectError, match="out of the project"):
        read_code(home, "layers/link.py")


def test_a_good_layer_trains_and_reads_as_source(home: Path) -> None:
    trust([read_code(home, "layers/gate.py")])
    made = project(settings="features=8, scale=0.5")
    looked = found(home, made)
    assert looked == dict.fromkeys(("Loads", "Shape", "Gradient", "Repeats", "Samples", "Export"), ("", False))
    with code_of(home):
        network = compile_project(made).eval()
        text = source_code(made)
    assert "own1.linear.weight" in dict(network.named_parameters())
    inputs = forward_inputs(network, made)
    save_file(network.state_dict(), home / "w.safetensors")
    save_file({f"{i}": tensor for i, tensor in enumerate(inputs)}, home / "x.safetensors")
    (home / "net.py").write_text(text, encoding="utf-8")
    runner = (
        "import torch; from safetensors.torch import load_file, save_file; import net;"
        "m = [c for c in vars(net).values() if isinstance(c, type) and c.__module__ == 'net'][-1]().eval();"
        "m.load_state_dict(load_file('w.safetensors'));"
        "save_file({'y': m(*load_file('x.safetensors').values())}, 'y.safetensors')"
    )
    done = subprocess.run([sys.executable, "-c", runner], cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        assert torch.allclose(load_file(home / "y.safetensors")["y"], network(*inputs)[0], atol=1e-6)


@pytest.mark.parametrize(
    ("class_name", "subject", "told", "warns"),
    [
        ("Missing", "Loads", "no class 'Missing'", False),
        ("Broken", "Shape", "no attribute 'no_such_thing' (line", False),
        ("Flat", "Shape", "samples must come first", False),
        ("Detached", "Gradient", "No gradient goes through", True),
        ("Wild", "Repeats", "does not give the same", True),
        ("Mixed", "Samples", "depends on the others", True),
        ("Odd", "Export", "cannot be exported", True),
    ],
)
def test_what_is_wrong_is_found(home: Path, class_name: str, subject: str, told: str, warns: bool) -> None:
    trust([read_code(home, "layers/gate.py")])
    failed, only_warns = found(home, project(class_name))[subject]
    assert told in failed and only_warns is warns


def test_a_shape_that_was_measured_is_held_to(home: Path) -> None:
    trust([read_code(home, "layers/gate.py")])
    made = project("Halved")
    with code_of(home):
        with pytest.raises(GraphError, match="another shape") as refused:
            compile_project(made)
        assert refused.value.found != refused.value.expected
        report = checked_node(ShapeChecker(made), "own1")
        assert report.output_shape == [4]
        edits.apply(made, SetAttributes(id="own1", attributes={"output_shape": report.output_shape}))
        compile_project(made)


@pytest.mark.parametrize("text", ["features", "32", "a=__import__('os')", "a=[1,", "**x", "a=print(1)", "x" * 2000])
def test_settings_are_values_and_nothing_else(home: Path, text: str) -> None:
    checker = ShapeChecker(project(settings=text))
    assert any(problem.node == "own1" for problem in checker.problems())


def test_broken_files_are_told(home: Path) -> None:
    for content, told in (("def", "SyntaxError"), ("1/0", "ZeroDivisionError"), ("raise SystemExit(3)", "SystemExit")):
        (home / "layers" / "gate.py").write_text(content, encoding="utf-8")
        trust([read_code(home, "layers/gate.py")])
        assert told in found(home, project())["Loads"][0]
    assert code_paths(project()) == ["layers/gate.py"]
    (home.parent / "config" / "trusted_code.json").write_text("{", encoding="utf-8")
    with pytest.raises(ProjectError):
        require_trusted(project(), home)
