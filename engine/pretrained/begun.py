"""Weights of pretrained networks that a project begins with: brought into it from this machine, or told how to get."""

from pathlib import Path

from engine.catalog.pretrained import Pretrained, pretrained_used
from engine.catalog.pretrained.kept import is_kept
from engine.document.atomic import megabytes
from engine.document.node_weights import weights_file
from engine.document.project import Project
from engine.errors import PretrainedError


def bring_weights(project_dir: Path, project: Project) -> None:
    """Put the weights that nodes begin with into the project, where they lie on this machine and not yet in it.

    Raises PretrainedError that says how to fetch those that are not on this machine either.
    """
    for wanted in pretrained_used(project):
        if weights_file(project_dir, wanted.name).is_file():
            continue
        if not is_kept(wanted):
            raise not_here(wanted)
        from engine.pretrained.getting import put_into  # numpy and safetensors come with it

        put_into(project_dir, wanted)


def not_here(wanted: Pretrained) -> PretrainedError:
    """What to tell of a network whose weights somebody has to fetch first."""
    return PretrainedError(
        f"This network begins with {wanted.title}, which is not on this machine yet.",
        where=f"{wanted.name} ({megabytes(wanted.source.bytes)}, {wanted.licence})",
        hint=(
            f"Fetch it once: netwright pretrained {wanted.name} --yes, or in the window: select its block in the tab "
            "Design and press Fetch. Start fresh, beside it, begins with chance weights instead."
        ),
    )
