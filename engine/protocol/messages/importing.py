"""Requests to make a project of a network from elsewhere, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class ImportModel(Request, frozen=True, kw_only=True):
    """Make a project of an ONNX file, with an editable graph and its weights. -> ModelImported"""

    path: str
    project_dir: str


class ModelChecked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the network's answers are from onnxruntime's, on the file itself, for so many random samples.

    `problem` says why it could not be asked.
    """

    samples: int
    max_abs_difference: float = 0.0
    problem: str = ""


class ModelImported(Event, frozen=True, kw_only=True):
    """What was made of a file. `mapped` counts layers by type, `opaque` operators that stay as they are by name.

    `operators` are those of the file, `recognised` the layers that it wrote as several; `batch` is how many samples it
    takes at once where that is fixed. `run` holds the weights. `notes` are sentences for a person.
    """

    project: str
    name: str = ""
    nodes: int = 0
    operators: int = 0
    mapped: dict[str, int] = {}
    opaque: dict[str, int] = {}
    recognised: int = 0
    parameters: int = 0
    checked: ModelChecked = ModelChecked(samples=0)
    run: int = 0
    producer: str = ""
    opset: int = 0
    inputs: list[str] = []
    outputs: list[str] = []
    batch: int = 0
    exact: bool = False
    notes: list[str] = []
