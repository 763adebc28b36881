"""Exported files: raw input to answer as torch gives it, proved before they are handed over, and described."""

import json
from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, numpy_helper
from PIL import Image
from small_runs import finished_run, pictures, run_of, table, text, two_answers

from engine.compiler.module import compile_project
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.preparation import Preparation
from engine.deployment import export as export_room
from engine.deployment import proof
from engine.deployment.cached import cached_model
from engine.deployment.description import PROJECT
from engine.deployment.export import export_network, export_onnx
from engine.deployment.predict import Predictor
from engine.deployment.rules.site import RULES, Site
from engine.document import files
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.errors import Cancelled, ExportError, RunNotFound
from engine.evaluation.network import load_network, project_of
from engine.training import checkpoint
from engine.training.checkpoint import load_weights
from engine.training.run_state import RunState

torch.set_num_threads(1)


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_pictures_of_any_size_become_a_label_and_scores(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    to = tmp_path / "out" / "model.onnx"
    made = export_onnx(tmp_path / "p", run, to)
    assert made.verified.samples == made.verified.same_answers == 30
    assert made.verified.max_abs_difference <= 1e-5
    assert made.verified.any_size and 1 in made.verified.batch_sizes
    assert (made.opset, made.bytes, made.run) == (20, to.stat().st_size, run.number)
    assert [item["name"] for item in made.outputs] == ["label", "scores"]
    model = onnx.load(to)
    assert model.ir_version == 10 and model.opset_import[0].version == 20
    assert model.graph.input[0].type.denotation == "IMAGE"

    # The whole path by hand: Pillow, preparation, network, softmax.
    project, network = project_of(run), load_network(run)
    field = next(field for field in project.data.fields if field.kind.value == "image")
    target = project.data.targets()[0]
    for path in sorted((tmp_path / "pictures").rglob("*.png"))[:8]:
        pixels = np.asarray(Image.open(path))
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        with torch.no_grad():
            scores = network(Preparation(field).apply([pixels]))[0].softmax(1).numpy()
        label, found = session(to).run(["label", "scores"], {made.inputs[0]["name"]: pixels[None]})
        np.testing.assert_allclose(found, scores, atol=1e-5)
        assert list(label) == [target.statistics.classes[int(scores.argmax())]]


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path), name="Pets & 猫")
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    told = session(tmp_path / "m.onnx").get_modelmeta()
    metadata = told.custom_metadata_map
    assert json.loads(metadata["labels"]) == ["cats", "dogs"]
    assert metadata["names"] == "{0: 'cats', 1: 'dogs'}"
    assert metadata["Image.BitmapPixelFormat"] == "Rgb8"
    assert json.loads(metadata["inputs"]) == [msgspec.to_builtins(item) for item in made.inputs]
    assert metadata["netwright.version"] and told.producer_name == "Netwright" and "猫" in told.description
    inside = files.from_bytes(metadata[PROJECT].encode(), "file")
    assert inside.graph == project_of(run).graph
    assert str(tmp_path) not in json.dumps(metadata), "nothing of this machine is told"
    nodes = {item.value for node in onnx.load(tmp_path / "m.onnx").graph.node for item in node.metadata_props}
    assert nodes <= set(inside.graph.nodes) and len(nodes) > 5


def test_a_table_keeps_its_columns_and_several_answers_their_names(tmp_path: Path) -> None:
    project = two_answers(inspect(table(tmp_path), target="kind").data)
    # The price is an input by default; here it is learned too.
    fields = tuple(
        msgspec.structs.replace(field, role="target") if field.name == "price" else field
        for field in project.data.fields
    )
    project.data = msgspec.structs.replace(project.data, fields=fields)
    for node in list(project.graph.nodes.values()):
        if node.type == "Input" and "price" in node.attributes["fields"] and len(node.attributes["fields"]) > 1:
            kept = [name for name in node.attributes["fields"] if name != "price"]
            project.graph.replace(msgspec.structs.replace(node, attributes={"fields": kept}))
    files.create(tmp_path / "p", project)
    run = run_of(tmp_path / "p", project)
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    assert {item["name"] for item in made.inputs} == {"width (mm)", "colour", "weight"}
    assert {item["name"] for item in made.outputs} == {"kind_label", "kind_scores", "price"}
    assert made.verified.same_answers == made.verified.samples == 60
    assert made.verified.max_abs_difference <= 1e-5
    row = {
        "width (mm)": np.array([51.5, np.nan], np.float32),
        "weight": np.array([3100, 3900], np.float32),
        "colour": np.array(["blå", "never seen"], dtype=object),
    }
    found = dict(
        zip(["kind_label", "price"], session(tmp_path / "m.onnx").run(["kind_label", "price"], row), strict=True)
    )
    assert found["price"].shape == (2,) and 5_000 < found["price"].mean() < 60_000, "in its own unit"
    assert set(found["kind_label"]) <= {"kind 0", "kind 1", "kind 2"}


