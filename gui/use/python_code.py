"""The few lines of Python that run an exported file, written for its own inputs and outputs."""

from pathlib import Path

from engine.protocol.messages.deployment import ModelExported


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
    written = next((item for item in result.outputs if item.get("so_far") and "classes" in item), None)
    if written is not None:
        return "\n".join([*lines, *_writing(written)]) + "\n"
    names = [str(item["name"]) for item in result.outputs]
    masks = [item for item in result.outputs if item.get("kind") == "mask"]
    labels = [str(item["name"]) for item in result.outputs if "classes" in item and item not in masks]
    shown = labels or [str(item["name"]) for item in result.outputs if item not in masks]
    lines.append(f"names = {names!r}")
    lines.append("answers = dict(zip(names, model.run(names, inputs)))")
    lines += [f"print({name!r}, answers[{name!r}][0])" for name in shown]
    for item in masks:
        if isinstance(classes := item.get("classes"), list):
            lines += [
                f"mask = answers[{str(item['name'])!r}][0]  # a class number for each point, height × width",
                f"for number, name in enumerate({[str(name) for name in classes]!r}):",
                "    print(name, (mask == number).mean())",
            ]
    of_masks = [str(item["name"]) for item in masks]
    scores = [name for name in names if name not in (*labels, *of_masks)] if labels else []
    lines += [f"print({name!r}, answers[{name!r}][0].max())" for name in scores]
    return "\n".join(lines) + "\n"


def _writing(item: dict[str, object]) -> list[str]:
    """A text, token by token: the likeliest is put behind it until the end."""
    name, so_far = str(item["name"]), str(item["so_far"])
    return [
        "text = ''  # or how it is to begin",
        "for _ in range(200):",
        f"    inputs[{so_far!r}] = np.array([text], object)",
        f"    token = model.run([{name!r}], inputs)[0][0]",
        "    if token in ('', '<unknown>', '<end>'):",
        "        break",
        f"    text += {str(item['between'])!r} + token" if item.get("between") else "    text += token",
        "print(text)",
    ]


def _example(item: dict[str, object]) -> str:
    kind = item.get("kind")
    if kind == "image":
        return "np.asarray(picture)[None]"
    if kind == "mask":
        return "np.zeros((1, 64, 64), np.uint8)"
    if kind == "number":
        return "np.array([1.0], np.float32)"
    if kind in ("category", "text"):
        return "np.array(['...'], object)"
    shape = item.get("shape")
    sizes = [size if isinstance(size, int) else 1 for size in shape] if isinstance(shape, list) else [1]
    return f"np.zeros({tuple(sizes)!r}, np.float32)"
