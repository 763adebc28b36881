"""The request to turn a foreign ONNX file into a project, and what it is answered with."""

from engine.protocol.messages.base import Event, Request


class ImportModel(Request, frozen=True, kw_only=True):
    """Make a project of an ONNX file in a new or empty folder, its weights in the folder's weights. -> ModelImported"""

    file: str
    project_dir: str


class ModelImported(Event, frozen=True, kw_only=True):
    """The project is in `project_dir`.

    `mapped` counts the layers of the catalog it became, `opaque` the operators that stay as they are and run, by name;
    `parameters` are all its trained numbers. `difference` is the largest one to the file's own answers, relative to the
    largest of these. `notes` say what else to know.
    """

    project_dir: str
    mapped: dict[str, int] = {}
    opaque: dict[str, int] = {}
    parameters: int = 0
    opset: int = 0
    difference: float = 0.0
    notes: list[str] = []
