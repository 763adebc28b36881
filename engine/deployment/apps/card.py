"""Model card in the form of Hugging Face: README.md with its header, config.json, preparation, figures filled in."""

import json
from pathlib import Path
from typing import Any

from engine.catalog.pretrained import notices
from engine.deployment.apps.material import Material, main_classes, write_json
from engine.deployment.apps.words import inputs_table, markdown, outputs_table, provenance
from engine.document.data_spec import Field, FieldKind, SplitMethod
from engine.errors import DataError
from engine.evaluation.evaluate import evaluate
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation

_FEW = 100
_MOST_CLASSES = 60
_DEALT = {
    SplitMethod.RANDOM: "by chance",
    SplitMethod.STRATIFIED: "by chance, each class alike",
    SplitMethod.GROUPED: "by group",
    SplitMethod.TIME: "by time, the latest to test",
    SplitMethod.GIVEN: "as the files say",
}
_TASKS = {
    (FieldKind.IMAGE, FieldKind.CATEGORY): "image-classification",
    (FieldKind.IMAGE, FieldKind.LABELS): "image-classification",
    (FieldKind.IMAGE, FieldKind.MASK): "image-segmentation",
    (FieldKind.TEXT, FieldKind.CATEGORY): "text-classification",
    (FieldKind.TEXT, FieldKind.LABELS): "text-classification",
    (FieldKind.TEXT, FieldKind.TEXT): "translation",
    (FieldKind.AUDIO, FieldKind.CATEGORY): "audio-classification",
    (FieldKind.SERIES, FieldKind.SERIES): "time-series-forecasting",
}


def write(folder: Path, material: Material) -> str:
    """Write the folder; `README.md` is the card."""
    material.step(0.1, "Scoring on the test split")
    scored = _scored(material)
    material.step(0.8, "Writing the card")
    material.write_model(folder)
    write_json(folder / "config.json", config(material))
    pictures = [field for field in _inputs(material) if field.kind is FieldKind.IMAGE]
    write_json(folder / "preprocessor_config.json", preparation(_inputs(material), pictures[0] if pictures else None))
    (folder / "README.md").write_text(_card(material, scored), encoding="utf-8")
    return "README.md"


def _scored(material: Material) -> EvaluationFinished | None:
    """The scores on the test split, or on validation where there is none to test on."""
    for split in ("test", "val"):
        try:
            return evaluate(
                material.project_dir,
                material.run,
                split,
                progress=lambda done, text: material.step(0.1 + 0.7 * max(0.0, done), text),
                cancelled=material.cancelled,
            )
        except DataError:
            continue  # an empty split; the card says which one was scored
    return None


def config(material: Material) -> dict[str, Any]:
    """`config.json`: the names of the classes by number, and back."""
    found: dict[str, Any] = {
        "_name_or_path": material.contract["name"],
        "architectures": ["ONNX"],
        "model_type": "netwright",
        "netwright_version": material.description.version,
        "file": "model.onnx",
    }
    classes = main_classes(material.contract)
    if classes:
        found["id2label"] = {str(place): name for place, name in enumerate(classes)}
        found["label2id"] = {name: place for place, name in enumerate(classes)}
        found["num_labels"] = len(classes)
    task = _task(material)
    return found | ({"task": task} if task else {})


def preparation(fields: list[Field], picture: Field | None) -> dict[str, Any]:
    """`preprocessor_config.json`: every step, for those who prepare inputs themselves; model.onnx does it inside."""
    found: dict[str, Any] = {
        "inside_model": True,
        "inputs": {
            field.name: [{"type": step.type, **step.attributes} for step in field.preparation] for field in fields
        },
    }
    if picture is None:
        return found
    steps = {step.type: step for step in picture.preparation}
    if "Resize" in steps:
        size = steps["Resize"].attributes
        found["do_resize"] = True
        found["size"] = {"height": size.get("height", 64), "width": size.get("width", 64)}
    if "Scale" in steps:
        found |= {"do_rescale": True, "rescale_factor": 1 / 255}
    if "Normalize" in steps:
        given = steps["Normalize"].attributes
        measured = picture.statistics
        found["do_normalize"] = True
        found["image_mean"] = given.get("mean") or [value / 255 for value in measured.mean]
        found["image_std"] = given.get("std") or [value / 255 for value in measured.std]
    return found


