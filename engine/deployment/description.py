"""What an exported file says of itself in its metadata, and reading it back; imports neither torch nor onnx."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from engine.catalog.layers.data import Noise
from engine.catalog.pretrained import notices
from engine.document import files
from engine.document.data_spec import DataSpec, Field, Step
from engine.document.project import Project
from engine.errors import DataError, NetwrightError

PROJECT = "netwright.project"
DESCRIPTION = "netwright.description"
NOISE = "noise"
"""The kind of an input that is no field of the data: random numbers, which whoever asks draws."""
PREPARED = "prepared"
"""The kind of an input that takes what the preparation gives: its `field` is a field, or an Input node of the drawing
where the file holds the network alone."""


class InputDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a file. `shape` has None at free sizes; `meaning` is a sentence for people.

    Of noise `distribution` and `std` say what is to be drawn; its `field` is its name.
    """

    name: str
    field: str
    kind: str
    dtype: str
    shape: list[int | str | None]
    meaning: str = ""
    distribution: str = ""
    std: float = 1.0


class OutputDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a file. A category has `label` and `scores`, names of two outputs; so have labels, whose `label` is
    N × classes with "" for those that are not named (score up to 0.5); a mask `value` (class numbers,
    N × height × width) and `scores` (N × classes × height × width); else `value` names the one."""

    field: str
    kind: str
    label: str = ""
    scores: str = ""
    value: str = ""
    title: str = ""
    """Where several answer one field: what this one is called."""
    classes: list[str] = []
    function: str = "none"
    """What made the scores: softmax (they add up to 1), sigmoid (each 0 to 1), exp or none."""
    logits: str = ""
    """The one output where a file holds the network alone: `function` makes the scores of it, and what names the best
    stays with whoever asks."""
    so_far: str = ""
    """A text: the input that takes what is written so far; `label` is then the next token, `classes` are the tokens."""
    mean: list[float] = []
    std: list[float] = []
    """A picture, N × channels × height × width: grey levels 0 to 1 are value × `std` + `mean` of each channel."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """All a program needs to feed a file and to read its answers."""

    name: str
    inputs: list[InputDescription]
    outputs: list[OutputDescription]
    version: str = ""
    run: int = 0
    precision: str = "float32"
    contents: str = "whole"
    samples: int = 0
    metrics: dict[str, float] = {}


def own_version() -> str:
    """Version of Netwright."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("netwright")
    except PackageNotFoundError:
        return "0"


def without_paths(project: Project) -> Project:
    """A copy that says nothing of the machine: sources keep the name of their file or folder alone."""
    twin = project.copy()
    sources = tuple(
        source if source.path.startswith("resource:") else msgspec.structs.replace(source, path=_last_part(source.path))
        for source in project.data.sources
    )
    twin.data = msgspec.structs.replace(project.data, sources=sources)
    return twin


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or "data"


def prepared_meaning(fields: Sequence[Field]) -> str:
    """What an input of prepared numbers takes, in one sentence: the steps, in their order, with their settings."""
    told = [
        f"{field.name}: " + (", ".join(_step_words(field, step) for step in field.preparation) or "as it is")
        for field in fields[:12]
    ]
    more = "; ..." if len(fields) > 12 else ""
    return f"Prepared numbers, as training saw them. {'; '.join(told)}{more}."


def _step_words(field: Field, step: Step) -> str:
    """`Normalize (mean 0.286, std 0.353)`: the settings, and the statistics of the data where the step goes by them."""
    settings = [f"{name} {value}" for name, value in step.attributes.items() if not isinstance(value, list | dict)]
    statistics = field.statistics
    if step.type in ("Normalize", "Standardize"):
        level = 255 if step.type == "Normalize" else 1
        given = step.attributes if step.type == "Normalize" else {}
        for name, measured in (("mean", statistics.mean), ("std", statistics.std)):
            numbers = given.get(name) or [value / level for value in measured]
            if isinstance(numbers, Sequence) and numbers:
                settings.append(f"{name} " + " ".join(f"{float(value):.6g}" for value in numbers[:4]))
    elif step.type == "MinMaxScale" and statistics.minimum and statistics.maximum:
        settings.append(f"from {statistics.minimum[0]:.6g} to {statistics.maximum[0]:.6g}")
    elif step.type == "FillMissing":
        settings.append(f"with {statistics.fill:.6g}" if "value" not in step.attributes else "")
    elif step.type in ("OneHot", "ClassIndex", "MultiHot"):
        settings.append("of " + ", ".join(statistics.classes[:12]) + (", ..." if len(statistics.classes) > 12 else ""))
    kept = ", ".join(item for item in settings if item)
    return f"{step.type} ({kept})" if kept else step.type


