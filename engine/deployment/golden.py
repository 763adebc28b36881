"""The report of a proof and samples with their answers, saved beside an exported file: FILE.proof.json.

Any program that is to run the file elsewhere can check itself with it: feed each sample's `inputs`, compare with its
`outputs`. A tensor is {"dtype", "shape", "values"} where it is short or made of strings, else {"dtype", "shape",
"base64"}: its bytes, row by row, little-endian. Plain JSON, so that every language reads it.
"""

import base64
import hashlib
import json
import os
import secrets
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from engine.deployment.build import Built
from engine.deployment.description import own_version
from engine.deployment.proof import Comparison
from engine.errors import ExportError
from engine.protocol.messages.deployment import Verified

FORMAT: Final = 1
_SHORT: Final = 64
_LARGEST_BYTES: Final = 4 << 20
"""Of all samples together; the first is saved however large it is."""


def proof_file(model: Path) -> Path:
    """`garments.proof.json` beside `garments.onnx`."""
    return model.with_name(f"{model.stem}.proof.json")


def write_proof(model: Path, content: Path, built: Built, verified: Verified, comparison: Comparison) -> Path:
    """Save it beside `model`, whose bytes are those of `content`. Raises ExportError when it cannot be written."""
    samples: list[dict[str, Any]] = []
    size = 0
    for inputs, outputs in comparison.golden:
        size += sum(np.asarray(value).nbytes for value in (*inputs.values(), *outputs.values()))
        if samples and size > _LARGEST_BYTES:
            break
        samples.append(
            {
                "inputs": {name: _tensor(value) for name, value in inputs.items()},
                "outputs": {name: _tensor(value) for name, value in outputs.items()},
            }
        )
    report = {
        "format": FORMAT,
        "model": model.name,
        "sha256": _digest(content),
        "run": built.description.run,
        "form": msgspec.to_builtins(built.form) | {"precision": built.form.precision},
        "verified": {
            name: value
            for name, value in msgspec.to_builtins(verified).items()
            if verified.score_name or not name.startswith("score")
        },
        "checked_with": {name: _version(name) for name in ("onnx", "onnxruntime")} | {"netwright": own_version()},
        "samples": samples,
    }
    to = proof_file(model)
    part = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(report, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ExportError(
            f"The report of the proof cannot be written: {error.strerror or error}.",
            where=str(to),
            hint="Choose a folder that you may write to and that has room.",
        ) from error
    return to


def read_tensor(item: dict[str, Any]) -> np.ndarray:
    """A tensor of the report as numpy has it; strings as objects."""
    if item["dtype"] == "string":
        return np.array(item["values"], dtype=object).reshape(item["shape"])
    dtype = np.dtype(item["dtype"])
    if "values" in item:
        return np.array(item["values"], dtype).reshape(item["shape"])
    found = np.frombuffer(base64.b64decode(item["base64"]), dtype.newbyteorder("<"))
    return found.astype(dtype).reshape(item["shape"])


def _tensor(value: Any) -> dict[str, Any]:
    array = np.asarray(value, dtype=object) if isinstance(value, list) else np.asarray(value)
    shape = list(array.shape)
    if array.dtype.kind in "OU":
        return {"dtype": "string", "shape": shape, "values": [str(item) for item in array.ravel()]}
    if array.size <= _SHORT and np.isfinite(array).all():
        return {"dtype": array.dtype.name, "shape": shape, "values": array.ravel().tolist()}
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    return {"dtype": array.dtype.name, "shape": shape, "base64": base64.b64encode(little.tobytes()).decode()}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
