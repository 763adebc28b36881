"""The command line as a contract: keys, exit codes, one object on stdout, and files that answer without us."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import psutil
import pytest

from engine.document.data_spec import DataSpec, Role
from engine.document.edits import AddNode, Connect, Edit, SetAttributes, SetData, apply
from engine.document.files import load, save
from engine.document.graph import Edge, Node
from engine.protocol.codec import encode, event_decoder
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.run_folder import RunFolder, is_final
from tests.end2end.command import ROOT, netwright

ERROR_KEYS = {"kind", "where", "message", "expected", "found", "hint"}
CLASSES = ("<b>no</b>", 'yes, "really"', "ü / ß")
SPACE, FLAG, COLOUR, ANSWER, PRICE = "size (m²)", "scores", "färg", "label", "price £"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with every awkward name, and a network with two answers: a class and a price."""
    folder = tmp_path_factory.mktemp('it\'s a "contract" ü')
    random = numpy.random.default_rng(3)
    lines = [f"{SPACE},{FLAG},{COLOUR},{PRICE},{ANSWER}"]
    for i in range(240):
        space = random.uniform(20, 120)
        kind = '"yes, ""really"""' if space > 80 else CLASSES[2] if space > 50 else CLASSES[0]
        shown = f"{space:.2f}" if i % 9 else ""
        lines.append(f"{shown},{i % 5},{('röd', 'blå')[i % 2]},{space * 3 + i % 5:.2f},{kind}")
    (folder / "rooms £.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = netwright("new", folder / "rooms £", "--data", folder / "rooms £.csv", "--target", ANSWER)
    assert made["samples"] == 240 and made["left_out"] == [] and made["left_out_count"] == 0
    assert {field["name"] for field in made["fields"]} == {SPACE, FLAG, COLOUR, ANSWER, PRICE}
    assert {"project", "name", "nodes", "found"} <= set(made)
    with_second_answer(folder / "rooms £")
    return folder / "rooms £"


def with_second_answer(folder: Path) -> None:
    """Let the network learn the price as well."""
    drawn = load(folder)
    fields = tuple(
        type(field)(**{**{name: getattr(field, name) for name in field.__struct_fields__}, "role": Role.TARGET})
        if field.name == PRICE
        else field
        for field in drawn.data.fields
    )
    columns = next(node for node in drawn.graph.nodes.values() if FLAG in node.attributes.get("fields", ()))
    output = next(node.id for node in drawn.graph.nodes.values() if node.type == "Output")
    last = drawn.graph.inputs_of(output)["prediction"].source
    body = drawn.graph.inputs_of(last)["input"].source
    seen = [name for name in columns.attributes["fields"] if name != PRICE]  # type: ignore[union-attr]
    edits: list[Edit] = [
        SetData(data=DataSpec(sources=drawn.data.sources, fields=fields, split=drawn.data.split)),
        SetAttributes(id=columns.id, attributes={"fields": seen}),
        AddNode(node=Node(id="price_head", type="Linear", attributes={"out_features": 1})),
        AddNode(node=Node(id="price_target", type="Input", attributes={"fields": [PRICE]})),
        AddNode(node=Node(id="price_loss", type="MSELoss")),
        AddNode(node=Node(id="price_answer", type="Output", attributes={"field": PRICE})),
        Connect(edge=Edge(source=body, target="price_head")),
        Connect(edge=Edge(source="price_head", target="price_loss", input="prediction")),
        Connect(edge=Edge(source="price_target", target="price_loss", input="target")),
        Connect(edge=Edge(source="price_head", target="price_answer", input="prediction")),
    ]
    for edit in edits:
        apply(drawn, edit)
    save(folder, drawn)


@pytest.fixture(scope="module")
def trained(project: Path) -> dict[str, Any]:
    return netwright("train", project / "project.json", "--epochs", 4, "--name", "the 'first' £")


@pytest.fixture(scope="module")
def exported(project: Path, trained: dict[str, Any]) -> dict[str, Any]:
    return netwright("export", project, "--to", project.parent / "rooms £ ü.onnx", "--run", trained["run"])


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_check_says_shapes_cost_and_problems(project: Path) -> None:
    answer = netwright("check", project)
    assert answer["problems"] == []
    assert isinstance(answer["parameters"], int) and isinstance(answer["memory_bytes"], int)
    for node in answer["nodes"]:
        assert {"id", "type", "output_shapes", "parameters", "multiply_adds"} <= set(node)
    assert sum(node["parameters"] for node in answer["nodes"]) == answer["parameters"] > 0


def test_train_and_runs_say_what_came_of_it(project: Path, trained: dict[str, Any]) -> None:
    assert trained["run"] == 1 and trained["state"] == "finished" and trained["epochs"] == 4
    assert is_number(trained["seconds"]) and is_number(trained["samples_per_s"])
    assert isinstance(trained["best"]["epoch"], int) and all(map(is_number, trained["best"]["metrics"].values()))
    assert trained["device"] and trained["precision"]
    listed = netwright("runs", project)["runs"][0]
    assert {"run", "name", "state", "epochs", "best", "started", "seconds"} <= set(listed)
    assert listed["name"] == "the 'first' £" and listed["best"] == trained["best"]


def test_evaluate_scores_both_answers(project: Path, trained: dict[str, Any]) -> None:
    answer = netwright("evaluate", project, "--run", "last", "--split", "val")
    assert answer["run"] == 1 and answer["split"] == "val" and answer["samples"] > 0
    assert all(map(is_number, answer["metrics"].values()))
    assert tuple(answer["confusion"]["classes"]) == CLASSES
    assert sum(map(sum, answer["confusion"]["matrix"])) == answer["samples"]
    assert {output["field"] for output in answer["outputs"]} == {ANSWER, PRICE}


def test_good_inputs_are_answered_beside_bad_ones(project: Path, exported: dict[str, Any], tmp_path: Path) -> None:
    good = f"{SPACE}=100,{FLAG}=1,{COLOUR}=röd"
    bad = [f"{SPACE}=100,beak=3", f"{SPACE}=wide,{FLAG}=1,{COLOUR}=röd", str(tmp_path / "no.csv"), ""]
    ours = netwright("predict", project, *bad, good)["predictions"]
    theirs = netwright("predict", exported["file"], *bad, good)["predictions"]
    assert ours == theirs and len(ours) == 5
    for item in ours[:4]:
        assert item["problem"] and item["outputs"] == {}
    answers = ours[4]["outputs"]
    assert answers[ANSWER]["value"] in CLASSES and set(answers[ANSWER]["scores"]) == set(CLASSES)
    assert is_number(answers[PRICE]["value"])
    error = netwright("predict", project, *bad, expect=1)
    assert error["error"]["kind"] == "data" and len(error["predictions"]) == 4


ALONE = """
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
columns = json.loads(sys.argv[2])
feeds = {}
for item in session.get_inputs():
    text = item.type == "tensor(string)"
    feeds[item.name] = numpy.array(columns[item.name], object if text else numpy.float32)
whole = session.run(None, feeds)
single = [session.run(None, {name: values[i : i + 1] for name, values in feeds.items()}) for i in range(3)]
for i, answers in enumerate(single):
    for all_rows, one in zip(whole, answers):
        assert all_rows[i : i + 1].tolist() == one.tolist() or abs(all_rows[i] - one[0]).max() < 1e-5
assert not {"torch", "onnx", "engine"} & {name.partition(".")[0] for name in sys.modules}
meta = session.get_modelmeta().custom_metadata_map
print(json.dumps([[item.name for item in session.get_outputs()], [part.tolist() for part in whole], meta]))
"""


def test_the_file_answers_without_us(project: Path, exported: dict[str, Any]) -> None:
    assert {"file", "bytes", "opset", "inputs", "outputs"} <= set(exported)
    assert exported["verified"]["same_answers"] == exported["verified"]["samples"] > 0
    assert exported["verified"]["max_abs_difference"] <= 1e-5
    rows = [(float("nan"), 1, "röd"), (100.0, 4, "blå"), (30.0, 0, "never seen"), (64.5, 2, "")]
    columns = {name: [row[i] for row in rows] for i, name in enumerate((SPACE, FLAG, COLOUR))}
    as_text = {item["name"]: item["dtype"] == "string" for item in exported["inputs"]}
    columns = {name: [str(cell) if as_text[name] else cell for cell in cells] for name, cells in columns.items()}
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, exported["file"], json.dumps(columns)],
        capture_output=True,
        text=True,
        cwd=project.parent,
    )
    assert done.returncode == 0, done.stderr
    names, values, meta = json.loads(done.stdout)
    assert names == [item["name"] for item in exported["outputs"]] and len(set(names)) == 3
    found = dict(zip(names, values, strict=True))
    labels = next(values for values in found.values() if isinstance(values[0], str))
    scores = next(values for values in found.values() if isinstance(values[0], list))
    assert set(labels) <= set(CLASSES)
    assert numpy.isfinite(scores).all() and numpy.isfinite(found[PRICE]).all()
    assert labels == [CLASSES[int(numpy.argmax(row))] for row in scores]
    assert json.loads(meta["netwright.project"])["format"] == "netwright" and str(project.parent) not in str(meta)


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["export", "{project}", "--to", "{folder}/x.onnx", "--opset", "99"], 1, "export"),
        (["export", "{project}", "--to", "{folder}/x.onnx", "--precision", "int3"], 2, "usage"),
        (["evaluate", "{project}", "--run", "77"], 1, "run"),
        (["train", "{project}", "--resume", "1"], 1, "training"),
        (["train", "{project}", "--set", "recipe.phases=[]"], 1, "training"),
        (["train", "{project}", "--set", "device=abacus"], 2, "usage"),
        (["train", "{project}", "--epochs", "0"], 2, "usage"),
        (["new", "{project}"], 1, "project"),
        (["new", "{folder}/rooms £.csv/inside"], 1, "project"),
        (["check", "{folder}"], 1, "project"),
        (["predict", "{folder}/rooms £.csv", "x"], 1, "project"),
        (["predict", "{folder}/damaged.onnx", "x"], 1, "data"),
        (["screenshot", "{project}", "--tab", "cellar", "--to", "x.png"], 2, "usage"),
    ],
)
def test_every_refusal_is_one_error_object(
    project: Path, exported: dict[str, Any], arguments: list[str], code: int, kind: str
) -> None:
    damaged = project.parent / "damaged.onnx"
    if not damaged.exists():
        damaged.write_bytes(Path(exported["file"]).read_bytes()[:5000])
    words = [word.format(project=project, folder=project.parent) for word in arguments]
    error = netwright(*words, expect=code)["error"]
    assert set(error) == ERROR_KEYS and all(isinstance(value, str) for value in error.values())
    assert error["kind"] == kind and error["message"].endswith((".", "?"))
    assert "Errno" not in str(error) and "Error:" not in str(error)