def _inputs(material: Material) -> list[Field]:
    names = {item["field"] for item in material.contract["inputs"]}
    return [field for field in material.fields.values() if field.name in names]


def _task(material: Material) -> str:
    """Hugging Face's name of what it does; empty where there is none."""
    inputs, outputs = _inputs(material), material.contract["outputs"]
    if len(outputs) != 1:
        return ""
    if not inputs:
        return "unconditional-image-generation" if outputs[0]["kind"] == "image" else ""
    answer = FieldKind(outputs[0]["kind"])
    if any(field.kind in (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.DATE) for field in inputs):
        return {FieldKind.CATEGORY: "tabular-classification", FieldKind.NUMBER: "tabular-regression"}.get(answer, "")
    if answer is FieldKind.TEXT and len(inputs) == 1 and inputs[0].name == outputs[0]["field"]:
        return "text-generation"
    return _TASKS.get((inputs[0].kind, answer), "")


def _header(material: Material, scored: EvaluationFinished | None) -> str:
    """The YAML header. JSON strings are YAML strings, whatever stands in them."""
    task = _task(material)
    lines = ["---", "# license: choose one of https://huggingface.co/docs/hub/repositories-licenses"]
    lines += ["library_name: onnx"]
    lines += [f"pipeline_tag: {task}"] if task else []
    lines += ["tags:", "- onnx", "- onnxruntime", "- netwright"]
    if scored is not None and scored.outputs:
        metrics = _numbers(scored.outputs[0].metrics)
        lines += ["metrics:", *(f"- {_quoted(name)}" for name in metrics)]
        lines += ["model-index:", f"- name: {_quoted(material.contract['name'])}", "  results:"]
        lines += ["  - task:", f"      type: {task or 'other'}", "    dataset:"]
        lines += [f"      name: {_quoted(material.project.name)}", "      type: own", f"      split: {scored.split}"]
        lines += ["    metrics:"]
        for name, value in metrics.items():
            lines += [f"    - type: {_quoted(name)}", f"      value: {value:.6g}"]
    return "\n".join([*lines, "---"])


def _quoted(text: str) -> str:
    """A YAML string in double quotes: what JSON leaves as it is, but YAML does not allow, is escaped too."""
    found = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(sign):04x}" if "\x7f" <= sign <= "\x9f" or sign in "\u2028\u2029\ufeff" else sign for sign in found
    )


def _numbers(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value == value and abs(value) != float("inf")}


def _card(material: Material, scored: EvaluationFinished | None) -> str:
    contract = material.contract
    parts = [_header(material, scored), "", f"# {markdown(contract['name'])}", "", provenance(contract), ""]
    parts += ["## What it does", "", inputs_table(contract), "", outputs_table(contract), ""]
    parts += ["## How good it is", "", _figures(scored), "", "## Data", "", _data(material), ""]
    parts += ["## Limits", "", *_limits(material, scored), "", "## How to use it", "", _usage(contract), ""]
    parts += [
        "`model.onnx` takes raw inputs and gives answers: preparation and the names of the classes are inside.",
        "It was kept only because it answered as the trained network did. `expected.json` holds golden samples",
        "with its answers, with which any program can prove that it uses the file rightly.",
        "",
        "## Licence",
        "",
        "Choose one and name it in the header above. Mind the licence of the data it learned from.",
        "",
        *_notices(material),
    ]
    return "\n".join(parts)


def _notices(material: Material) -> list[str]:
    """Whose weights are inside, where it stands on a pretrained network."""
    told = notices(material.project)
    return ["It contains weights of others:", "", *(f"- {markdown(text)}" for text in told), ""] if told else []


