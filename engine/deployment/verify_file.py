"""`python -m engine.deployment.verify_file MODEL FOLDER`: runs an exported file as its users will, without torch.

First the checker of the ONNX standard looks at it, in this process since it has been seen to crash. FOLDER holds
questions.json: a list of batches, each {input name: {"file": a .npy beside it} or {"strings": [...]}}. The outputs for
each batch are written beside it, and answers.json says where. Prints one JSON object.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from engine.deployment.session import open_session


def read_batch(folder: Path, batch: dict[str, Any]) -> dict[str, Any]:
    """The arrays of one batch. Nothing that runs code is read: .npy without objects, and JSON."""
    arrays: dict[str, Any] = {}
    for name, item in batch.items():
        if "strings" in item:
            arrays[name] = np.array(item["strings"], dtype=object)
        else:
            arrays[name] = np.load(folder / item["file"], allow_pickle=False)
    return arrays


def main(argv: list[str]) -> int:
    """Answer every batch; returns 0 when onnxruntime loaded the file and ran them all."""
    model, folder = argv[0], Path(argv[1])
    stage = "standard"
    try:
        import onnx

        onnx.checker.check_model(model, full_check=True)
        stage = "onnxruntime"
        session = open_session(model)
        names = [output.name for output in session.get_outputs()]
        batches = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        answers: list[dict[str, Any]] = []
        seconds = 0.0
        for number, batch in enumerate(batches):
            arrays = read_batch(folder, batch)
            start = time.perf_counter()
            values = session.run(None, arrays)
            seconds += time.perf_counter() - start
            found: dict[str, Any] = {}
            for place, (name, value) in enumerate(zip(names, values, strict=True)):
                if value.dtype.kind in "OU":
                    found[name] = {"strings": [str(item) for item in value.ravel()]}
                else:
                    found[name] = {"file": f"answers-{number}-{place}.npy"}
                    np.save(folder / found[name]["file"], value, allow_pickle=False)
            answers.append(found)
        (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is told to the process that asked, which words it
        print(json.dumps({"ok": False, "stage": stage, "error": f"{type(error).__name__}: {error}"[:2000]}))  # noqa: T201
        return 1
    report = {"ok": True, "seconds": seconds, "torch": "torch" in sys.modules}
    print(json.dumps(report))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
