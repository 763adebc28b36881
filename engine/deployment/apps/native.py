"""What the C++ and the C# program read: the model, and its description and golden samples as tables parted by tabs."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.deployment.apps.golden import write_samples
from engine.deployment.apps.material import Material


def write_native(folder: Path, material: Material) -> None:
    """model.onnx, model.tsv, expected.tsv, samples as PPM and WAV, labels.txt and signature.json."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(material.model, folder / "model.onnx")
    material.write_conventions(folder)
    _write(folder / "model.tsv", description_rows(material.contract))
    expected = write_samples(folder, material.description, material.golden, material.rates, "pnm")
    _write(folder / "expected.tsv", expected_rows(expected))


def _write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    text = "".join("\t".join(escaped(str(cell)) for cell in row) + "\n" for row in rows)
    path.write_bytes(text.encode("utf-8"))


def escaped(text: str) -> str:
    """A cell: a tab, a new line and a backslash are written as two signs."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def description_rows(contract: Mapping[str, Any]) -> list[list[object]]:
    """`name`; an `input` row: name, field, kind, rate or spread, sizes (-1 free), separator or distribution, written;
    an `output` row: field, kind, label, scores, value; then its `class` rows and how it `writes`."""
    rows: list[list[object]] = [["name", contract["name"]]]
    for item in contract["inputs"]:
        sizes = " ".join(str(size if isinstance(size, int) else -1) for size in item["shape"][1:])
        number = item.get("rate", item.get("std", 0))
        extra = item.get("separator", item.get("distribution", ""))
        written = "written" if item.get("written") else ""
        rows.append(["input", item["name"], item["field"], item["kind"], number, sizes, extra, written])
    for item in contract["outputs"]:
        rows.append(["output", item["field"], item["kind"], item["label"], item["scores"], item["value"]])
        rows += [["class", name] for name in item["classes"]]
        writes = item.get("writes", {})
        if writes.get("input"):
            told = [writes[name] for name in ("input", "first", "end", "unit", "room", "most", "closing", "opening")]
            rows.append(["writes", *told])
    return rows


def expected_rows(expected: Mapping[str, Any]) -> list[list[object]]:
    """A `sample` row, then what to `give` (file, text or numbers) and which `strings` and `numbers` are the answer."""
    rows: list[list[object]] = [["tolerance", expected["tolerance"]]]
    for sample in expected["samples"]:
        rows.append(["sample", sample["name"]])
        for name, item in sample["inputs"].items():
            if "file" in item:
                rows.append(["give", name, "file", item["file"]])
            else:
                rows.append(["give", name, "text", _as_text(item["value"])])
        for name, item in sample["outputs"].items():
            if "strings" in item:
                rows.append(["strings", name, *item["strings"]])
            else:
                rows.append(["numbers", name, " ".join(f"{number:.9g}" for number in item["numbers"])])
    return rows


def _as_text(value: Any) -> str:
    """A value as the programs read it; nothing for a number that is missing, NA inside a row of numbers."""
    if isinstance(value, list):
        return " ".join("NA" if item is None else _as_text(item) for item in value)
    return "" if value is None else f"{value:.9g}" if isinstance(value, float) else str(value)
