"""A generator whole: trained, exported with its noise as an input, proved, and asked for new pictures."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from small_runs import run_of
from trained_runs import trained_run

from engine.cli.main import main
from engine.data.importing import inspect
from engine.deployment.description import NOISE, draw
from engine.deployment.export import export_onnx
from engine.deployment.predict import Predictor
from engine.deployment.writing import Manner
from engine.document import files
from engine.document.data_spec import DataSpec, Role
from engine.document.graph import Edge, Node
from engine.evaluation.evaluate import evaluate
from engine.evaluation.network import load_network, project_of
from engine.protocol.run_folder import RunFolder
from tests.drawn_gan import SIDE, gan, picture_field

torch.set_num_threads(1)


def pictures(folder: Path) -> DataSpec:
    """Grey pictures of bars in a folder, as they are imported, prepared as the drawing wants them."""
    for number in range(24):
        pixels = np.full((SIDE, SIDE), 10, np.uint8)
        pixels[number % SIDE] = 240
        path = folder / "bars" / "bar" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    found = inspect(folder / "bars").data
    (name,) = (field.name for field in found.fields if field.kind == "image")
    measured = found.field(name)
    assert measured is not None
    prepared = picture_field(name)
    kept = tuple(
        msgspec.structs.replace(field, preparation=prepared.preparation, role=Role.INPUT)
        if field.name == name
        else msgspec.structs.replace(field, role=Role.IGNORED)
        for field in found.fields
    )
    return msgspec.structs.replace(found, fields=kept)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunFolder]:
    folder = tmp_path_factory.mktemp("gan")
    data = pictures(folder)
    field = next(field.name for field in data.fields if field.kind == "image")
    project = gan(data=data, field=field)
    files.create(folder / "project", project)
    return folder / "project", trained_run(folder / "project", project, 2)


@pytest.fixture(scope="module")
def exported(trained: tuple[Path, RunFolder]) -> Path:
    project, run = trained
    said = export_onnx(project, run, project / "generator.onnx", samples=12)
    assert said.verified.samples == said.verified.same_answers == 12
    assert [item["name"] for item in said.inputs] == ["noise1"] and said.inputs[0]["kind"] == NOISE
    return project / "generator.onnx"


def test_noise_is_a_documented_input_of_the_file(exported: Path) -> None:
    model = onnx.load(exported)
    (given,) = model.graph.input
    sizes = [size.dim_param or size.dim_value for size in given.type.tensor_type.shape.dim]
    assert given.name == "noise1" and sizes == ["N", 8]
    assert given.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert "normal around 0 with a spread of 1" in model.doc_string
    (answer,) = Predictor(exported).description.outputs
    assert answer.mean == [0.5] and answer.std == [0.5], "an app has to know how values become grey levels"


def test_the_file_makes_what_the_network_makes(exported: Path, trained: tuple[Path, RunFolder]) -> None:
    predictor = Predictor(exported)
    made = predictor.predict(["3"], manner=Manner(seed=5)).predictions
    network = load_network(trained[1], project=project_of(trained[1]))
    (item,) = predictor.description.inputs
    noise = torch.from_numpy(np.stack([draw(item, [5, place, 0]) for place in range(3)]))
    wanted = ((network(noise)[0].detach().numpy() * 0.5 + 0.5) * 255).transpose(0, 2, 3, 1)
    for place, prediction in enumerate(made):
        (answer,) = prediction.outputs.values()
        assert (answer.height, answer.width, answer.channels) == (SIDE, SIDE, 1) and not prediction.problem
        pixels = np.frombuffer(answer.pixels, np.uint8).reshape(SIDE, SIDE, 1)
        assert np.abs(pixels - wanted[place]).max() <= 0.51


def test_noise_is_drawn_by_seed_or_brought(exported: Path) -> None:
    predictor = Predictor(exported)
    assert predictor.fields == ()

    def made(question: object, seed: int = 0) -> list[bytes]:
        found = predictor.predict([question], manner=Manner(seed=seed)).predictions
        return [next(iter(item.outputs.values())).pixels for item in found]

    first = made("2")
    assert first == made("2") and first[0] != first[1] and first != made("2", seed=1)
    noise = draw(predictor.description.inputs[0], [0, 0, 0]).tolist()
    assert made({"noise1": noise}) == made(json.dumps({"noise1": noise})) == first[:1]


@pytest.mark.parametrize("question", ["a cat", "0", "-1", "1e3", {"noise1": [1.0, 2.0]}, {"noise1": "much"}])
def test_what_is_no_noise_is_said_so(exported: Path, question: object) -> None:
    (answer,) = Predictor(exported).predict([question]).predictions
    assert not answer.outputs
    assert "how many it is to make" in answer.problem or "Expected 8 numbers" in answer.problem


def test_neither_torch_nor_onnx_draws_it(exported: Path) -> None:
    code = (
        "import sys; from engine.deployment.predict import Predictor\n"
        f"made = Predictor({str(exported)!r}).predict(['1'])\n"
        "assert made.predictions[0].outputs and not {'torch', 'onnx'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pictures_are_written_from_the_command_line(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(exported), "3", "--pictures", str(tmp_path / "made"), "--seed", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert [item["input"] for item in told] == ["made 1", "made 2", "made 3"]
    for item in told:
        (answer,) = item["outputs"].values()
        with Image.open(answer["file"]) as picture:
            assert picture.size == (SIDE, SIDE) and picture.mode == "L"
        assert "pixels" not in answer


def test_evaluating_a_generator_does_not_fail(trained: tuple[Path, RunFolder]) -> None:
    project, run = trained
    first, second = evaluate(project, run, "train"), evaluate(project, run, "train")
    assert first.samples > 0 and first.outputs == second.outputs


def test_noise_beside_data_and_uniform(tmp_path: Path) -> None:
    """A conditional generator: a file with a picture and noise as inputs; a field has the node's name already."""
    data = pictures(tmp_path)
    field = next(field.name for field in data.fields if field.kind == "image")
    project = gan(data=data, field=field)
    graph = project.graph
    graph.replace(Node(id="noise1", type="Noise", attributes={"size": [8], "distribution": "uniform", "std": 0.5}))
    graph.add(Node(id="flat", type="Flatten"))
    graph.add(Node(id="both", type="Concatenate"))
    graph.disconnect("gen1", "input")
    for edge in (
        Edge(source="real", target="flat"),
        Edge(source="flat", target="both", input="a"),
        Edge(source="noise1", target="both", input="b"),
        Edge(source="both", target="gen1"),
    ):
        graph.connect(edge)
    files.create(tmp_path / "project", project)
    run = run_of(tmp_path / "project", project)
    said = export_onnx(tmp_path / "project", run, tmp_path / "made.onnx", samples=6)
    assert said.verified.same_answers == 6 and [item["name"] for item in said.inputs] == [field, "noise1"]
    predictor = Predictor(tmp_path / "made.onnx")
    assert [item.name for item in predictor.fields] == [field]
    noise = np.stack([draw(predictor.description.inputs[1], [1, place]) for place in range(400)])
    assert abs(float(noise.std()) - 0.5) < 0.02 and float(np.abs(noise).max()) <= 0.8661
    (answer,) = predictor.predict([str(tmp_path / "bars" / "bar" / "00.png")]).predictions
    assert next(iter(answer.outputs.values())).pixels
