"""The command line's manners: one JSON object, exit codes, words instead of traces, quick start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main as cli
from engine.cli.console import Console
from engine.cli.table import duration, number, size, table
from engine.document import files
from engine.document.edits import AddNode
from engine.document.graph import Node
from engine.document.project import Project

ROOT = Path(__file__).resolve().parents[3]


def call(capsys, *arguments):
    """Exit code, the JSON object on stdout, and stderr."""
    code = cli.main([*arguments, "--json"])
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    return code, json.loads(out), err


ERROR_KEYS = {"kind", "where", "message", "expected", "found", "hint"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "no command 'frobnicate'"),
        (["train"], "required: PROJECT"),
        (["check", "a", "b"], "nrecognized arguments: b"),
        (["check", "a", "--fast"], "nrecognized arguments: --fast"),
        (["train", "p", "--epochs", "many"], "invalid int value"),
        (["train", "p", "--device", "tpu"], "no device 'tpu'"),
        (["evaluate", "p", "--split", "all"], "invalid choice"),
        (["export", "p"], "required: --to"),
        (["export", "p", "--to", "x.onnx", "--precision", "float8"], "invalid choice"),
        (["new", "d", "--from", "garments", "--data", "x"], "cannot be used together"),
        (["new", "d", "--target", "x"], "go with --data"),
        (["new", "d", "--from", "nonsense"], "no example 'nonsense'"),
    ],
)
def test_wrong_usage_is_an_error_object_and_2(capsys, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, answer, _ = call(capsys, *arguments)
    assert code == 2
    assert set(answer["error"]) == ERROR_KEYS
    assert answer["error"]["kind"] == "usage"
    assert message in answer["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["import", "x.onnx", "d"], "import"),
        (["variants", "nowhere"], "project"),
        (["check", "nowhere"], "project"),
        (["runs", "nowhere"], "project"),
        (["train", "nowhere"], "project"),
        (["evaluate", "nowhere"], "project"),
        (["export", "nowhere", "--to", "x.onnx"], "project"),
        (["code", "nowhere", "--to", "x.py"], "project"),
        (["check", "a\0b"], "project"),
    ],
)
def test_an_input_at_fault_is_1(capsys, monkeypatch, tmp_path, arguments, kind):
    monkeypatch.chdir(tmp_path)
    code, answer, _ = call(capsys, *arguments)
    assert code == 1
    assert answer["error"]["kind"] == kind
    assert list(tmp_path.iterdir()) == []


def test_without_json_a_sentence_on_stderr_and_nothing_on_stdout(capsys, tmp_path):
    (tmp_path / "project.json").write_text('{"format": "netwright",\n "version": 1,,}')
    assert cli.main(["check", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "line 2, column" in err and "Traceback" not in err and "Errno" not in err


def test_our_own_fault_is_3_and_keeps_the_trace_in_a_file(capsys, monkeypatch, tmp_path):
    def broken(*_):
        print("a stray print")
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    import engine.cli.commands.examples as command

    monkeypatch.setattr(command, "run", broken)
    code, answer, err = call(capsys, "examples")
    assert code == 3
    assert answer["error"]["kind"] == "internal"
    assert "Traceback" not in answer["error"]["message"] and "Traceback" in answer["details"]
    assert "a stray print" in err
    (kept,) = tmp_path.iterdir()
    assert "ZeroDivisionError" in kept.read_text() and kept.name in answer["error"]["hint"]


def test_ctrl_c_is_no_trace(capsys, monkeypatch):
    import engine.cli.commands.examples as command

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    code, answer, _ = call(capsys, "examples")
    assert code == 1 and answer["error"]["kind"] == "cancelled"


def test_json_may_stand_anywhere(capsys):
    for arguments in (["--json", "examples"], ["examples", "--json"]):
        assert cli.main(arguments) == 0
        assert "examples" in json.loads(capsys.readouterr().out)


def test_a_name_with_a_dash_stands_behind_two(capsys):
    assert cli.main(["check", "--json", "--", "-odd"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "-odd"


@pytest.mark.parametrize("words", [[], ["--from", "penguins"]])
def test_no_project_is_made_where_another_one_deletes(capsys, tmp_path, words):
    assert call(capsys, "new", str(tmp_path / "p"))[0] == 0
    for place in ("runs/0001/inner", ".netwright/inner"):
        code, answer, _ = call(capsys, "new", str(tmp_path / "p" / place), *words)
        assert code == 1 and "may be deleted" in answer["error"]["message"]
        assert not (tmp_path / "p" / place).exists()
    assert call(capsys, "new", str(tmp_path / "p" / "variants" / "inner"), *words)[0] == 0


def test_the_version_is_told(capsys):
    code, answer, _ = call(capsys, "--version")
    assert code == 0 and answer["version"][0].isdigit()


def test_help_tells_of_every_command(capsys):
    assert cli.main([]) == 0
    overview = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert f"  {name} " in overview
        assert cli.main([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: netwright {name}") and "--json" in text


def test_an_empty_project_is_made_checked_and_not_made_twice(capsys, tmp_path):
    folder = str(tmp_path / "fresh")
    code, answer, _ = call(capsys, "new", folder)
    assert code == 0 and answer["name"] == "fresh" and answer["nodes"] == 0
    assert files.load(Path(folder)) == Project(name="fresh")
    code, answer, _ = call(capsys, "new", folder)
    assert code == 1 and "already is a project" in answer["error"]["message"]
    code, answer, _ = call(capsys, "check", folder)
    assert code == 0 and answer["can_train"] is False
    assert {"problems", "nodes", "parameters", "memory_bytes"} <= set(answer)
    assert {"severity", "node", "message", "expected", "found", "repairs"} <= set(answer["problems"][0])


def test_check_names_the_node(capsys, tmp_path):
    project = Project(name="p")
    project.graph.add(Node(id="conv1", type="Conv2d", attributes={"out_channels": 0}))
    files.create(tmp_path / "p", project)
    code, answer, _ = call(capsys, "check", str(tmp_path / "p" / "project.json"))
    assert code == 0 and answer["can_train"] is False
    assert any(problem["node"] == "conv1" for problem in answer["problems"])
    assert {"id", "type", "output_shapes", "parameters", "multiply_adds"} <= set(answer["nodes"][0])
    assert cli.main(["check", str(tmp_path / "p")]) == 0
    assert "conv1" in capsys.readouterr().out


def test_catalog_tells_all_of_one_entry(capsys):
    code, answer, _ = call(capsys, "catalog", "focalloss")
    assert code == 0
    (entry,) = answer["entries"]
    assert entry["type"] == "FocalLoss" and entry["group"] == "losses" and entry["formula"] and entry["when"]
    assert cli.main(["catalog", "CohenKappa"]) == 0
    assert "chance" in capsys.readouterr().out
    code, answer, _ = call(capsys, "catalog", "Conv2")
    assert code != 0 and "Conv2d" in str(answer)


def test_catalog_has_its_keys(capsys):
    code, answer, _ = call(capsys, "catalog")
    assert code == 0
    for group in ("layers", "losses", "optimizers", "schedules", "metrics", "preparation", "augmentation"):
        assert answer[group]
        assert all({"type", "family", "help", "attributes", "inputs", "outputs"} <= set(item) for item in answer[group])
    counts = answer["counts"]
    assert counts["layers"] == len(answer["layers"]) == sum(counts["families"].values())
    assert counts["exported"] == sum(item["exported"] for item in answer["layers"])
    assert cli.main(["catalog"]) == 0
    shown = capsys.readouterr().out
    assert "Conv2d" in shown and f"{counts['exported']} of {counts['layers']} layers" in shown


QUICK = [
    ["catalog"],
    ["check", "P"],
    ["examples"],
    ["runs", "P"],
    ["--help"],
    ["train", "--help"],
]


@pytest.mark.parametrize("arguments", QUICK[:-1], ids=lambda arguments: arguments[0])
def test_quick_commands_import_nothing_slow(tmp_path, arguments):
    files.create(tmp_path / "P", Project(name="p"))
    code = (
        "import sys; from engine.cli.main import main; main(sys.argv[1:]);"
        "slow = {'torch', 'numpy', 'onnx', 'onnxruntime', 'polars', 'PIL', 'PySide6'} & set(sys.modules);"
        "assert not slow, slow"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_stdout_holds_one_object_even_when_a_library_prints(tmp_path):
    code = (
        "import sys, os; import engine.cli.commands.examples as command; from engine.cli.main import main;"
        "real = command.run\n"
        "def noisy(*a):\n    print('noise'); os.write(1, b'noise'); return real(*a)\n"
        "command.run = noisy\nsys.exit(main(['examples', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "examples" in json.loads(done.stdout)
    assert "noisenoise" in done.stderr.replace("\n", "")


def test_a_reader_that_leaves_is_no_trace(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -c 'from engine.cli.main import main; import sys; sys.exit(main())' catalog | head -1",
        shell=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert "LAYERS" in done.stdout and "Error" not in done.stderr


def test_names_cannot_move_the_cursor(capsys, tmp_path):
    project = Project(name="p")
    project.graph.add(Node(id="a", type="\x1b[2Jevil\r"))
    files.create(tmp_path / "p", project)
    cli.main(["check", str(tmp_path / "p")])
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err and "\r" not in out + err and "evil" in out


def test_progress_is_sparse_without_a_terminal(capsys, monkeypatch):
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    console = Console(False)
    for i in range(1000):
        now += 0.03
        console.progress(i / 1000, f"Reading: {i}")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Reading"] * 3
    assert lines[1].endswith("%")


def test_progress_is_one_line_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    console = Console(False)
    console.progress(0.5, "Reading: half \x1b[31m")
    console.note("done")
    err = capsys.readouterr().err
    assert "━" in err and " 50%" in err and "\x1b[31m" not in err
    assert err.endswith("\r\x1b[2Kdone\n")


def test_not_a_number_is_null_in_json(capsys):
    Console(True).answer({"a": float("nan"), "b": [float("inf"), 1.5], "c": "\ud800"}, "")
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5], "c": "\ud800"}


def test_tables_and_numbers():
    assert table(("A", "N"), [("x", 1), ("long", 200)], right="lr") == "A       N\nx       1\nlong  200"
    shown = [number(v) for v in (0.91324, 1.0, 12.346, 123.45, 1234.4, 4.1e-5, 0.0, float("nan"))]
    assert shown == ["0.9132", "1.0000", "12.35", "123.5", "1,234", "4.1e-05", "0.0000", "–"]
    assert [size(v) for v in (12, 1234, 123_456, 5_000_000_000)] == ["12 B", "1.2 kB", "123 kB", "5.0 GB"]
    assert [duration(v) for v in (8.24, 185, 7800)] == ["8.2 s", "3 min 05 s", "2 h 10 min"]


def test_the_example_list_has_titles(capsys):
    code, answer, _ = call(capsys, "examples")
    assert code == 0
    for item in answer["examples"]:
        assert item["title"] and Path(item["project"], "project.json").is_file()


def test_an_edit_is_what_a_repair_holds():
    """The report's repairs are edits in JSON, which the window and other programs can apply."""
    import msgspec

    edit = AddNode(node=Node(id="a", type="ReLU"))
    assert msgspec.convert(msgspec.to_builtins(edit), AddNode) == edit
