"""Bad input through the real command: what, where, why; the rest goes on; never a trace, never a hang."""

import json
import os
import shutil
from pathlib import Path

import numpy
import pytest
from PIL import Image

from tests.end2end.command import ROOT, netwright


def pictures(folder: Path, per_class: int = 20, side: int = 16) -> Path:
    """A folder with a folder of pictures per class: dark ones and bright ones."""
    random = numpy.random.default_rng(7)
    for name, level in (("dark", 60), ("bright", 190)):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = numpy.clip(random.normal(level, 25, (side, side, 3)), 0, 255).astype(numpy.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_broken_pictures_are_named_and_left_out(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    good = (folder / "dark" / "0.png").read_bytes()
    (folder / "dark" / "empty.png").write_bytes(b"")
    (folder / "dark" / "truncated.png").write_bytes(good[: len(good) // 2])
    (folder / "bright" / "page.jpg").write_text("<html><body>Not found</body></html>")
    (folder / "bright" / "notes.txt").write_text("bright pictures from the attic")
    (folder / "bright" / "missing.png").symlink_to(tmp_path / "gone.png")
    (folder / "bright" / "round").symlink_to(folder)
    header = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + (60000).to_bytes(4, "big") * 2
    (folder / "bright" / "huge.png").write_bytes(header + b"\x08\x02\x00\x00\x00" + b"\x00" * 64)

    answer = netwright("new", tmp_path / "project", "--data", folder)
    listed = {Path(item["where"]).name: item["reason"] for item in answer["left_out"]}
    for name in ("empty.png", "truncated.png", "page.jpg", "huge.png", "missing.png"):
        assert listed.get(name), f"{name} is not listed: {listed}"
        assert "Errno" not in listed[name] and "Traceback" not in listed[name]
    assert answer["samples"] == 40

    trained = netwright("train", tmp_path / "project", "--epochs", "2")
    assert trained["state"] == "finished"
    predictions = netwright("predict", tmp_path / "project", folder / "dark" / "1.png", folder / "dark" / "empty.png")
    first, second = predictions["predictions"]
    assert first["outputs"] and second["problem"] and not second["outputs"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_pictures_are_named(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    (folder / "dark" / "3.png").chmod(0)
    answer = netwright("new", tmp_path / "project", "--data", folder)
    assert any("3.png" in item["where"] for item in answer["left_out"])


TABLE = "size,colour,price\n" + "".join(
    f"{i % 13},{'red' if i % 2 else 'blue'},{(i % 13) * 2.5 + (i % 2)}\n" for i in range(120)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TABLE + "3,red\n", ("122",)),  # a row too short
        (TABLE + "3,red,4.5,9,9\n", ("122",)),  # a row too long
        (TABLE + "3,red,cheap\n", ("122", "price")),  # text in a number column
    ],
)
def test_a_faulty_row_is_named_with_file_row_and_column(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(text)
    answer = netwright("new", tmp_path / "project", "--data", file, "--target", "price")
    told = json.dumps(answer["left_out"])
    assert "goods.csv" in told
    for word in words:
        assert word in told, told
    assert answer["samples"] == 120


def test_a_table_in_another_encoding_is_read_right(tmp_path: Path) -> None:
    file = tmp_path / "orter.csv"
    rows = "".join(f"{i},{'Åmål' if i % 2 else 'Växjö'}\n" for i in range(60))
    file.write_bytes(("mängd,ort\n" + rows).encode("cp1252"))
    netwright("new", tmp_path / "project", "--data", file, "--target", "ort")
    document = (tmp_path / "project" / "project.json").read_text(encoding="utf-8")
    assert "Åmål" in document and "mängd" in document


def test_a_missing_target_is_a_sentence_with_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(TABLE)
    error = netwright("new", tmp_path / "project", "--data", file, "--target", "prise", expect=1)["error"]
    assert "prise" in error["message"] and "price" in error["expected"] + error["hint"] + error["message"]
    assert not (tmp_path / "project" / "project.json").exists()


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(range(256)) * 40])
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    error = netwright("new", tmp_path / "project", "--data", file, expect=1)["error"]
    assert "table.csv" in error["where"] + error["message"]
    assert "Errno" not in error["message"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    error = netwright("new", tmp_path / "project", "--data", tmp_path / "nothing", expect=1)["error"]
    assert "nothing" in error["where"] + error["message"]
    assert netwright("check", tmp_path / "nothing", expect=1)["error"]["kind"] == "project"


def test_a_damaged_project_is_refused_with_the_place_and_the_last_good_version_offered(tmp_path: Path) -> None:
    project = tmp_path / "penguins"
    netwright("new", project, "--from", "penguins")
    file = project / "project.json"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: len(whole) // 2], encoding="utf-8")
    error = netwright("check", project, expect=1)["error"]
    assert error["kind"] == "project" and "line" in error["where"] + error["message"]
    assert "history" in error["hint"] or "version" in error["hint"]

    file.write_text(whole.replace('"type": "Linear"', '"type": 7', 1), encoding="utf-8")
    error = netwright("check", project, expect=1)["error"]
    assert "nodes" in error["where"] + error["message"]

    file.write_text(whole.replace('"version": 1', '"version": 99', 1), encoding="utf-8")
    assert "99" in netwright("check", project, expect=1)["error"]["message"]


def test_wrong_usage_is_exit_code_two() -> None:
    assert netwright("train", expect=2)["error"]["kind"] == "usage"
    assert netwright("fly", "away", expect=2)["error"]["kind"] == "usage"
    error = netwright("train", ROOT / "projects" / "penguins", "--set", "recipe.sede=3", expect=2)["error"]
    assert "seed" in error["expected"] + error["hint"] + error["message"]


def test_a_network_that_is_not_there_is_not_imported(tmp_path: Path) -> None:
    assert netwright("import", tmp_path / "a.onnx", tmp_path / "b", expect=1)["error"]["kind"] == "import"


def test_a_network_with_problems_does_not_train_and_names_the_node(tmp_path: Path) -> None:
    project = tmp_path / "penguins"
    shutil.copytree(ROOT / "projects" / "penguins", project, ignore=shutil.ignore_patterns("runs", ".netwright"))
    document = json.loads((project / "project.json").read_text(encoding="utf-8"))
    linear = [node for node in document["graph"]["nodes"] if node["type"] == "Linear"][-1]
    linear["attributes"]["out_features"] = 17
    (project / "project.json").write_text(json.dumps(document), encoding="utf-8")
    problems = netwright("check", project)["problems"]
    wrong = [problem for problem in problems if problem["severity"] == "error"]
    assert wrong and wrong[0]["expected"] and wrong[0]["found"] and wrong[0]["repairs"]
    error = netwright("train", project, expect=1)["error"]
    assert error["message"]
