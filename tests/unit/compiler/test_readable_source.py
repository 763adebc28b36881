"""The PyTorch file of a network: runs alone, in a process that cannot see Netwright, and gives the same outputs."""

import ast
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.catalog import registry
from engine.compiler.module import compile_project
from engine.compiler.operations import OPERATIONS
from engine.compiler.source import source_code
from engine.document.project import Project
from tests.drawn_networks import (
    PICTURES,
    draw,
    forward_inputs,
    many_ways,
    masked_text_network,
    small_cnn,
    table_network,
    text_network,
    transformer_network,
    volume_network,
)

torch.set_num_threads(1)

RUNNER = textwrap.dedent(
    """
    import sys, torch
    from safetensors.torch import load_file, save_file
    torch.set_num_threads(1)
    folder = sys.argv[1]
    for number in range(int(sys.argv[2])):
        namespace = {"__name__": "network"}
        exec(compile(open(f"{folder}/net{number}.py", encoding="utf-8").read(), "net.py", "exec"), namespace)
        classes = [c for c in namespace.values() if isinstance(c, type) and issubclass(c, torch.nn.Module)]
        model = classes[-1]()
        model.load_state_dict(load_file(f"{folder}/weights{number}.safetensors"))
        given = load_file(f"{folder}/inputs{number}.safetensors")
        with torch.no_grad():
            answer = model.eval()(*(given[name] for name in sorted(given)))
        answer = answer if isinstance(answer, tuple) else (answer,)
        save_file({f"{i:02}": t.contiguous() for i, t in enumerate(answer)}, f"{folder}/answers{number}.safetensors")
    assert not any(name.split(".")[0] == "engine" for name in sys.modules)
    """
)


def every_layer() -> Project:
    """A network that goes through many picture layers one after the other."""
    layers = ["ReLU6", "PReLU", "GELU", "Hardtanh", "InstanceNorm2d", "AvgPool2d", "Upsample", "ZeroPad2d", "Softplus"]
    nodes: dict[str, object] = {f"n{number}": name for number, name in enumerate(layers)}
    nodes |= {
        "conv1": ("Conv2d", {"out_channels": 4, "kernel_size": [3, 2], "padding_mode": "reflect", "padding": [1, 0]}),
        "up": ("ConvTranspose2d", {"out_channels": 8, "stride": 2}),
        "group": ("GroupNorm", {"num_groups": 2}),
        "pool": ("AdaptiveAvgPool2d", {"output_size": [3, 2]}),
        "soft": ("Softmax", {"dim": 1}),
        "flat": "Flatten",
        "linear": ("Linear", {"out_features": 3, "bias": False}),
        "out": ("Output", {"field": "label"}),
        "loss1": "CrossEntropyLoss",
    }
    middle = " > ".join(f"n{number}" for number in range(len(layers)))
    chain = f"pixels > conv1 > {middle} > up > group > pool > soft > flat > linear > out"
    return draw(PICTURES, nodes, chain, "linear > loss1.prediction", "label > loss1.target")


NETWORKS: list[Callable[[], Project]] = [
    small_cnn,
    table_network,
    text_network,
    lambda: text_network("LSTM", bidirectional=True, num_layers=2),
    lambda: text_network("GRU"),
    lambda: text_network("RNN", nonlinearity="relu", bidirectional=True),
    transformer_network,
    masked_text_network,
    volume_network,
    many_ways,
    every_layer,
]


def test_the_file_gives_the_same_outputs_in_a_process_without_netwright(tmp_path: Path) -> None:
    expected = []
    for number, make in enumerate(NETWORKS):
        project = make()
        torch.manual_seed(number)
        network = compile_project(project).eval()
        inputs = forward_inputs(network, project)
        (tmp_path / f"net{number}.py").write_text(source_code(project), encoding="utf-8")
        save_file(network.state_dict(), tmp_path / f"weights{number}.safetensors")
        save_file({f"{i:02}": t for i, t in enumerate(inputs)}, tmp_path / f"inputs{number}.safetensors")
        with torch.no_grad():
            expected.append(network(*inputs))
    # -I keeps the checkout off the path, so an import of Netwright would fail where it is not installed.
    command = [sys.executable, "-I", "-c", RUNNER, str(tmp_path), str(len(NETWORKS))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    for number, wanted in enumerate(expected):
        found = load_file(tmp_path / f"answers{number}.safetensors")
        torch.testing.assert_close(tuple(found[name] for name in sorted(found)), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("make", NETWORKS)
def test_the_file_reads_as_if_written_by_a_person(make: Callable[[], Project]) -> None:
    source = source_code(make())
    assert max(len(line) for line in source.splitlines()) <= 120
    assert source.endswith("\n") and "\n\n\n\n" not in source and "engine" not in source
    tree = ast.parse(source)
    imported = {
        name.name if isinstance(item, ast.Import) else f"{item.module}.{name.name}"
        for item in ast.walk(tree)
        if isinstance(item, ast.Import | ast.ImportFrom)
        for name in item.names
    }
    used = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
    assert imported <= {"math", "torch", "torch.nn", "torch.Tensor"}
    assert all(name.rpartition(".")[2] in used for name in imported), "no import that is not used"


def test_names_follow_the_drawing() -> None:
    source = source_code(small_cnn())
    assert "class SmallNet(nn.Module):" in source
    assert "self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)" in source
    assert "def forward(self, pixels: Tensor) -> Tensor:" in source
    assert "x = x + relu1" in source
    assert "relu1 = self.relu1(x)" in source
    assert "return self.linear1(x)" in source


def test_a_network_without_a_loss_can_be_read_too() -> None:
    project = small_cnn()
    project.graph.replace(msgspec.structs.replace(project.graph.node("loss1"), bypassed=True))
    assert source_code(project) == source_code(small_cnn()).replace("Loss in training: CrossEntropyLoss\n", "")


def test_frozen_parts_are_frozen_in_the_file() -> None:
    project = small_cnn()
    project.graph.replace(msgspec.structs.replace(project.graph.node("conv1"), frozen=True))
    assert "self.conv1.requires_grad_(False)" in source_code(project)


def test_every_module_that_may_be_copied_stands_on_torch_alone() -> None:
    from engine.compiler import modules

    for made in modules.BY_NAME.values():
        if made in OPERATIONS:
            continue  # written as an expression, never copied
        module = sys.modules[made.__module__]
        tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        roots = {
            item.module.split(".")[0] for item in ast.walk(tree) if isinstance(item, ast.ImportFrom) and item.module
        }
        roots |= {
            alias.name.split(".")[0] for item in ast.walk(tree) if isinstance(item, ast.Import) for alias in item.names
        }
        assert roots <= {"torch", "math"}, f"{made.__name__} would stand in a file that does not import that"


def test_every_layer_of_the_catalog_resolves() -> None:
    from engine.compiler.resolve import resolve

    for layer in registry.layers():
        if layer.target and layer.target != "engine.compiler.own_code":  # a person's own class
            assert resolve(layer.target), layer


def test_nothing_that_may_be_copied_has_the_name_of_another() -> None:
    """A file may hold copies from several of ours, where a second of one name would take the place of the first."""
    from engine.compiler import modules

    seen: dict[str, str] = {}
    for file in sorted({made.__module__ for made in modules.BY_NAME.values()}):
        for name, item in vars(sys.modules[file]).items():
            if getattr(item, "__module__", "") == file:
                assert seen.setdefault(name, file) == file, f"{name} is in {seen[name]} and {file}"