def write_metadata(description: Description, project: Project) -> dict[str, str]:
    """The metadata_props of a file: ours, and the keys other tools look for."""
    found = {
        DESCRIPTION: msgspec.json.encode(description).decode(),
        PROJECT: files.to_bytes(without_paths(project)).decode(),
        "netwright.version": description.version,
        "description": f"{description.name}: {_sentence(description)}",
        "author": "Netwright",
        "version": description.version,
        "inputs": msgspec.json.encode(description.inputs).decode(),
    }
    if told := notices(project):
        found["notices"] = "\n".join(told)
    categories = [output for output in description.outputs if output.classes and output.label and not output.so_far]
    masks = [output for output in description.outputs if output.classes and not output.label and output.scores]
    if masks and not categories:
        found["labels"] = msgspec.json.encode(masks[0].classes).decode()
        found["task"] = "segment"
    if categories:
        labels = categories[0].classes
        found["labels"] = msgspec.json.encode(labels).decode()
        found["names"] = "{" + ", ".join(f"{i}: {label!r}" for i, label in enumerate(labels)) + "}"
        found["task"] = "classify"
    pictures = [item for item in description.inputs if item.kind == "image"]
    if pictures:
        field = project.data.field(pictures[0].field)
        found["Image.BitmapPixelFormat"] = "Gray8" if field is not None and _is_grey(field) else "Rgb8"
        found["Image.ColorSpaceGamma"] = "SRGB"
        found["Image.NominalPixelRange"] = "NominalRange_0_255"
    return found


def _is_grey(field: Field) -> bool:
    modes = [step.attributes.get("mode", "rgb") for step in field.preparation if step.type == "Channels"]
    shape = field.statistics.shape
    return modes[-1] == "gray" if modes else len(shape) == 3 and shape[2] == 1


def _sentence(description: Description) -> str:
    inputs = ", ".join(item.name for item in description.inputs)
    outputs = ", ".join(item.label or item.logits or item.value for item in description.outputs)
    if description.contents == "network":
        return f"{inputs} in, {outputs} out. The network alone, without preparation and labels."
    return f"{inputs} in, {outputs} out. Preparation and labels are inside."


def read_metadata(metadata: dict[str, str], where: str) -> tuple[Description, dict[str, Field]]:
    """The description of a file and its fields by name. Raises DataError when it was not written by Netwright."""
    try:
        description = msgspec.json.decode(metadata[DESCRIPTION].encode(), type=Description)
        data: DataSpec = files.from_bytes(metadata[PROJECT].encode(), where).data
    except (KeyError, msgspec.MsgspecError, NetwrightError):
        raise DataError(
            f"'{Path(where).name}' does not say how it wants its inputs.",
            where=where,
            expected="an ONNX file that was exported by Netwright",
            found="an ONNX file without its description",
            hint="Export the network again, or use the file with onnxruntime directly.",
        ) from None
    if any(item.kind == PREPARED for item in description.inputs):
        raise DataError(
            f"'{Path(where).name}' takes numbers that are prepared already.",
            where=where,
            expected="a file with the preparation inside",
            found="the network alone" if description.contents == "network" else "an opset too old for the preparation",
            hint="Export it with preparation and labels (opset 20), or use the file with onnxruntime directly.",
        )
    return description, {field.name: field for field in data.fields}


def noise_meaning(layer: Noise) -> str:
    """What to put into an input of noise, in one sentence."""
    if layer.distribution == "uniform":
        spread = 3.0**0.5 * layer.std
        return f"Random numbers, uniform between {-spread:.4g} and {spread:.4g}; new ones give a new answer."
    return f"Random numbers, normal around 0 with a spread of {layer.std:.4g}; new ones give a new answer."


def draw(item: InputDescription, key: Sequence[int]) -> npt.NDArray[np.float32]:
    """Noise for one sample; the same for the same key."""
    sizes = [size for size in item.shape[1:] if isinstance(size, int)]
    generator = np.random.default_rng(key)
    if item.distribution == "uniform":
        spread = 3.0**0.5 * item.std
        return generator.uniform(-spread, spread, sizes).astype(np.float32)
    return (generator.standard_normal(sizes) * item.std).astype(np.float32)


def meaning(field: Field) -> str:
    """What to put into an input, in one sentence."""
    statistics: Any = field.statistics
    match field.kind.value:
        case "image":
            return "Pictures as bytes, 0 to 255, height × width × channels (grey, RGB or RGBA); any size."
        case "number":
            return "Numbers in their own unit; not-a-number where one is missing."
        case "category":
            return (
                "Text, one of: " + ", ".join(statistics.classes[:20]) + ("..." if len(statistics.classes) > 20 else "")
            )
        case "date":
            return "Seconds since 1970-01-01 in UTC, as a double; not-a-number where a date is missing."
        case "labels":
            mark = str(field.options.get("separator", ";"))
            return f"Labels with {mark} between them and no blanks, of: {', '.join(statistics.classes[:20])}"
        case "text":
            return "Text as it is."
        case "audio":
            return f"Sound, one channel, -1 to 1, {statistics.rate:,} samples a second{_lengths(field)}."
        case "series":
            return f"Values over time, oldest first: moments × channels{_channels(field)}; not-a-number where missing."
        case _:
            return "Decimal numbers, as in the data."


def _lengths(field: Field) -> str:
    first = field.preparation[0].type if field.preparation else ""
    return ", of any length" if first == "Length" else ""


def _channels(field: Field) -> str:
    columns = field.options.get("columns")
    channels = field.statistics.shape[1] if len(field.statistics.shape) == 2 else 0
    if not isinstance(columns, list) or len(columns) != channels:
        return ""
    return f" ({', '.join(map(str, columns[:12]))}{', ...' if len(columns) > 12 else ''})"
