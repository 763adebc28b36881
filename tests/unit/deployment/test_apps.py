"""Ready-made apps: what suits which network, where they are written, what is left when that fails, what goes along."""

import importlib
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from small_runs import finished_run, pictures, table, text

from engine.catalog.apps import APPS, BY_KEY, answers_of, inputs_of
from engine.cli.main import main
from engine.deployment.apps.golden import picture_bytes, wav_bytes
from engine.deployment.apps.material import signature
from engine.deployment.apps.native import escaped
from engine.deployment.apps.save import MARK, list_apps, save_app
from engine.deployment.apps.subgraph import subgraph
from engine.deployment.apps.web import _filled, in_script
from engine.deployment.apps.words import markdown, package_name, toml
from engine.document import files
from engine.document.data_spec import FieldKind
from engine.document.sharing import is_shared_project, unpack_project
from engine.errors import Cancelled, ExportError, ProjectError
from engine.protocol.run_folder import run_folders


@pytest.fixture(scope="module")
def tabular(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tabular")
    run = finished_run(folder / "project", table(folder), target="kind", name="Small things")
    return folder / "project", run


# What there is


def test_every_app_says_what_it_is_and_has_a_writer():
    assert [app.key for app in APPS] == ["web", "python", "server", "csharp", "cpp", "pytorch", "card", "project"]
    for app in APPS:
        assert app.title and app.line and app.help.endswith(".")
        module = importlib.import_module(f"engine.deployment.apps.{'share' if app.key == 'project' else app.key}")
        assert callable(module.share_project if app.key == "project" else module.write)


def test_an_app_suits_by_the_kinds_of_field_that_go_in_and_come_out(tabular):
    project = files.load(tabular[0])
    assert {field.name for field in answers_of(project)} == {"kind"}
    assert {field.kind for field in inputs_of(project)} == {FieldKind.NUMBER, FieldKind.CATEGORY}
    assert all(app.why_not(project) == "" for app in APPS)
    numbers = replace(BY_KEY["web"], takes=frozenset({FieldKind.NUMBER}))
    assert numbers.why_not(project) == "It takes categories ('colour'), which this app cannot read."
    silent_one = replace(BY_KEY["web"], gives=frozenset({FieldKind.NUMBER}))
    assert silent_one.why_not(project) == "It answers with categories ('kind'), which this app cannot show."


@pytest.mark.parametrize(
    ("name", "expected"),
    [("garments", "garments-web.html"), ("a/b\\..:<é> *", "a-b-----é-web.html"), ("", "model-web.html")],
)
def test_file_names_are_safe_everywhere(name, expected):
    assert BY_KEY["web"].file_name(name) == expected
    assert BY_KEY["python"].file_name("x") == "x-python"


def test_the_list_tells_the_size_of_the_project_to_share(tabular):
    listed = list_apps(*tabular)
    assert [offer.key for offer in listed.apps] == [app.key for app in APPS]
    shared = listed.apps[-1]
    assert shared.data_bytes == (tabular[0].parent / "table.csv").stat().st_size
    assert 0 < shared.bytes < 1_000_000


def test_the_command_line_lists_them_and_says_what_is_missing(tabular, capsys):
    assert main(["app", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["apps"]
    assert [app["key"] for app in listed] == [app.key for app in APPS]
    assert main(["app", str(tabular[0]), "web", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "--to"
    assert main(["app", str(tabular[0]), "web", "--to", "x.html", "--with-data", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "--with-data"


# Where it is written


def test_a_folder_of_ours_is_replaced_and_others_are_left_alone(tabular, tmp_path):
    saved = save_app(*tabular, "python", tmp_path / "app")
    assert saved.open == str(tmp_path / "app" / "README.md") and MARK not in saved.files
    (tmp_path / "app" / "__pycache__").mkdir()
    (tmp_path / "app" / "__pycache__" / "x.pyc").write_text("x")
    again = save_app(*tabular, "python", tmp_path / "app")
    assert again.files == saved.files, "nobody had changed anything, so it was replaced"
    for change in ("README.md", "my notes.txt"):
        before = (tmp_path / "app" / change).read_text() if change == "README.md" else None
        (tmp_path / "app" / change).write_text("mine")
        with pytest.raises(ExportError, match="other things in it") as told:
            save_app(*tabular, "python", tmp_path / "app")
        assert told.value.found == change and (tmp_path / "app" / change).read_text() == "mine"
        (tmp_path / "app" / change).write_text(before) if before else (tmp_path / "app" / change).unlink()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(ExportError, match="other things in it"):
        save_app(*tabular, "python", tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        save_app(*tabular, "project", tmp_path / "x.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "mine", "x.zip"], "nothing half written is left"


def test_a_file_gets_its_suffix_and_takes_the_place_of_an_older_one(tabular, tmp_path):
    (tmp_path / "page.html").write_text("old")
    saved = save_app(*tabular, "web", tmp_path / "page")
    assert saved.path == str(tmp_path / "page.html") and saved.files == ["page.html"]
    assert saved.bytes == (tmp_path / "page.html").stat().st_size > 4_000_000


def test_a_stopped_save_leaves_what_was_there(tabular, tmp_path):
    save_app(*tabular, "cpp", tmp_path / "app")
    before = sorted(path.name for path in (tmp_path / "app").iterdir())
    told: list[str] = []
    with pytest.raises(Cancelled):
        save_app(
            *tabular,
            "cpp",
            tmp_path / "app",
            progress=lambda _done, text: told.append(text),
            cancelled=lambda: "Writing the project" in told,
        )
    assert sorted(path.name for path in (tmp_path / "app").iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["app"]


def test_an_unknown_app_and_a_place_that_cannot_be_are_told(tabular, tmp_path):
    with pytest.raises(ExportError, match="no app 'toaster'"):
        save_app(*tabular, "toaster", tmp_path / "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="cannot be written"):
        save_app(*tabular, "cpp", tmp_path / "file" / "below")
    with pytest.raises(ExportError, match="is a file"):
        save_app(*tabular, "cpp", tmp_path / "file")


# Golden samples and conventions


def test_golden_samples_are_what_the_file_answers_to_what_is_written(tabular, tmp_path):
    save_app(*tabular, "python", tmp_path / "app")
    inside = tmp_path / "app" / "small_things_model"
    expected = json.loads((inside / "expected.json").read_text(encoding="utf-8"))
    contract = json.loads((inside / "model.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(str(inside / "model.onnx"))
    assert len(expected["samples"]) == 5
    for sample in expected["samples"]:
        feeds = {}
        for item in contract["inputs"]:
            value = sample["inputs"][item["name"]]["value"]
            number = np.array([np.nan if value is None else value], np.float32) if item["kind"] == "number" else None
            feeds[item["name"]] = np.array([value], object) if number is None else number
        label, scores = session.run(["label", "scores"], feeds)
        assert [str(item) for item in label] == sample["outputs"]["label"]["strings"]
        assert scores[0] == pytest.approx(sample["outputs"]["scores"]["numbers"], abs=1e-6)
    assert (inside / "labels.txt").read_text(encoding="utf-8").split("\n")[:3] == ["kind 0", "kind 1", "kind 2"]
    told = json.loads((inside / "signature.json").read_text(encoding="utf-8"))
    assert told == signature(contract) and told["classes"]["Label"] == ["kind 0", "kind 1", "kind 2"]
    assert set(told["inputs"]) == {item.name for item in session.get_inputs()}


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_golden_pictures_lose_nothing(channels, tmp_path):
    from PIL import Image

    pixels = np.random.default_rng(channels).integers(0, 256, (5, 7, channels), np.uint8)
    path = tmp_path / "picture.png"
    path.write_bytes(picture_bytes(pixels, "png"))
    read = np.asarray(Image.open(path))
    assert (read.reshape(5, 7, -1) == pixels).all()
    plain = picture_bytes(pixels, "pnm")
    assert plain.endswith(pixels.tobytes()) and plain[:2] == {1: b"P5", 3: b"P6"}.get(channels, b"P7")


def test_golden_sound_loses_nothing(tmp_path):
    import soundfile

    samples = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    (tmp_path / "sound.wav").write_bytes(wav_bytes(samples, 8000))
    read, rate = soundfile.read(tmp_path / "sound.wav", dtype="float32")
    assert rate == 8000 and (read == samples).all()


@pytest.mark.parametrize("kind", ["pictures", "text"])
def test_pytorch_code_answers_golden_samples_in_this_process(kind, tmp_path, monkeypatch):
    source = {"pictures": pictures, "text": text}[kind](tmp_path)
    run = finished_run(tmp_path / "project", source, name="Small")
    save_app(tmp_path / "project", run, "pytorch", tmp_path / "app")
    own = ("model", "torch_model", "network")
    monkeypatch.syspath_prepend(str(tmp_path / "app"))
    for name in own:
        monkeypatch.delitem(sys.modules, name, raising=False)
    try:
        right, count, largest = importlib.import_module("torch_model").TorchModel().check()
    finally:
        for name in own:
            sys.modules.pop(name, None)
    assert right == count == 5 and largest < 1e-5


# Names are text


def test_names_cannot_end_a_script_a_page_or_a_cell():
    awkward = "</script><!-- & \u2028 \"' \\ \t\n"
    held = in_script({"name": awkward})
    assert not set("<>&\u2028") & set(held) and json.loads(held) == {"name": awkward}
    assert _filled("a@x@b@y@c@d", {"x": "@y@", "y": "2"}) == "a@y@b2c@d", "what is put in is not looked through"
    assert escaped("a\tb\\n\nc") == "a\\tb\\\\n\\nc"
    assert markdown("a|b <i>`x`*_[l](u)\n# h") == "a\\|b &lt;i&gt;\\`x\\`\\*\\_\\[l\\](u) # h"
    import tomllib

    assert tomllib.loads(f"x = {toml(awkward)}") == {"x": awkward}
    assert [package_name(name) for name in ("Garments 2", "9 lives", "猫", "a model")] == [
        "garments_2_model",
        "net_9_lives_model",
        "net_model",
        "a_model",
    ]


def test_a_part_of_a_graph_keeps_what_leads_to_it():
    from onnx import TensorProto, helper

    from engine.onnx_writer import OnnxWriter

    writer = OnnxWriter()
    x = writer.input("x", TensorProto.FLOAT, ["N", 2])
    y = writer.input("y", TensorProto.FLOAT, ["N", 2])
    total = writer.add("Add", [x, y])
    twice = writer.add("Mul", [total, writer.constant(np.array([2.0, 3.0], np.float32))])
    writer.output(twice, "z", TensorProto.FLOAT, ["N", 2])
    model = writer.model(ir_version=10)
    info = helper.make_tensor_value_info("given", TensorProto.FLOAT, ["N", 2])
    part = subgraph(model, {total: info}, {"z": "z"}, {item.name: item for item in model.graph.output})
    onnx.checker.check_model(part, full_check=True)
    assert [item.name for item in part.graph.input] == ["given"] and len(part.graph.node) == 3
    found = onnxruntime.InferenceSession(part.SerializeToString()).run(None, {"given": np.ones((1, 2), np.float32)})
    assert found[0].tolist() == [[2.0, 3.0]]


# The project, to share


def test_a_shared_project_opens_elsewhere_with_its_run_and_data(tabular, tmp_path):
    project_dir, _ = tabular
    (project_dir / ".netwright" / "secret").write_text("a journal")
    saved = save_app(*tabular, "project", tmp_path / "small.zip", with_data=True)
    with zipfile.ZipFile(saved.path) as archive:
        names = archive.namelist()
        whole = b"".join(archive.read(name) for name in names if name.endswith(".json"))
    assert "data/table.csv" in names and not any(".netwright" in name or "/last-" in name for name in names)
    assert str(tmp_path).encode() not in whole and str(project_dir.parent).encode() not in whole
    assert is_shared_project(Path(saved.path))
    unpack_project(Path(saved.path), tmp_path / "there")
    run = next(run_folders(tmp_path / "there"))
    again = list_apps(tmp_path / "there", run)
    assert again.apps[-1].data_bytes == list_apps(*tabular).apps[-1].data_bytes
    moved = save_app(tmp_path / "there", run, "cpp", tmp_path / "app")
    assert moved.samples == 5, "its data is read and its network runs"


def test_without_data_the_zip_says_a_name_and_no_place(tabular, tmp_path):
    saved = save_app(*tabular, "project", tmp_path / "small.zip")
    with zipfile.ZipFile(saved.path) as archive:
        project = json.loads(archive.read("project.json"))
        assert not any(name.startswith("data/") for name in archive.namelist())
    assert [source["path"] for source in project["data"]["sources"]] == ["table.csv"]


def test_data_that_is_gone_cannot_go_along(tmp_path):
    run = finished_run(tmp_path / "project", table(tmp_path), target="kind")
    (tmp_path / "table.csv").unlink()
    with pytest.raises(ExportError, match=r"'table\.csv' is not there"):
        save_app(tmp_path / "project", run, "project", tmp_path / "x.zip", with_data=True)
    assert not (tmp_path / "x.zip").exists()
    save_app(tmp_path / "project", run, "project", tmp_path / "x.zip")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"project.json": "{}", "../out.txt": "x"}, "outside its folder"),
        ({"project.json": "{}", "/tmp/out.txt": "x"}, "outside its folder"),
        ({"project.json": "{}", "a\\..\\..\\out.txt": "x"}, "outside its folder"),
        ({"readme.txt": "x"}, "holds no project"),
    ],
)
def test_a_zip_that_means_harm_is_not_unpacked(members, told, tmp_path):
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ProjectError, match=told):
        unpack_project(path, tmp_path / "here")
    assert [item.name for item in tmp_path.iterdir()] == ["sent.zip"]


def test_a_damaged_zip_and_a_folder_in_the_way_are_told(tabular, tmp_path):
    (tmp_path / "sent.zip").write_bytes(b"PK no zip")
    with pytest.raises(ProjectError, match="damaged or no zip"):
        unpack_project(tmp_path / "sent.zip", tmp_path / "here")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("x")
    saved = save_app(*tabular, "project", tmp_path / "good.zip")
    with pytest.raises(ProjectError, match="is there already"):
        unpack_project(Path(saved.path), tmp_path / "mine")


def test_caches_and_links_of_a_sender_are_not_taken(tmp_path):
    path = tmp_path / "sent.zip"
    link = zipfile.ZipInfo("data/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", "{}")
        archive.writestr(".netwright/trusted", "x")
        archive.writestr(link, "/etc/passwd")
    unpack_project(path, tmp_path / "here")
    assert [item.name for item in (tmp_path / "here").rglob("*")] == ["project.json"]
