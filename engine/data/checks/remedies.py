"""Ways out of what a check found, as edits of the document in the form of the journal."""

from typing import TYPE_CHECKING

import msgspec

from engine.data.checks.check import Int64s
from engine.document.data_edits import ExcludeSamples, SetField, SetSplit
from engine.document.data_spec import Field, Role, Split, SplitMethod, Step
from engine.document.edits import Edit, SetClassWeights
from engine.document.sample_names import as_runs
from engine.protocol.messages.data import Remedy

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

MOST_NAMED = 200_000
"""Samples that one remedy names; what is more is left for the next time."""


def doing(title: str, *edits: Edit) -> Remedy:
    """A remedy that does edits as one step."""
    return Remedy(title=title, edits=[msgspec.to_builtins(edit) for edit in edits])


LOOK = Remedy(title="Show them")
"""The remedy of looking at the samples."""


def names_of(dataset: "Dataset", numbers: Int64s) -> tuple[str, ...]:
    """The samples as the document names them."""
    return as_runs(dataset.full_name(number) for number in numbers[:MOST_NAMED].tolist())


def leave_out(dataset: "Dataset", numbers: Int64s, title: str) -> Remedy:
    """Use these samples no longer."""
    return doing(title, ExcludeSamples(samples=names_of(dataset, numbers)))


def ignore(field: Field) -> Remedy:
    """Learn nothing from a field."""
    return doing(f"Ignore {field.name}", SetField(name=field.name, role=Role.IGNORED))


def weight_classes() -> Remedy:
    """Let rare classes count more."""
    return doing("Weight the classes", SetClassWeights(on=True))


def with_step(field: Field, step: Step, title: str, *, first: bool = True) -> Remedy:
    """Add a preparation step to a field."""
    steps = (step, *field.preparation) if first else (*field.preparation, step)
    return doing(title, SetField(name=field.name, preparation=steps))


def deal_anew(split: Split, title: str, method: SplitMethod) -> Remedy:
    """Deal the samples by another method, with shares that leave nobody out."""
    shares = (split.train, split.val, split.test)
    if min(shares) <= 0:
        shares = (0.8, 0.1, 0.1)
    train, val, test = shares
    return doing(title, SetSplit(split=msgspec.structs.replace(split, method=method, train=train, val=val, test=test)))
