"""Web page: one HTML file with runtime and model inside, which opens by double click and needs no network."""

import base64
import gzip
import html
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from engine.deployment.apps.golden import write_samples
from engine.deployment.apps.material import Material, template

_RUNTIME = {
    "runtime": "ort.wasm.min.js.gz",
    "module": "ort-wasm-simd-threaded.mjs.gz",
    "wasm": "ort-wasm-simd-threaded.wasm.gz",
}


def write(page: Path, material: Material) -> str:
    """Write the page; `page` is the file. Its own text is all that a person opens."""
    material.step(0.2, "Packing the model")
    blocks = [
        _block("contract", "application/json", in_script(_contract(material))),
        _block("golden", "application/json", in_script(_golden(material))),
        _block("model", "application/octet-stream", _base64(gzip.compress(material.model.read_bytes(), 9, mtime=0))),
    ]
    for name, file in _RUNTIME.items():
        blocks.append(
            _block(name, "application/octet-stream", _base64(template("web", f"runtime/{file}").read_bytes()))
        )
    # The licence asks to be in every copy of what it covers.
    blocks.append(_block("licence", "text/plain", template("web", "runtime/LICENSE").read_text(encoding="utf-8")))
    material.step(0.8, "Writing the page")
    parts = {
        "title": html.escape(material.contract["name"]),
        "style": template("web", "page.css").read_text(encoding="utf-8"),
        "data": "\n".join(blocks),
        "script": template("web", "page.js").read_text(encoding="utf-8"),
    }
    page.write_text(_filled(template("web", "page.html").read_text(encoding="utf-8"), parts), encoding="utf-8")
    return page.name


def _filled(text: str, parts: dict[str, str]) -> str:
    """A template whose `@name@` are replaced, each once: what is put in is not looked through again."""
    pattern = "|".join(f"@{name}@" for name in parts)
    return re.sub(pattern, lambda found: parts[found[0].strip("@")], text)


def in_script(value: object) -> str:
    """JSON that can stand in a script element: no character in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _block(name: str, kind: str, content: str) -> str:
    return f'<script type="{kind}" id="{name}">{content}</script>'


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _contract(material: Material) -> dict[str, Any]:
    """What the page knows; pictures say whether one draws dark on light, or light on dark."""
    found = dict(material.contract)
    found["inputs"] = [
        {**item, "ink": _ink(material, item["name"])} if item["kind"] == "image" else item for item in found["inputs"]
    ]
    return found


def _ink(material: Material, name: str) -> str:
    """ "dark" where the borders of the pictures are light, as paper is; "" for coloured ones, which are not drawn."""
    borders = []
    for sample in material.golden:
        pixels = np.asarray(sample.raw[name])
        if pixels.shape[2] >= 3 and not (pixels[..., :1] == pixels[..., 1:3]).all():
            return ""
        edge = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
        borders.append(float(np.mean([float(part[..., : min(3, pixels.shape[2])].mean()) for part in edge])))
    return "dark" if borders and sum(borders) / len(borders) > 127 else "light"


def _golden(material: Material) -> dict[str, Any]:
    """The golden samples with their files inside."""
    with TemporaryDirectory(prefix="netwright-") as name:
        folder = Path(name)
        expected = write_samples(folder, material.description, material.golden, material.rates)
        for sample in expected["samples"]:
            for item in sample["inputs"].values():
                if "file" in item:
                    item["base64"] = _base64((folder / item.pop("file")).read_bytes())
    return expected
