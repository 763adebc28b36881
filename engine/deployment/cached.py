"""The exported file of a run that Try it and predict ask; finding it again imports neither torch nor onnx."""

import hashlib
from pathlib import Path

from engine.data.progress import IsCancelled, Progress, never, silent
from engine.deployment.description import own_version
from engine.errors import RunNotFound
from engine.protocol.run_folder import RunFolder
from engine.training.run_state import Kind

_SAMPLES = 100


def cached_model(
    project_dir: Path,
    run: RunFolder,
    which: Kind = "best",
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Path:
    """A proved file of the run's best (or last) weights in .netwright/models, written when it is missing or the run
    went on.

    Raises RunNotFound and whatever `engine.deployment.export.export_onnx` raises.
    """
    folder = project_dir / ".netwright" / "models"
    name = f"{'run' if which == 'best' else 'last'}-{run.number:04d}"
    path = folder / f"{name}-{weights_key(run, which)}.onnx"
    if path.is_file():
        return path
    from engine.deployment.export import export_onnx  # torch comes with it

    export_onnx(
        project_dir, run, path, which=which, samples=_SAMPLES, report=False, progress=progress, cancelled=cancelled
    )
    for old in folder.glob(f"{name}-*.onnx"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def weights_key(run: RunFolder, which: Kind) -> str:
    """A short text that changes when the run has other weights or another project, or this program another version."""
    digest = hashlib.sha256(own_version().encode())
    try:
        digest.update(run.project_file.read_bytes())
    except OSError as error:
        raise RunNotFound(
            f"The project of run {run.number} cannot be read: {error.strerror}.", where=str(run.project_file)
        ) from error
    # The best weights alone decide; the last ones serve where they are asked for, or there are no best ones yet.
    wanted = ("best", "last") if which == "best" else ("last",)
    kinds = [sorted(run.checkpoints.glob(f"{kind}-*/manifest.json")) for kind in wanted]
    for manifest in next((found for found in kinds if found), []):
        digest.update(manifest.parent.name.encode() + manifest.read_bytes())
    return digest.hexdigest()[:16]
