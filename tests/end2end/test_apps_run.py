"""Each ready-made app is run as its user would run it, and must answer the golden samples as the exported file does.

The projects have quotes, <, & and emoji in the names of fields, classes and the project: they must come out as text.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engine.catalog.apps import APPS
from engine.deployment.apps.save import save_app
from engine.protocol.run_folder import RunFolder
from tests.end2end.app_projects import CLASSES, COLUMN, FOLDERS, NAME, awkward_run
from tests.end2end.browser import Browser, browser, browser_path
from tests.end2end.command import netwright

KINDS = ("table", "pictures", "texts")
STAND_INS = Path(__file__).parent / "stand_ins"
ONLY = """
import importlib.abc, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
import runpy
sys.argv = {argv!r}
sys.path.insert(0, {place!r})
runpy.run_{how}({what!r}, run_name="__main__")
"""
NOT_OURS = ("torch", "engine", "gui", "PySide6", "polars", "onnx", "msgspec", "safetensors")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, RunFolder]]:
    found: dict[str, tuple[Path, RunFolder]] = {}

    class Made(dict[str, tuple[Path, RunFolder]]):
        def __missing__(self, kind: str) -> tuple[Path, RunFolder]:
            self[kind] = awkward_run(tmp_path_factory.mktemp(kind), kind)
            return self[kind]

    return Made(found)


def written(projects: dict[str, tuple[Path, RunFolder]], kind: str, app: str, to: Path) -> Path:
    project_dir, run = projects[kind]
    saved = save_app(project_dir, run, app, to)
    assert saved.samples == 5
    return Path(saved.path)


def run_alone(place: Path, how: str, what: str, *argv: str, blocked: tuple[str, ...] = NOT_OURS) -> str:
    """Run a module or a file of an app in a process that can import neither us nor anything it must not need."""
    script = ONLY.format(blocked=blocked, argv=[what, *argv], place=str(place), how=how, what=what)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=place, capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def all_right(answer: str) -> None:
    found = json.loads(answer)
    assert found["right"] == found["samples"] == 5, found
    assert found["largest_difference"] < 1e-5


# The command line


@pytest.mark.slow
def test_the_command_lists_the_apps_and_writes_one(projects, tmp_path):
    listed = netwright("app", "--list")["apps"]
    assert [app["key"] for app in listed] == [app.key for app in APPS] and not any(app["why_not"] for app in listed)
    project_dir, _ = projects["table"]
    assert netwright("app", project_dir, "--list")["apps"] == listed
    saved = netwright("app", project_dir, "cpp", "--to", tmp_path / "app", "--run", 1)
    assert saved["path"] == str(tmp_path / "app") and saved["samples"] == 5 and "main.cpp" in saved["files"]
    refused = netwright("app", project_dir, "cpp", "--to", project_dir, "--run", 1, expect=1)["error"]
    assert refused["kind"] == "export" and "other things in it" in refused["message"]
    assert netwright("app", project_dir, "toaster", "--to", tmp_path / "x", expect=2)["error"]["kind"] == "usage"
    assert netwright("app", project_dir, expect=2)["error"]["where"] == "KIND"
    netwright("app", project_dir, "project", "--to", tmp_path / "small.zip", "--with-data", "--run", 1)
    again = netwright("new", tmp_path / "again", "--from", tmp_path / "small.zip")
    assert again["name"] == NAME and (tmp_path / "again" / "data" / "table.csv").is_file()


# Python


@pytest.mark.parametrize("kind", ["table", *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[1:])])
def test_the_python_package_answers_without_anything_of_ours(projects, kind, tmp_path):
    place = written(projects, kind, "python", tmp_path / "app")
    package = next(path.name for path in place.iterdir() if path.is_dir())
    pillow = () if kind == "pictures" else ("PIL",)
    all_right(run_alone(place, "module", package, "--check", blocked=NOT_OURS + pillow))
    expected = json.loads((place / package / "expected.json").read_text(encoding="utf-8"))
    first = expected["samples"][0]
    values = {name: str(item.get("value", item.get("file"))) for name, item in first["inputs"].items()}
    if kind == "pictures":
        values = {name: f"{package}/{value}" for name, value in values.items()}
    given = [f"{name}={value}" for name, value in values.items()] if kind == "table" else list(values.values())
    answer = json.loads(run_alone(place, "module", package, *given, blocked=NOT_OURS + pillow))
    field = next(name for name in answer if name != "input")
    assert answer[field]["label"] == first["outputs"]["label"]["strings"][0]
    assert answer[field]["label"] in (CLASSES if kind == "table" else FOLDERS)


def test_the_package_tells_what_is_wrong_with_an_input(projects, tmp_path):
    place = written(projects, "table", "python", tmp_path / "app")
    package = next(path.name for path in place.iterdir() if path.is_dir())
    table = tmp_path / "given.csv"
    table.write_text(
        f'"{COLUMN.replace(chr(34), chr(34) * 2)}",colour <i>\nheavy,red\n52.5,"red & <b>"\n', encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", package, "--csv", str(table)], cwd=place, capture_output=True, text=True, timeout=120
    )
    problem, answer = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1 and not done.stderr
    assert problem == {"input": "line 2", "problem": f"'heavy' is not a number for '{COLUMN}'."}
    assert answer["kind"]["label"] in CLASSES


@pytest.mark.slow
def test_pip_installs_the_package(projects, tmp_path):
    place = written(projects, "table", "python", tmp_path / "app")
    target = tmp_path / "installed"
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(target)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, str(place)],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    package = next(path.name for path in target.iterdir() if (path / "model.onnx").is_file())
    all_right(run_alone(target, "module", package, "--check"))


# REST server


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """The app's server on this machine alone, until it is left."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "server:app", "--host", "127.0.0.1", "--port", str(self.port)],
            cwd=place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> "Server":
        assert self.process.stdout is not None
        told = ""
        for line in self.process.stdout:
            told += line
            if "Uvicorn running" in line:
                return self
        raise AssertionError(told[-3000:])

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)

    def told_of(self, size: int) -> int:
        """The status when so many bytes are announced, and none is sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest("POST", "/predict")
            connection.putheader("content-length", str(size))
            connection.endheaders()
            return connection.getresponse().status
        finally:
            connection.close()

    def ask(self, path: str, data: bytes | None = None, kind: str = "application/json") -> tuple[int, dict]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"content-type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


def test_the_server_answers_json_and_describes_itself(projects, tmp_path):
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    place = written(projects, "table", "server", tmp_path / "app")
    expected = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    with Server(place) as server:
        status, health = server.ask("/health")
        assert status == 200 and health["status"] == "ok" and health["name"] == NAME
        for sample in expected["samples"]:
            values = {name: item["value"] for name, item in sample["inputs"].items()}
            status, answer = server.ask("/predict", json.dumps({"inputs": values}).encode())
            assert status == 200
            found = answer["outputs"]["kind"]
            assert found["label"] == sample["outputs"]["label"]["strings"][0]
            best = max(sample["outputs"]["scores"]["numbers"])
            assert found["scores"][found["label"]] == pytest.approx(best, abs=1e-5)
        status, problem = server.ask("/predict", json.dumps({"inputs": {COLUMN: "heavy"}}).encode())
        assert status == 422 and {tuple(item["loc"]) for item in problem["detail"]} >= {("inputs", COLUMN)}
        assert server.ask("/predict", b"{")[0] == 422
        assert server.told_of(65 << 20) == 413, "what is too large is refused before it is read"
        status, described = server.ask("/openapi.json")
        assert COLUMN in described["components"]["schemas"]["Inputs"]["properties"]


@pytest.mark.slow
def test_the_server_takes_pictures_as_files_and_inside_json(projects, tmp_path):
    pytest.importorskip("fastapi")
    pytest.importorskip("multipart")
    import base64

    place = written(projects, "pictures", "server", tmp_path / "app")
    expected = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    sample = expected["samples"][0]
    (name, item), wanted = next(iter(sample["inputs"].items())), sample["outputs"]["label"]["strings"][0]
    picture = (place / item["file"]).read_bytes()
    body = b'--edge\r\ncontent-disposition: form-data; name="' + name.encode() + b'"; filename="a.png"\r\n\r\n'
    with Server(place) as server:
        status, answer = server.ask(
            "/predict", body + picture + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"
        )
        assert status == 200, answer
        assert next(iter(answer["outputs"].values()))["label"] == wanted
        inside = {"inputs": {name: {"base64": base64.b64encode(picture).decode()}}}
        status, answer = server.ask("/predict", json.dumps(inside).encode())
        assert next(iter(answer["outputs"].values()))["label"] == wanted
        inside = {"inputs": {name: {"base64": base64.b64encode(b"no picture").decode()}}}
        status, answer = server.ask("/predict", json.dumps(inside).encode())
        assert status == 422 and "cannot be read as a picture" in answer["detail"]


# PyTorch


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_pytorch_code_answers_and_trains_on(projects, kind, tmp_path):
    place = written(projects, kind, "pytorch", tmp_path / "app")
    ours = ("engine", "gui", "PySide6", "polars", "msgspec")
    all_right(run_alone(place, "path", "predict.py", "--check", blocked=ours))
    source = projects[kind][0].parent / {"table": "table.csv", "pictures": "pictures", "texts": "lines"}[kind]
    told = run_alone(place, "path", "train.py", str(source), "--epochs", "2", blocked=ours)
    epochs = [json.loads(line) for line in told.splitlines()]
    assert [line["epoch"] for line in epochs] == [1, 2] and all(line["val_loss"] < 1e3 for line in epochs)
    assert (place / "trained.safetensors").stat().st_size > 100


# Web page


needs_browser = pytest.mark.skipif(browser_path() is None, reason="no Chromium is installed")


@needs_browser
def test_the_page_opens_from_a_file_and_answers_as_the_file_does(projects, tmp_path):
    page = written(projects, "table", "web", tmp_path / "page.html")
    with browser(tmp_path / "profile") as seen:
        seen.open(page.as_uri())
        seen.ask("netwright.ready")
        checked = seen.ask("netwright.check()")
        assert checked["same"] == checked["samples"] == 5 and checked["largest"] < 1e-5
        assert seen.ask("document.getElementById('title').textContent") == NAME
        assert seen.ask("document.title") == NAME
        labels = seen.ask("[...document.querySelectorAll('.field label')].map(label => label.textContent)")
        assert COLUMN in labels
        seen.ask("netwright.showSample(0).then(() => new Promise(done => setTimeout(done, 400)))")
        names = seen.ask("[...document.querySelectorAll('.bar .name')].map(name => name.textContent.replace('✓ ', ''))")
        assert sorted(names) == sorted(CLASSES)
        assert seen.ask("document.querySelectorAll('script').length") == 5, "nothing that was named became a script"
        assert not seen.problems


@needs_browser
@pytest.mark.slow
def test_a_picture_that_is_chosen_is_answered(projects, tmp_path):
    page = written(projects, "pictures", "web", tmp_path / "page.html")
    folder = written(projects, "pictures", "python", tmp_path / "python")
    package = next(path for path in folder.iterdir() if path.is_dir())
    expected = json.loads((package / "expected.json").read_text(encoding="utf-8"))["samples"]
    with browser(tmp_path / "profile") as seen:
        seen.open(page.as_uri(), light=True)
        seen.ask("netwright.ready")
        assert seen.ask("netwright.check()")["same"] == 5
        for sample in expected[:2]:
            file = package / next(iter(sample["inputs"].values()))["file"]
            seen.give_file("input[type=file]", file)
            best = sample["outputs"]["label"]["strings"][0]
            end = time.monotonic() + 20
            while time.monotonic() < end:
                shown = seen.ask("document.querySelector('.bar.best .name')?.textContent ?? ''")
                score = seen.ask("document.querySelector('.bar.best .share')?.textContent ?? ''")
                if shown == f"✓ {best}" and score == f"{100 * max(sample['outputs']['scores']['numbers']):.1f} %":
                    break
            else:
                raise AssertionError((shown, score, sample["outputs"]))
        assert not seen.problems


@needs_browser
@pytest.mark.slow
def test_a_text_is_answered_as_it_is_typed(projects, tmp_path):
    page = written(projects, "texts", "web", tmp_path / "page.html")
    with browser(tmp_path / "profile") as seen:
        seen.open(page.as_uri())
        seen.ask("netwright.ready")
        assert seen.ask("netwright.check()")["same"] == 5
        seen.ask("document.querySelector('textarea').focus()")
        seen.call("Input.insertText", text="bad <b>&")
        seen.ask(
            "new Promise((done, failed) => { let left = 100; const look = () => document.querySelector('.bar') ? done()"
            " : left-- ? setTimeout(look, 50) : failed(new Error('no answer')); look(); })"
        )
        names = seen.ask("[...document.querySelectorAll('.bar .name')].map(name => name.textContent.replace('✓ ', ''))")
        assert sorted(names) == sorted(FOLDERS)
        assert not seen.problems


def pressed(seen: Browser, text: str) -> None:
    seen.ask(f"[...document.querySelectorAll('button')].find(button => button.textContent === {text!r}).click()")


def answered(seen: Browser) -> str:
    """The best answer, once there is one; it is looked for in the page, turn by turn."""
    seen.ask(
        "new Promise((done, failed) => { let left = 300; const problem = document.getElementById('problem');"
        " const look = () => document.querySelector('.bar.best') ? done()"
        " : left-- ? setTimeout(look, 50) : failed(new Error(problem.textContent)); look(); })"
    )
    return str(seen.ask("document.querySelector('.bar.best .name').textContent")).removeprefix("✓ ")


@needs_browser
@pytest.mark.slow
def test_what_is_drawn_filmed_or_recorded_is_answered(projects, tmp_path):
    pictures = written(projects, "grey", "web", tmp_path / "pictures.html")
    sounds = written(projects, "sounds", "web", tmp_path / "sounds.html")
    with browser(tmp_path / "profile") as seen:
        seen.open(pictures.as_uri())
        seen.ask("netwright.ready")
        pressed(seen, "Draw")
        left, top = seen.ask("(r => [r.left, r.top])(document.querySelector('.pad').getBoundingClientRect())")
        for kind, x, y in (("mousePressed", 60, 60), ("mouseMoved", 200, 190), ("mouseReleased", 200, 190)):
            seen.call(
                "Input.dispatchMouseEvent", type=kind, x=left + x, y=top + y, button="left", buttons=1, clickCount=1
            )
        assert answered(seen) in FOLDERS
        pressed(seen, "Clear")
        assert seen.ask("document.querySelector('.bar') === null")
        pressed(seen, "Camera")
        assert answered(seen) in FOLDERS
        assert seen.ask("document.querySelector('video').videoWidth") > 0
        pressed(seen, "Camera")
        assert seen.ask("document.querySelector('video').hidden")
        assert not seen.problems
        seen.open(sounds.as_uri())
        seen.ask("netwright.ready")
        assert seen.ask("netwright.check()")["same"] == 5
        pressed(seen, "Record")
        seen.ask("new Promise(done => setTimeout(done, 700))")
        pressed(seen, "Stop")
        assert answered(seen) in FOLDERS
        assert not seen.problems


# C++ and C#


def onnxruntime_for_cpp(folder: Path) -> Path | None:
    """A folder with headers and library: the headers are where NETWRIGHT_ONNXRUNTIME_INCLUDE says."""
    headers = os.environ.get("NETWRIGHT_ONNXRUNTIME_INCLUDE", "")
    if not headers or not (Path(headers) / "onnxruntime_cxx_api.h").is_file():
        return None
    import onnxruntime

    library = next((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"), None)
    if library is None:
        return None
    (folder / "lib").mkdir(parents=True)
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / "lib" / name).symlink_to(library)
    (folder / "include").symlink_to(headers)
    return folder


@pytest.mark.slow
def test_the_cpp_project_builds_and_answers(projects, tmp_path):
    if shutil.which("cmake") is None or shutil.which("c++") is None:
        pytest.skip("no CMake or C++ compiler is installed")
    place = onnxruntime_for_cpp(tmp_path / "onnxruntime")
    if place is None:
        pytest.skip("NETWRIGHT_ONNXRUNTIME_INCLUDE does not say where the headers of onnxruntime are")
    project = written(projects, "table", "cpp", tmp_path / "app")
    build = project / "build"
    for command in (
        ["cmake", "-B", str(build), "-DCMAKE_BUILD_TYPE=Release", f"-DONNXRUNTIME_DIR={place}"],
        ["cmake", "--build", str(build)],
    ):
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    for kind in KINDS:
        other = project if kind == "table" else written(projects, kind, "cpp", tmp_path / kind)
        answer = subprocess.run(
            [str(build / "network"), "--check"],
            capture_output=True,
            text=True,
            env={**os.environ, "NETWORK_FOLDER": str(other)},
            timeout=60,
        )
        assert answer.returncode == 0 and answer.stdout.startswith("5 of 5 golden samples"), answer.stderr
    shown = subprocess.run(
        [str(build / "network"), f"{COLUMN}=52.5", "colour <i>=red & <b>"], capture_output=True, text=True, timeout=60
    )
    assert any(name in shown.stdout for name in CLASSES), shown.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mcs") is None or shutil.which("mono") is None, reason="Mono is not installed")
def test_the_csharp_source_compiles_and_answers_through_a_stand_in(projects, tmp_path):
    """Not .NET with its class library: a stand-in with the same names asks onnxruntime in Python."""
    places = {kind: written(projects, kind, "csharp", tmp_path / kind) for kind in KINDS}
    sources = [str(path) for path in places["table"].glob("*.cs")]
    program = tmp_path / "network.exe"
    done = subprocess.run(
        ["mcs", "-langversion:7.2", f"-out:{program}", *sources, str(STAND_INS / "OnnxRuntime.cs")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    environment = {**os.environ, "STAND_IN_PYTHON": sys.executable}
    environment["STAND_IN_SCRIPT"] = str(STAND_INS / "onnxruntime_lines.py")
    for place in places.values():
        shutil.copy(program, place)
        answer = subprocess.run(
            ["mono", str(place / program.name), "--check"], capture_output=True, text=True, env=environment, timeout=60
        )
        assert answer.returncode == 0 and answer.stdout.startswith("5 of 5 golden samples"), (
            answer.stdout + answer.stderr
        )


# Model card


def test_the_model_card_has_figures_and_a_header_that_holds(projects, tmp_path):
    place = written(projects, "table", "card", tmp_path / "app")
    text = (place / "README.md").read_text(encoding="utf-8")
    _, header, body = text.split("---\n", 2)
    assert f"- name: {json.dumps(NAME, ensure_ascii=False)}" in header
    assert "license:" not in "\n".join(line for line in header.splitlines() if not line.startswith("#"))
    assert "| accuracy | 0." in body and "Licence" in body
    outside_code = "".join(body.split("```")[::2])
    assert "<script" not in outside_code and "<b>" not in outside_code
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    assert [config["id2label"][str(place)] for place in range(3)] == sorted(CLASSES)
    assert config["label2id"] == {name: int(place) for place, name in config["id2label"].items()}
    assert config["task"] == "tabular-classification"
