"""The command line with real processes: a table goes the whole way, and no kind of end loses what was learned."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end2end.command import ROOT, netwright

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project proposed for a small table with a number to learn beside a category."""
    folder = tmp_path_factory.mktemp("command line")
    with (folder / "boxes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["width", "height", "colour", "shape"])
        for i in range(200):
            width, height = i % 11 + 1, i % 7 + 1
            writer.writerow([width, height, ("red", "blue")[i % 2], "wide" if width > height else "tall"])
    made = netwright("new", folder / "boxes", "--data", folder / "boxes.csv", "--target", "shape")
    assert made["samples"] == 200 and made["left_out_count"] == 0 and made["nodes"] > 3
    return folder / "boxes"


@pytest.fixture(scope="module")
def trained(project):
    """Its first run."""
    before = (project / "project.json").read_bytes()
    answer = netwright("train", project, "--epochs", 3, "--set", "batch_size=32", "--name", "first", "--device", "cpu")
    assert (project / "project.json").read_bytes() == before, "settings of a run are not saved"
    saved = json.loads((Path(answer["run_dir"]) / "project.json").read_bytes())
    assert saved["recipe"]["phases"][0]["batch_size"] == 32
    return answer


def test_training_says_what_came_of_it(trained):
    assert trained["run"] == 1 and trained["name"] == "first"
    assert trained["state"] == "finished" and trained["epochs"] == 3
    assert trained["seconds"] > 0 and trained["samples_per_s"] > 0
    assert 1 <= trained["best"]["epoch"] <= 3 and "accuracy" in trained["best"]["metrics"]
    assert trained["device"] == "cpu" and trained["precision"] == "float32"


def test_the_same_seed_gives_the_same_numbers(project, trained):
    again = netwright("train", project, "--epochs", 3, "--set", "batch_size=32", "--device", "cpu")
    assert again["run"] == 2
    assert again["best"] == trained["best"]
    listed = netwright("runs", project)["runs"]
    assert [item["run"] for item in listed] == [1, 2]
    assert {"run", "name", "state", "epochs", "best", "started", "seconds"} <= set(listed[0])


@pytest.fixture(scope="module")
def exported(project, trained):
    """Its file."""
    return netwright("export", project, "--to", project.parent / "boxes.onnx", "--run", 1)


def test_scores_export_and_answers_agree(project, trained, exported, tmp_path):
    scored = netwright("evaluate", project, "--run", 1, "--split", "test")
    classes, matrix = scored["confusion"]["classes"], scored["confusion"]["matrix"]
    assert scored["run"] == 1 and scored["split"] == "test"
    assert sum(map(sum, matrix)) == scored["samples"] > 0
    right = sum(matrix[i][i] for i in range(len(classes)))
    assert scored["metrics"]["accuracy"] == pytest.approx(right / scored["samples"])

    file = Path(exported["file"])
    assert file.name == "boxes.onnx" and exported["bytes"] == file.stat().st_size
    assert {"opset", "inputs", "outputs"} <= set(exported)
    assert exported["verified"]["same_answers"] == exported["verified"]["samples"] > 0
    assert exported["verified"]["max_abs_difference"] < 1e-5

    table = tmp_path / "new.csv"
    table.write_text("colour,height,width\nred,2,9\nblue,6,\n")
    rows = [str(table), "width=1,height=7,colour=red"]
    ours = netwright("predict", project, *rows, "--run", 1)["predictions"]
    theirs = netwright("predict", file, *rows)["predictions"]
    assert ours == theirs
    assert [item["input"] for item in ours] == ["new.csv, line 2", "new.csv, line 3", rows[1]]
    answer = ours[0]["outputs"]["shape"]
    assert answer["value"] in classes and answer["value"] == next(iter(answer["scores"]))
    assert sum(answer["scores"].values()) == pytest.approx(1)


def test_the_code_runs_without_us(project, tmp_path):
    answer = netwright("code", project, "--to", tmp_path / "boxes.py")
    text = Path(answer["file"]).read_text()
    assert "engine" not in text and "class " in text
    subprocess.run([sys.executable, "-I", str(tmp_path / "boxes.py")], check=True)


def test_predicting_from_a_file_needs_no_torch(exported):
    code = (
        "import sys; from engine.cli.main import main; code = main(sys.argv[1:]);"
        "assert 'torch' not in sys.modules and 'onnx' not in sys.modules; sys.exit(code)"
    )
    row = "width=1,height=7,colour=red"
    subprocess.run([sys.executable, "-c", code, "predict", exported["file"], row], cwd=ROOT, check=True)


def start(*arguments):
    """A command that goes on while the test looks at its stderr."""
    return subprocess.Popen(
        [sys.executable, "-m", "gui.command", *map(str, arguments), "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(process, words):
    """Read its stderr until a line holds the words; returns what was read."""
    seen = ""
    for line in process.stderr:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"'{words}' never came: {seen}")


LONG = ("--epochs", 100_000, "--device", "cpu")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_the_run_in_good_order_and_it_goes_on_later(project, trained, number):
    process = start("train", project, *LONG)
    until(process, "train loss")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    answer = json.loads(out)
    assert process.returncode == 0, err
    assert answer["state"] == "stopped" and answer["epochs"] >= 1
    assert "what was learned is kept" in err and "Traceback" not in err

    if number == signal.SIGTERM:
        return
    process = start("train", project, "--resume", answer["run"])
    seen = until(process, "train loss")
    assert f"after epoch {answer['epochs']}" in seen
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    resumed = json.loads(out)
    assert resumed["run"] == answer["run"] and resumed["state"] == "stopped"
    assert resumed["epochs"] >= answer["epochs"]


@POSIX
def test_a_run_killed_by_force_is_told_and_keeps_its_finished_epochs(project, trained):
    process = start("train", project, *LONG)
    until(process, "train loss")
    run = netwright("runs", project)["runs"][-1]
    assert run["state"] == "running"
    log = project / "runs" / f"{run['run']:04}" / "events.jsonl"
    started = json.loads(log.read_text().splitlines()[0])
    os.kill(started["pid"], signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    answer = json.loads(out)
    assert process.returncode == 1
    assert answer["error"]["kind"] == "training" and f"--resume {run['run']}" in answer["error"]["hint"]
    assert answer["run"] == run["run"]
    assert netwright("runs", project)["runs"][-1]["state"] == "lost"
    assert netwright("evaluate", project, "--run", run["run"])["samples"] > 0


@POSIX
def test_a_command_killed_by_force_leaves_the_run_going(project, trained):
    process = start("train", project, *LONG)
    until(process, "train loss")
    process.kill()
    process.communicate()
    run = netwright("runs", project)["runs"][-1]
    assert run["state"] == "running"
    folder = project / "runs" / f"{run['run']:04}"
    with (folder / "requests.jsonl").open("a") as file:
        file.write('{"request": "StopRun"}\n')
    from engine.protocol.run_folder import RunFolder, is_final

    reader, last = RunFolder(folder).follow(), None
    while last is None or not is_final(last):
        last = next(iter(reversed(reader.read())), last)
    assert type(last).__name__ == "RunStopped"


def test_an_unknown_run_is_1_with_those_there_are(project, trained):
    error = netwright("evaluate", project, "--run", 999, expect=1)["error"]
    assert error["kind"] == "run" and "1" in error["expected"]
    assert netwright("train", project, "--resume", 999, expect=1)["error"]["kind"] == "run"
    assert netwright("train", project, "--resume", 1, "--set", "lr=1", expect=2)["error"]["kind"] == "usage"


def test_data_that_has_gone_is_said(project, tmp_path):
    document = json.loads((project / "project.json").read_text())
    document["data"]["sources"][0]["path"] = str(tmp_path / "gone.csv")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "project.json").write_text(json.dumps(document))
    answer = netwright("train", tmp_path / "p", "--epochs", 1, expect=1)
    assert answer["error"]["kind"] == "data" and "gone.csv" in answer["error"]["message"] + answer["error"]["where"]
    assert answer["state"] == "failed"
