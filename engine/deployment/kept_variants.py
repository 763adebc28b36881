"""Where the measurements of a run's variants are kept, and reading them; imports neither torch nor onnx."""

from pathlib import Path

import msgspec

from engine.deployment.cached import weights_key
from engine.protocol.messages.variants import VariantsMeasured
from engine.protocol.run_folder import RunFolder


def variants_folder(project_dir: Path, run: RunFolder, key: str) -> Path:
    """.netwright/variants/run-0001-KEY; the key changes with the weights."""
    return project_dir / ".netwright" / "variants" / f"run-{run.number:04d}-{key}"


def kept_variants(project_dir: Path, run: RunFolder, key: str = "") -> VariantsMeasured | None:
    """What was measured for the run's best weights; None where nothing was, or it cannot be read.

    Raises RunNotFound.
    """
    path = variants_folder(project_dir, run, key or weights_key(run, "best")) / "measured.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=VariantsMeasured)
    except (OSError, msgspec.MsgspecError):
        return None
