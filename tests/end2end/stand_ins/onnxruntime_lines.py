"""Answers what OnnxRuntime.cs asks: a line a tensor (name | type | sizes | values), an empty line at the end."""

import base64
import sys

import numpy as np
import onnxruntime

TYPES = {"Single": np.float32, "Double": np.float64, "Byte": np.uint8}


def text(word: str) -> str:
    return base64.b64decode(word).decode()


def plain(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def main() -> None:
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    feeds: dict[str, np.ndarray] = {}
    for line in sys.stdin:
        if line.strip():
            name, kind, sizes, values = line.rstrip("\n").split("|")
            shape = [int(size) for size in sizes.split()]
            if kind == "String":
                feeds[text(name)] = np.array([text(word) for word in values.split(" ")], object).reshape(shape)
            else:
                words = [float(word) for word in values.split()]
                feeds[text(name)] = np.array(words, TYPES[kind]).reshape(shape)
            continue
        for output, value in zip(session.get_outputs(), session.run(None, feeds), strict=True):
            if value.dtype.kind in "OU":
                told, words = "String", [plain(str(item)) or "-" for item in value.ravel()]
            else:
                told = "UInt8" if value.dtype == np.uint8 else "Float"
                words = [repr(float(item)) for item in value.ravel()]
            print(f"{plain(output.name)}|{told}|{' '.join(words)}", flush=False)
        print(flush=True)
        feeds = {}


main()
