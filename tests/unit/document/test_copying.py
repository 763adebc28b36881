"""A copied project has all its data and a first version, and none of the runs."""

from pathlib import Path

from engine.document import files
from engine.document.copying import copy_files, copy_project
from engine.document.project import Project


def made(folder: Path) -> Path:
    files.create(folder, Project(name="sports"))
    for name in (
        "data/runs/1.png",
        "data/exports/2.png",
        "data/project.json",
        "runs/0001/events.jsonl",
        "exports/a.onnx",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / ".save-1.tmp").write_text("half")
    return folder


def names(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".netwright" not in path.parts
    }


def test_classes_called_like_our_folders_go_along(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_project(made(tmp_path / "sports"), copy)
    assert names(copy) == {"project.json", "data/runs/1.png", "data/exports/2.png", "data/project.json"}
    assert files.last_good(copy) is not None
    assert files.load(copy).name == "sports"


def test_the_files_alone_leave_project_json_to_others(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_files(made(tmp_path / "sports"), copy)
    assert names(copy) == {"data/runs/1.png", "data/exports/2.png", "data/project.json"}
