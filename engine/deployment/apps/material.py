"""What every app is made from: the proved file, what it says of itself, and golden samples."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.dataset import Dataset
from engine.data.progress import IsCancelled, Progress
from engine.data.sources import resources_dir
from engine.deployment.apps.golden import Golden, PictureForm, write_expected, write_samples
from engine.deployment.description import Description
from engine.document.data_spec import Field
from engine.document.project import Project
from engine.errors import Cancelled
from engine.protocol.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`contract` is `model.json`; `golden` are samples with the file's own answers."""

    project_dir: Path
    project: Project
    run: RunFolder
    model: Path
    description: Description
    fields: Mapping[str, Field]
    contract: Mapping[str, Any]
    golden: Sequence[Golden]
    dataset: Dataset
    progress: Progress
    cancelled: IsCancelled

    def step(self, fraction: float, message: str) -> None:
        """Report how far it is. Raises Cancelled."""
        if self.cancelled():
            raise Cancelled
        self.progress(fraction, message)

    @property
    def rates(self) -> dict[str, int]:
        """Samples a second of the inputs that take sound."""
        return {item["name"]: item["rate"] for item in self.contract["inputs"] if "rate" in item}

    @property
    def has_pictures(self) -> bool:
        """Whether a person gives it pictures."""
        return any(item["kind"] in ("image", "mask") for item in self.contract["inputs"])

    @property
    def makes_pictures(self) -> bool:
        """Whether it answers with pictures or masks."""
        return any(item["kind"] in ("image", "mask") for item in self.contract["outputs"])

    def write_model(self, folder: Path, *, pictures: PictureForm = "png", golden_in: Path | None = None) -> None:
        """model.onnx, model.json, labels.txt, signature.json, and golden samples (in `golden_in`, or the folder)."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.model, folder / "model.onnx")
        write_json(folder / "model.json", self.contract)
        self.write_conventions(folder)
        target = golden_in or folder
        write_expected(target, write_samples(target, self.description, self.golden, self.rates, pictures))

    def write_conventions(self, folder: Path) -> None:
        """labels.txt (a class a line) and signature.json, which other tools look for."""
        classes = main_classes(self.contract)
        if classes:
            lines = [" ".join(name.splitlines()) for name in classes]
            (folder / "labels.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        write_json(folder / "signature.json", signature(self.contract))


def main_classes(contract: Mapping[str, Any]) -> list[str]:
    """The classes of the first output that has some and is no written text."""
    outputs = [item for item in contract["outputs"] if item["classes"] and "writes" not in item]
    return list(outputs[0]["classes"]) if outputs else []


def signature(contract: Mapping[str, Any]) -> dict[str, Any]:
    """What other tools read beside a model: names, dtypes and shapes of inputs and outputs, classes."""
    inputs = {
        item["name"]: {
            "name": item["name"],
            "dtype": item["dtype"],
            "shape": [size if isinstance(size, int) else None for size in item["shape"]],
        }
        for item in contract["inputs"]
    }
    outputs = {
        name: {"name": name}
        for item in contract["outputs"]
        for name in (item["label"], item["scores"], item["value"])
        if name
    }
    found: dict[str, Any] = {
        "doc_name": contract["name"],
        "format": "onnx",
        "filename": "model.onnx",
        "export_model_version": 1,
        "inputs": inputs,
        "outputs": outputs,
    }
    classes = main_classes(contract)
    if classes:
        found["classes"] = {"Label": classes}
    return found


def template(app: str, name: str) -> Path:
    """A file of resources/apps."""
    return resources_dir() / "apps" / app / name


def copy_template(app: str, name: str, to: Path) -> None:
    """Copy a file of resources/apps as it is."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template(app, name), to)


def write_json(path: Path, value: object) -> None:
    """Plain JSON, to be read by people too."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum((Path(place) / name).stat().st_size for place, _, names in os.walk(path) for name in names)
