"""int8, the network alone, older opsets, the simplified graph, and the proof saved beside the file."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from small_runs import finished_run, pictures, run_of, table, text

from engine.compiler.module import compile_project
from engine.compiler.plan import plan
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.preparation import Preparation
from engine.data.proposals import propose
from engine.deployment import export as export_room
from engine.deployment import int8
from engine.deployment.build import build_file
from engine.deployment.description import Description
from engine.deployment.export import export_network, export_onnx
from engine.deployment.form import FileForm
from engine.deployment.golden import proof_file, read_tensor
from engine.deployment.predict import Predictor
from engine.deployment.quantise import in_doubt, kinds_for
from engine.deployment.rules.site import RULES, Site
from engine.document import files
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.errors import DataError, ExportError
from engine.evaluation.network import load_network, project_of

torch.set_num_threads(1)


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


def wide_table(folder: Path) -> Project:
    """A table with a network whose layers are worth storing as int8."""
    project = propose("Wide", inspect(table(folder), target="kind").data)
    for node in list(project.graph.nodes.values()):
        if node.type == "Linear" and "out_features" in node.attributes and node.attributes["out_features"] > 3:
            project.graph.replace(msgspec.structs.replace(node, attributes={"out_features": 64}))
    return project


# int8


def test_a_network_of_convolutions_becomes_static_int8_and_keeps_its_score(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    whole = export_onnx(tmp_path / "p", run, tmp_path / "whole.onnx")
    made = export_onnx(tmp_path / "p", run, tmp_path / "small.onnx", precision="int8")
    assert (made.int8, made.precision) == ("static", "int8")
    assert made.bytes < 0.6 * whole.bytes
    assert made.verified.score_name == "accuracy" and made.verified.scored > 0
    assert made.verified.score >= made.verified.score_before - 0.02
    model = onnx.load(tmp_path / "small.onnx")
    kinds = {tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) == 4}
    assert kinds == {TensorProto.INT8}
    assert made.inputs == whole.inputs and made.outputs == whole.outputs, "preparation and answer are the same"
    assert {node.domain for node in model.graph.node} == {""}, "standard operators alone"
    homes = {item.value for node in model.graph.node for item in node.metadata_props}
    assert {node.id for node in project_of(run).graph.nodes.values() if node.type == "Conv2d"} <= homes


def test_a_table_and_a_text_become_dynamic_int8(tmp_path: Path) -> None:
    project = wide_table(tmp_path)
    files.create(tmp_path / "t", project)
    made = export_onnx(tmp_path / "t", run_of(tmp_path / "t", project), tmp_path / "t.onnx", precision="int8")
    assert made.int8 == "dynamic" and "MatMulInteger" in operators(tmp_path / "t.onnx")
    run = finished_run(tmp_path / "x", text(tmp_path))
    made = export_onnx(tmp_path / "x", run, tmp_path / "x.onnx", precision="int8")
    assert made.int8 == "dynamic" and made.verified.same_answers >= 0.98 * made.verified.samples


def test_recurrent_weights_are_stored_as_int8_in_the_standard(tmp_path: Path) -> None:
    project = propose("R", inspect(text(tmp_path)).data)
    field = next(item.name for item in project.data.fields if item.kind.value == "text")
    target = project.data.targets()[0].name
    project.graph = Graph(
        [
            Node(id="words", type="Input", attributes={"fields": [field]}),
            Node(id="table", type="Embedding", attributes={"embedding_dim": 16}),
            Node(id="memory", type="LSTM", attributes={"hidden_size": 32}),
            Node(id="head", type="Linear", attributes={"out_features": 2}),
            Node(id="out", type="Output", attributes={"field": target}),
            Node(id="truth", type="Input", attributes={"fields": [target]}),
            Node(id="loss", type="CrossEntropyLoss"),
        ],
        [
            Edge(source="words", target="table"),
            Edge(source="table", target="memory"),
            Edge(source="memory", target="head"),
            Edge(source="head", target="out", input="prediction"),
            Edge(source="head", target="loss", input="prediction"),
            Edge(source="truth", target="loss", input="target"),
        ],
    )
    torch.manual_seed(3)
    network = compile_project(project)
    made = export_network(
        project, network, open_dataset(None, project.data), tmp_path / "m.onnx", form=FileForm(precision="int8")
    )
    model = onnx.load(tmp_path / "m.onnx")
    assert made.int8 == "dynamic"
    assert {"LSTM", "DequantizeLinear"} <= operators(tmp_path / "m.onnx")
    assert not any(
        tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > 1024 for tensor in model.graph.initializer
    )


def test_the_graph_decides_which_kind_and_where_it_is_measured(tmp_path: Path) -> None:
    project = propose("x", inspect(pictures(tmp_path, 12)).data)
    built = build_file(
        project,
        plan(project),
        compile_project(project).eval(),
        form=FileForm(),
        description=Description(name="x", inputs=[], outputs=[]),
    )
    core = built.core()
    assert kinds_for(core)[0] == "static" and not in_doubt(core)
    for node in core.graph.node:
        if node.op_type == "Conv":
            node.op_type = "LSTM"  # as far as the choice goes
            break
    assert in_doubt(core) == any(node.op_type == "Conv" for node in core.graph.node)


def test_an_int8_file_that_loses_score_is_refused_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    right = int8.quantised

    def wrong(core: onnx.ModelProto, kind: str, samples: list[int8.Arrays]) -> onnx.ModelProto:
        made = right(core, kind, samples)
        scales = [tensor for tensor in made.graph.initializer if tensor.name.endswith("_scale") and tensor.dims]
        for tensor in scales:
            array = onnx.numpy_helper.to_array(tensor)
            tensor.CopyFrom(onnx.numpy_helper.from_array(-array[::-1].copy(), tensor.name))
        return made

    monkeypatch.setattr(int8, "quantised", wrong)
    monkeypatch.setattr(int8, "LARGEST_DROP", -1.0)
    to = tmp_path / "m.onnx"
    with pytest.raises(ExportError, match="would answer worse: accuracy would fall") as refused:
        export_onnx(tmp_path / "p", run, to, precision="int8")
    assert "test split" in refused.value.found and "float16" in refused.value.hint
    assert not to.exists() and not proof_file(to).exists() and not list(tmp_path.glob(".*"))


def test_the_kind_that_keeps_the_score_is_taken_when_the_other_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    asked: list[str] = []
    right = export_room.as_int8

    def remembered(built: object, kind: str, samples: object) -> onnx.ModelProto:
        asked.append(kind)
        return right(built, kind, samples)  # type: ignore[arg-type]

    monkeypatch.setattr(export_room, "as_int8", remembered)
    monkeypatch.setattr(export_room, "refusal", lambda verified: "" if asked[-1] == "dynamic" else "it loses")
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx", precision="int8")
    assert asked == ["static", "dynamic"] and made.int8 == "dynamic"


def test_a_kind_that_does_not_suit_is_refused_in_words(tmp_path: Path) -> None:
    project = wide_table(tmp_path)
    files.create(tmp_path / "t", project)
    with pytest.raises(ExportError, match="Static int8 does not suit") as refused:
        export_onnx(
            tmp_path / "t", run_of(tmp_path / "t", project), tmp_path / "m.onnx", precision="int8", int8="static"
        )
    assert refused.value.expected == "dynamic"


# The network alone


def test_the_network_alone_takes_prepared_numbers_and_gives_logits(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    made = export_onnx(tmp_path / "p", run, tmp_path / "core.onnx", contents="network")
    assert made.verified.same_answers == made.verified.samples == 30
    (given,), (output,) = made.inputs, made.outputs
    assert (given["kind"], given["dtype"], output["name"]) == ("prepared", "float", "logits")
    assert "Resize" in str(given["meaning"]) and "mean" in str(given["meaning"])
    assert output["classes"] == ["cats", "dogs"] and output["function"] == "softmax"
    project, network = project_of(run), load_network(run)
    dataset = open_dataset(tmp_path / "p", project.data)
    field = next(item for item in project.data.fields if item.kind.value == "image")
    prepared = Preparation(field).apply([dataset.raw(0, field.name)])
    (found,) = session(tmp_path / "core.onnx").run(None, {str(given["name"]): prepared.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(found, network(prepared)[0].numpy(), rtol=1e-5)
    with pytest.raises(DataError, match="prepared already"):
        Predictor(tmp_path / "core.onnx")


def test_the_columns_of_a_table_are_one_input_of_the_network_alone(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="price")
    made = export_onnx(tmp_path / "p", run, tmp_path / "core.onnx", contents="network")
    assert len(made.inputs) == 1 and made.verified.max_abs_difference <= 1e-5
    assert made.verified.score_name == "r2"


def test_a_text_goes_into_the_network_alone_as_token_numbers(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", text(tmp_path))
    made = export_onnx(tmp_path / "p", run, tmp_path / "core.onnx", contents="network")
    assert made.inputs[0]["dtype"] == "int64"
    assert {node.domain for node in onnx.load(tmp_path / "core.onnx").graph.node} == {""}


# Opsets


@pytest.mark.parametrize("opset", [13, 17])
def test_an_opset_too_old_for_the_preparation_takes_prepared_numbers(tmp_path: Path, opset: int) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path, 12))
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx", opset=opset)
    assert made.verified.same_answers == 12 and made.verified.max_abs_difference <= 1e-5
    assert made.inputs[0]["kind"] == "prepared" and "Resize" in str(made.inputs[0]["meaning"])
    assert [item["name"] for item in made.outputs] == ["label", "scores"], "the answer is still inside"
    model = onnx.load(tmp_path / "m.onnx")
    assert model.opset_import[0].version == opset and model.ir_version <= 8


def test_a_table_stays_whole_in_the_oldest_opset(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx", opset=13)
    assert {item["name"] for item in made.inputs} == {"width (mm)", "colour", "weight", "price"}
    assert made.verified.same_answers == made.verified.samples and made.verified.max_abs_difference <= 1e-5


def test_a_layer_that_needs_a_later_opset_is_named(tmp_path: Path) -> None:
    project = propose("x", inspect(pictures(tmp_path, 12)).data)
    field = project.data.targets()[0].name
    picture = next(item.name for item in project.data.fields if item.kind.value == "image")
    project.graph = Graph(
        [
            Node(id="picture", type="Input", attributes={"fields": [picture]}),
            Node(id="waves", type="RFFT2"),
            Node(id="flat", type="Flatten"),
            Node(id="head", type="Linear", attributes={"out_features": 2}),
            Node(id="out", type="Output", attributes={"field": field}),
            Node(id="truth", type="Input", attributes={"fields": [field]}),
            Node(id="loss", type="CrossEntropyLoss"),
        ],
        [
            Edge(source="picture", target="waves"),
            Edge(source="waves", target="flat"),
            Edge(source="flat", target="head"),
            Edge(source="head", target="out", input="prediction"),
            Edge(source="head", target="loss", input="prediction"),
            Edge(source="truth", target="loss", input="target"),
        ],
    )
    network = compile_project(project)
    dataset = open_dataset(None, project.data)
    with pytest.raises(ExportError, match="'waves' cannot be written in opset 16") as refused:
        export_network(project, network, dataset, tmp_path / "m.onnx", opset=16)
    assert refused.value.where == "waves" and refused.value.expected == "opset 17 or later"
    assert export_network(project, network, dataset, tmp_path / "m.onnx", opset=17).opset == 17


# The simplified graph


def test_the_simplified_graph_has_no_batch_norm_and_answers_the_same(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    export_onnx(tmp_path / "p", run, tmp_path / "plain.onnx")
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx", optimised=True)
    assert made.verified.same_answers == made.verified.samples and made.verified.max_abs_difference <= 1e-5
    assert "BatchNormalization" in operators(tmp_path / "plain.onnx")
    assert "BatchNormalization" not in operators(tmp_path / "m.onnx")
    assert {node.domain for node in onnx.load(tmp_path / "m.onnx").graph.node} == {""}


def test_a_difference_in_the_simplified_graph_is_still_pinned_to_a_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = propose("x", inspect(pictures(tmp_path, 12)).data)
    first = next(node.id for node in project.graph.nodes.values() if node.type == "Conv2d")
    right = RULES["conv"]

    def wrong(site: Site) -> str:
        value = right(site)
        assert isinstance(value, str)
        return site.add("Mul", value, site.scalar(-3.0)) if site.node_id == first else value

    monkeypatch.setitem(RULES, "conv", wrong)
    torch.manual_seed(0)
    network = compile_project(project)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 2:
                parameter.mul_(8)
    with pytest.raises(ExportError) as refused:
        export_network(
            project, network, open_dataset(None, project.data), tmp_path / "m.onnx", form=FileForm(optimised=True)
        )
    assert refused.value.where in project.graph.nodes


# The proof


def test_the_proof_beside_the_file_can_be_checked_by_any_program(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    to = tmp_path / "m.onnx"
    made = export_onnx(tmp_path / "p", run, to)
    report = json.loads(Path(made.proof).read_text(encoding="utf-8"))
    assert Path(made.proof) == proof_file(to) == tmp_path / "m.proof.json"
    assert report["model"] == "m.onnx" and report["verified"]["samples"] == 60 and len(report["samples"]) == 5
    open_file = session(to)
    for sample in report["samples"]:
        inputs = {name: read_tensor(item) for name, item in sample["inputs"].items()}
        found = dict(zip([item.name for item in open_file.get_outputs()], open_file.run(None, inputs), strict=True))
        for name, item in sample["outputs"].items():
            wanted = read_tensor(item)
            if wanted.dtype == object:
                assert found[name].tolist() == wanted.tolist()
            else:
                np.testing.assert_array_equal(found[name], wanted)


def test_pictures_in_the_proof_are_their_bytes(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path, 12))
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    report = json.loads(Path(made.proof).read_text(encoding="utf-8"))
    picture = read_tensor(report["samples"][0]["inputs"][str(made.inputs[0]["name"])])
    assert picture.dtype == np.uint8 and picture.ndim == 4 and picture.shape[0] == 1


def test_the_verifier_never_sees_torch(tmp_path: Path) -> None:
    """It runs where importing torch is an error."""
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    to = tmp_path / "m.onnx"
    made = export_onnx(tmp_path / "p", run, to)
    questions = [{str(item["name"]): {"strings": ["red"]} for item in made.inputs if item["dtype"] == "string"}]
    for item in made.inputs:
        if item["dtype"] == "float":
            np.save(tmp_path / "one.npy", np.array([3.0], np.float32))
            questions[0][str(item["name"])] = {"file": "one.npy"}  # type: ignore[dict-item]
    (tmp_path / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from engine.deployment.verify_file import main\n"
        "code = main(sys.argv[1:])\n"
        "assert 'PySide6' not in sys.modules\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(to), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"], "nothing it needs imports torch, which would be an error here"
    assert (tmp_path / "answers.json").is_file()


def test_scores_of_numbers_and_labels_stand_in_the_proof(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="price")
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    assert made.verified.score_name == "r2"
    assert made.verified.score == pytest.approx(made.verified.score_before, abs=1e-5)
