"""The few lines of Python that run an exported file, written for its own inputs and outputs."""

from pathlib import Path

from engine.protocol.messages import ModelExported


def python_code(result: ModelExported) -> str:
    """A program that stands by itself: needs onnxruntime and numpy, and Pillow for pictures."""
    pictures = [item for item in result.inputs if item.get("kind") == "image"]
    lines = ["import numpy as np", "import onnxruntime"]
    if pictures:
        lines.append("from PIL import Image")
    if pictures:
        lines += ["", "picture = Image.open('picture.png').convert('RGB')"]
    lines += ["", f"model = onnxruntime.InferenceSession({Path(result.file).name!r})", "inputs = {"]
    lines += [f"    {str(item['name'])!r}: {_example(item)}," for item in result.inputs]
    lines.append("}")
    names = [str(item["name"]) for item in result.outputs]
    labels = [str(item["name"]) for item in result.outputs if "classes" in item]
    shown = labels or names
    lines.append(f"names = {names!r}")
    lines.append("answers = dict(zip(names, model.run(names, inputs)))")
    lines += [f"print({name!r}, answers[{name!r}][0])" for name in shown]
    scores = [name for name in names if name not in labels] if labels else []
    lines += [f"print({name!r}, answers[{name!r}][0].max())" for name in scores]
    return "\n".join(lines) + "\n"


def _example(item: dict[str, object]) -> str:
    kind = item.get("kind")
    if kind == "image":
        return "np.asarray(picture)[None]"
    if kind == "number":
        return "np.array([1.0], np.float32)"
    if kind in ("category", "text"):
        return "np.array(['...'], object)"
    shape = item.get("shape")
    sizes = [size if isinstance(size, int) else 1 for size in shape] if isinstance(shape, list) else [1]
    return f"np.zeros({tuple(sizes)!r}, np.float32)"