def test_text_goes_in_as_text(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", text(tmp_path))
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    assert made.verified.same_answers == made.verified.samples and made.verified.max_abs_difference <= 1e-5
    texts = np.array(["abc", "ÉÉ", "", "wxyz" * 50, "\n☃"], dtype=object)
    (labels,) = session(tmp_path / "m.onnx").run(["label"], {made.inputs[0]["name"]: texts})
    assert len(labels) == 5


def test_half_precision_weights_halve_the_file(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    whole = export_onnx(tmp_path / "p", run, tmp_path / "whole.onnx")
    half = export_onnx(tmp_path / "p", run, tmp_path / "half.onnx", precision="float16")
    assert half.bytes < 0.6 * whole.bytes
    assert half.verified.max_abs_difference <= 1e-2 and half.verified.same_answers >= 0.99 * half.verified.samples
    kinds = {
        tensor.data_type for tensor in onnx.load(tmp_path / "half.onnx").graph.initializer if len(tensor.dims) == 4
    }
    assert kinds == {TensorProto.FLOAT16}
    assert half.inputs == whole.inputs and half.outputs == whole.outputs


def test_a_weight_that_half_precision_cannot_hold_stays(tmp_path: Path) -> None:
    project = _picture_project(tmp_path)
    network = compile_project(project)
    with torch.no_grad():
        first = next(parameter for parameter in network.parameters() if parameter.dim() == 4)
        first.mul_(1e6)
    dataset = open_dataset(None, project.data)
    export_network(project, network, dataset, tmp_path / "m.onnx", precision="float16")
    arrays = [numpy_helper.to_array(tensor) for tensor in onnx.load(tmp_path / "m.onnx").graph.initializer]
    assert all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")


@pytest.mark.parametrize("opset", [18, 22])
def test_other_opsets_are_proved_too(tmp_path: Path, opset: int) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path, 12))
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx", opset=opset)
    assert made.opset == opset and onnx.load(tmp_path / "m.onnx").opset_import[0].version == opset
    assert made.verified.same_answers == 12


def test_what_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path, 12))
    to = tmp_path / "m.onnx"
    with pytest.raises(ExportError, match="precision 'double'"):
        export_onnx(tmp_path / "p", run, to, precision="double")
    for opset in (9, 12, 23, 99):
        with pytest.raises(ExportError, match=f"Opset {opset}") as refused:
            export_onnx(tmp_path / "p", run, to, opset=opset)
        assert refused.value.expected == "13 to 22"
    with pytest.raises(ExportError, match="contents 'half'"):
        export_onnx(tmp_path / "p", run, to, contents="half")
    with pytest.raises(ExportError, match="is a folder"):
        export_onnx(tmp_path / "p", run, tmp_path / "p")
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(ExportError, match="cannot be written"):
        export_onnx(tmp_path / "p", run, blocked / "m.onnx")
    assert not to.exists()
    assert not list(tmp_path.rglob("*.part"))


