"""A network from elsewhere by the command line: import, freeze, train a new head on data, export; the same answers."""

from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
import torch
from command import netwright
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from engine.document.data_spec import DataSpec
from engine.document.files import load, save
from engine.document.graph import Edge, Node
from engine.document.project import Project

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small picture network as torch's exporter writes it."""
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.Hardswish(), nn.Conv2d(8, 16, 3, 2, 1), nn.SiLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 7),
    ).eval()  # fmt: skip
    path = tmp_path_factory.mktemp("foreign") / "net.onnx"
    free = {"picture": {0: "n"}, "scores": {0: "n"}}
    torch.onnx.export(
        network, (torch.randn(2, 3, 16, 16),), str(path), dynamo=False, opset_version=17,
        input_names=["picture"], output_names=["scores"], dynamic_axes=free,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red and blue ones."""
    generator = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("pictures")
    for name, channel in (("red", 0), ("blue", 2)):
        (folder / name).mkdir()
        for number in range(24):
            picture = generator.integers(0, 90, (16, 16, 3), np.uint8)
            picture[..., channel] += 120
            Image.fromarray(picture).save(folder / name / f"{number}.png")
    return folder


def test_import_freeze_train_and_export(foreign: Path, pictures: Path, tmp_path: Path) -> None:
    project = tmp_path / "mine"
    told = netwright("import", foreign, project)
    assert told["checked"]["samples"] == 5 and told["checked"]["max_abs_difference"] < 1e-4
    assert not told["opaque"] and told["mapped"]["Conv2d"] == 2 and told["nodes"] >= 8
    assert told["parameters"] > 1000 and told["run"] == 1

    whole = netwright("export", project, "--to", tmp_path / "again.onnx")
    assert whole["verified"]["same_answers"] == whole["verified"]["samples"]
    assert whole["verified"]["made_up"] and not whole["verified"]["score_name"]

    before = load_file(project / "weights" / "imported.safetensors")
    netwright("new", tmp_path / "shown", "--data", pictures)
    fine_tuned(project, load(tmp_path / "shown").data)
    run = netwright("train", project, "--epochs", 4)
    assert run["state"] == "finished"
    after = load_file(newest(project / "runs" / f"{run['run']:04d}" / "checkpoints"))
    kept = [name for name in before if not name.startswith("linear") and "num_batches" not in name]
    assert kept and all(torch.equal(before[name].float(), after[name].float()) for name in kept)
    assert after["head.weight"].shape == (2, 16)

    done = netwright("export", project, "--to", tmp_path / "tuned.onnx", "--run", run["run"])
    assert done["verified"]["same_answers"] == done["verified"]["samples"] and not done["verified"]["made_up"]
    answered = netwright("predict", tmp_path / "tuned.onnx", pictures / "red" / "0.png")
    assert answered["predictions"][0]["outputs"]


def newest(folder: Path) -> Path:
    return sorted(folder.glob("best-*"))[-1] / "weights.safetensors"


def fine_tuned(project_dir: Path, data: DataSpec) -> None:
    """What a person does in the window: new data, everything frozen, another head, the loss for classes."""
    project: Project = load(project_dir)
    graph = project.graph
    image = next(field for field in data.fields if field.kind == "image")
    label = data.targets()[0]
    steps = next(field for field in project.data.fields if field.kind == "image").preparation
    fields = tuple(
        msgspec.structs.replace(field, preparation=steps) if field.name == image.name else field
        for field in data.fields
    )
    project.data = msgspec.structs.replace(data, fields=fields)
    for node in list(graph.nodes.values()):
        if node.type == "Input":
            picture = node.title == "picture"
            graph.replace(msgspec.structs.replace(node, attributes={"fields": [image.name if picture else label.name]}))
        elif node.type == "Output":
            graph.replace(msgspec.structs.replace(node, attributes={"field": label.name}))
        elif node.type == "MSELoss":
            graph.replace(msgspec.structs.replace(node, type="CrossEntropyLoss"))
        else:
            graph.replace(msgspec.structs.replace(node, frozen=node.type != "Linear"))
    (old,) = (node for node in graph.nodes.values() if node.type == "Linear")
    before = graph.inputs_of(old.id)["input"]
    graph.add(Node(id="head", type="Linear", attributes={"out_features": 2}))
    graph.connect(Edge(source=before.source, output=before.output, target="head", input="input"))
    for edge in list(graph.consumers_of(old.id)):
        graph.connect(msgspec.structs.replace(edge, source="head", output="output"))
    save(project_dir, project)


def test_a_file_that_is_none_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"nothing of the kind")
    told = netwright("import", tmp_path / "bad.onnx", tmp_path / "mine", expect=1)
    assert told["error"]["kind"] == "import" and "bad.onnx" in told["error"]["message"]
    assert not (tmp_path / "mine").exists()


def test_a_project_that_is_there_is_not_touched(foreign: Path, tmp_path: Path) -> None:
    netwright("import", foreign, tmp_path / "mine")
    content = (tmp_path / "mine" / "project.json").read_bytes()
    told = netwright("import", foreign, tmp_path / "mine", expect=1)
    assert told["error"]["kind"] == "project"
    assert (tmp_path / "mine" / "project.json").read_bytes() == content


def test_the_imported_network_answers_as_onnxruntime_does(foreign: Path, tmp_path: Path) -> None:
    from engine.evaluation.network import load_network
    from engine.training.runs import find_run

    netwright("import", foreign, tmp_path / "mine")
    network = load_network(find_run(tmp_path / "mine"))
    given = torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        (ours,) = network(given)
    session = onnxruntime.InferenceSession(str(foreign), providers=["CPUExecutionProvider"])
    assert np.allclose(ours.numpy(), session.run(None, {"picture": given.numpy()})[0], atol=1e-4)