def _figures(scored: EvaluationFinished | None) -> str:
    if scored is None or not scored.outputs:
        return "No split of the data could be scored."
    which = (
        "samples it never saw" if scored.split == "test" else "validation samples, by which its best epoch was chosen"
    )
    parts = [f"Measured on {scored.samples:,} {which}.", ""]
    for output in scored.outputs:
        if len(scored.outputs) > 1:
            parts += [f"### {markdown(output.field)}", ""]
        parts += ["| Measure | Value | 95 % interval |", "|---|---|---|"]
        for name, value in _numbers(output.metrics).items():
            ends = output.intervals.get(name, [])
            span = f"{ends[0]:.4g} to {ends[1]:.4g}" if len(ends) == 2 else ""
            parts.append(f"| {markdown(name.replace('_', ' '))} | {value:.4g} | {span} |")
        parts += ["", *_classes(output)]
    return "\n".join(parts).rstrip()


def _classes(output: FieldEvaluation) -> list[str]:
    """A line a class."""
    if not output.per_class:
        return []
    lines = ["| Class | Precision | Recall | F1 | Samples |", "|---|---|---|---|---|"]
    for item in output.per_class[:_MOST_CLASSES]:
        figures = f"{item.precision:.3f} | {item.recall:.3f} | {item.f1:.3f} | {item.samples:,}"
        lines.append(f"| {markdown(item.name)} | {figures} |")
    if len(output.per_class) > _MOST_CLASSES:
        lines.append(f"| {len(output.per_class) - _MOST_CLASSES:,} more | | | | |")
    return [*lines, ""]


def _data(material: Material) -> str:
    counts = material.dataset.counts
    told = f"{counts.train:,} samples to learn from, {counts.val:,} to validate, {counts.test:,} to test; "
    told += f"dealt {_DEALT[material.project.data.split.method]}, copies never across."
    lines = [told + (f" {counts.pool:,} more have no label." if counts.pool else "")]
    for item in material.contract["outputs"]:
        statistics = material.fields[item["field"]].statistics
        if statistics.classes and statistics.counts:
            shown = zip(statistics.classes[:_MOST_CLASSES], statistics.counts, strict=False)
            listed = ", ".join(f"{markdown(name)} {count:,}" for name, count in shown)
            lines += ["", f"To learn from, by class of {markdown(item['field'])}: {listed}."]
    lines += ["", "Say here where the data comes from, who is in it, and what may be done with it."]
    return "\n".join(lines)


def _limits(material: Material, scored: EvaluationFinished | None) -> list[str]:
    """What the figures themselves say against using it, and what always holds."""
    classes = main_classes(material.contract)
    lines = [
        "- It answers whatever it is given: a thing of no class it knows is called one of those it does know."
        if classes
        else "- It answers whatever it is given, also what is far from all that it learned from."
    ]
    for item in material.contract["outputs"]:
        statistics = material.fields[item["field"]].statistics
        few = [name for name, count in zip(statistics.classes, statistics.counts, strict=False) if count < _FEW]
        if few:
            named = ", ".join(markdown(name) for name in few[:10]) + (
                f" and {len(few) - 10} more" if len(few) > 10 else ""
            )
            lines.append(f"- It learned from fewer than {_FEW} samples of {named}.")
    if scored is not None and scored.samples < _FEW * 5:
        lines.append(f"- It was scored on {scored.samples:,} samples alone, so the figures are rough.")
    for output in scored.outputs if scored is not None else []:
        weak = sorted((item for item in output.per_class if item.samples), key=lambda item: item.recall)[:3]
        weak = [item for item in weak if item.recall < 0.8]
        if weak:
            told = ", ".join(f"{markdown(item.name)} ({item.recall:.0%})" for item in weak)
            lines.append(f"- Of these it finds the fewest: {told}.")
    lines.append("- Scores hold for data like the one it learned from; other cameras, places or times may do worse.")
    return lines


def _usage(contract: Any) -> str:
    names = [item["name"] for item in contract["inputs"]]
    given = "\n".join(f"    {json.dumps(name)}: ...,  # see the table above" for name in names)
    return f"""```python
import onnxruntime

model = onnxruntime.InferenceSession("model.onnx")
answers = model.run(None, {{
{given}
}})
```"""