def test_an_empty_split_is_said(project: Path, trained: dict[str, Any]) -> None:
    none = ("--set", "data.split.test=0", "--set", "data.split.val=0")
    run = netwright("train", project, "--epochs", 1, *none)["run"]
    error = netwright("evaluate", project, "--run", run, expect=1)["error"]
    assert error["kind"] == "data" and "test" in error["message"]


def weights(run_dir: Path) -> str:
    """Of the last epoch."""
    file = max(run_dir.glob("checkpoints/last-*/weights.safetensors"))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_window_and_command_line_train_the_same_weights(project: Path, trained: dict[str, Any]) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-P", "-m", "engine.server"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert engine.stdin is not None and engine.stdout is not None
    engine.stdin.write(encode(StartTraining(id=1, project_dir=str(project), epochs=4)))
    engine.stdin.flush()
    decoder, answer = event_decoder(), None
    while answer is None:
        events = decoder.feed(os.read(engine.stdout.fileno(), 1 << 16))
        answer = next((event for event in events if isinstance(event, TrainingStarted | RequestFailed)), None)
    engine.stdin.close()
    engine.wait(60)
    engine.stdout.close()
    assert isinstance(answer, TrainingStarted), answer
    wait_for_end(RunFolder(Path(answer.run_dir)))
    assert weights(Path(answer.run_dir)) == weights(Path(trained["run_dir"]))


def wait_for_end(folder: RunFolder) -> None:
    """Until its process, which outlives whoever started it, has ended."""
    reader = folder.follow()
    events = reader.read()
    while not events:
        events = reader.read()
    pid = getattr(events[0], "pid", 0)
    if psutil.pid_exists(pid):
        psutil.Process(pid).wait(120)
    events += reader.read()
    assert is_final(events[-1]), events[-1]


@pytest.mark.skipif(os.name != "posix", reason="an open folder cannot be deleted elsewhere")
def test_deleting_a_project_ends_its_run_with_a_sentence(
    project: Path, trained: dict[str, Any], tmp_path: Path
) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(project, twin)
    process = subprocess.Popen(
        [sys.executable, "-m", "gui.command", "train", str(twin), "--epochs", "100000", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "train loss" in line:
            break
    shutil.rmtree(twin, ignore_errors=True)
    out, err = process.communicate(timeout=60)
    answer = json.loads(out)
    assert process.returncode == 1 and "Traceback" not in err
    assert "moved or deleted" in answer["error"]["message"] and answer["state"] == "failed"