def test_data_that_is_gone_is_told(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    (tmp_path / "table.csv").unlink()
    with pytest.raises(ExportError, match="cannot be proved"):
        export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")


def test_a_run_without_weights_is_told(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    for path in run.checkpoints.rglob("weights.safetensors"):
        path.write_bytes(b"")
    with pytest.raises(RunNotFound):
        export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")


def _picture_project(tmp_path: Path) -> Project:
    from engine.data.proposals import propose

    return propose("x", inspect(pictures(tmp_path, 12)).data)


@pytest.mark.parametrize("existing", [False, True])
def test_a_file_that_answers_otherwise_is_not_kept_and_the_node_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    project = _picture_project(tmp_path)
    second = sorted(node.id for node in project.graph.nodes.values() if node.type == "BatchNorm2d")[1]
    right = RULES["batch_norm"]

    def wrong(site: Site) -> str:
        value = right(site)
        assert isinstance(value, str)
        return site.add("Mul", value, site.scalar(1.2)) if site.node_id == second else value

    monkeypatch.setitem(RULES, "batch_norm", wrong)
    to = tmp_path / "m.onnx"
    if existing:
        to.write_bytes(b"what was there before")
    torch.manual_seed(0)
    network = compile_project(project)
    _give_statistics(network)
    with pytest.raises(ExportError) as refused:
        export_network(project, network, open_dataset(None, project.data), to)
    assert refused.value.where == second and f"'{second}'" in refused.value.message
    assert "difference" in refused.value.found
    assert to.read_bytes() == b"what was there before" if existing else not to.exists()
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_preparation_that_differs_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = _picture_project(tmp_path)
    monkeypatch.setattr(
        "engine.data.preparation.picture.ScaleRule.apply", lambda self, x: x.permute(0, 3, 1, 2).float()
    )
    network = compile_project(project)
    with pytest.raises(ExportError, match="preparation") as refused:
        export_network(project, network, open_dataset(None, project.data), tmp_path / "m.onnx")
    assert project.graph.node(refused.value.where).type == "Input"


def _give_statistics(network: torch.nn.Module) -> None:
    """Sharper scores than those of a fresh network, so that a difference shows."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 2:
                parameter.mul_(8)
        for name, buffer in network.named_buffers():
            if name.endswith("running_var"):
                buffer.fill_(0.2)


def test_a_network_that_answers_nothing_finite_is_told(tmp_path: Path) -> None:
    project = _picture_project(tmp_path)
    network = compile_project(project)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(ExportError, match="not a number"):
        export_network(project, network, open_dataset(None, project.data), tmp_path / "m.onnx")


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    project = _picture_project(tmp_path)
    network = compile_project(project)
    dataset = open_dataset(None, project.data)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(Cancelled):
        export_network(project, network, dataset, tmp_path / "m.onnx", cancelled=cancelled)
    assert not list(tmp_path.glob("*.onnx*")) and not list(tmp_path.glob(".*"))


def test_a_verifier_that_dies_is_an_export_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = _picture_project(tmp_path)
    network = compile_project(project)
    monkeypatch.setattr(proof, "_VERIFIER", "engine.deployment.nothing_of_this_name")
    with pytest.raises(ExportError) as refused:
        export_network(project, network, open_dataset(None, project.data), tmp_path / "m.onnx")
    assert "nothing_of_this_name" in refused.value.found
    assert not (tmp_path / "m.onnx").exists()


def test_samples_come_from_the_test_split_first(tmp_path: Path) -> None:
    data = inspect(table(tmp_path), target="kind").data
    dataset = open_dataset(None, data)
    test = dataset.split_indices("test").tolist()
    assert proof.choose_samples(dataset, 1000)[: len(test)] == test
    assert len(proof.choose_samples(dataset, 1000)) == dataset.samples
    few = proof.choose_samples(dataset, 3)
    assert len(few) == 3 and set(few) <= set(test)


def test_the_cached_model_is_made_once_and_anew_for_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_dir = tmp_path / "p"
    run = finished_run(project_dir, table(tmp_path), target="kind")
    first = cached_model(project_dir, run)
    assert first.parent == project_dir / ".netwright" / "models"
    calls = []
    original = export_room.export_onnx
    monkeypatch.setattr(export_room, "export_onnx", lambda *a, **k: (calls.append(1), original(*a, **k))[1])
    assert cached_model(project_dir, run) == first and not calls
    weights = next(run.checkpoints.rglob("manifest.json"))
    weights.write_bytes(weights.read_bytes() + b"\n")
    second = cached_model(project_dir, run)
    assert calls and second != first and not first.exists()


def test_the_last_weights_have_a_file_of_their_own_beside_the_best(tmp_path: Path) -> None:
    project_dir = tmp_path / "p"
    run = finished_run(project_dir, table(tmp_path), target="kind")
    best = cached_model(project_dir, run)
    moved = {name: value * 1.5 for name, value in load_weights(run).items()}
    checkpoint.write(run.checkpoints, "last", RunState(step=9, epoch=1), moved, {})
    last = cached_model(project_dir, run, "last")
    assert best.is_file() and last.is_file() and last != best
    assert cached_model(project_dir, run) == best and cached_model(project_dir, run, "last") == last


def test_a_network_may_answer_with_a_picture(tmp_path: Path) -> None:
    project = _picture_project(tmp_path)
    field = next(item.name for item in project.data.fields if item.kind.value == "image")
    graph = Graph(
        [
            Node(id="picture", type="Input", attributes={"fields": [field]}),
            Node(id="conv1", type="Conv2d", attributes={"out_channels": 3, "padding": "same"}),
            Node(id="sigmoid1", type="Sigmoid"),
            Node(id="out", type="Output", attributes={"field": field}),
            Node(id="loss1", type="MSELoss"),
        ],
        [
            Edge(source="picture", target="conv1"),
            Edge(source="conv1", target="sigmoid1"),
            Edge(source="sigmoid1", target="out", input="prediction"),
            Edge(source="sigmoid1", target="loss1", input="prediction"),
            Edge(source="picture", target="loss1", input="target"),
        ],
    )
    project.graph = graph
    made = export_network(project, compile_project(project), open_dataset(None, project.data), tmp_path / "m.onnx")
    assert made.verified.max_abs_difference <= 1e-5 and made.verified.same_answers == 12
    assert [item["name"] for item in made.inputs] == [field] and [item["name"] for item in made.outputs] == [
        f"{field}_2"
    ]
    picture = next((tmp_path / "pictures").rglob("*.png"))
    (answer,) = Predictor(tmp_path / "m.onnx").predict([str(picture)]).predictions
    shown = answer.outputs[field]
    assert shown.value == f"a picture, {shown.height} × {shown.width}"
    assert len(shown.pixels) == shown.height * shown.width * shown.channels
