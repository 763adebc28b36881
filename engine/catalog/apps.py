"""The ready-made apps a trained network can be saved as: what each is, and for which networks it is made.

Only what the window and the command line show stands here; `engine.deployment.apps` writes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.document.data_spec import Field, FieldKind, Role
from engine.document.project import Project

_ALL = frozenset(FieldKind)
_NO_MASK = _ALL - {FieldKind.MASK}
_WORDS: Mapping[FieldKind, str] = {
    FieldKind.IMAGE: "pictures",
    FieldKind.MASK: "masks",
    FieldKind.NUMBER: "numbers",
    FieldKind.CATEGORY: "categories",
    FieldKind.LABELS: "several labels",
    FieldKind.DATE: "dates",
    FieldKind.TEXT: "text",
    FieldKind.AUDIO: "sound",
    FieldKind.SERIES: "series",
    FieldKind.ARRAY: "arrays of numbers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One form to hand a network on in. `form` is what is written: a folder, or one file with that suffix.

    `takes` and `gives` are the kinds of field that the app can read and answer with.
    """

    key: str
    title: str
    line: str
    form: Literal["folder", ".html", ".zip"]
    help: str
    takes: frozenset[FieldKind] = _NO_MASK
    gives: frozenset[FieldKind] = _ALL
    needs_run: bool = True

    def why_not(self, project: Project) -> str:
        """Why this network cannot be saved in that form; empty when it can."""
        for field in inputs_of(project):
            if field.kind not in self.takes:
                return f"It takes {_WORDS[field.kind]} ('{field.name}'), which this app cannot read."
        for field in answers_of(project):
            if field.kind not in self.gives:
                return f"It answers with {_WORDS[field.kind]} ('{field.name}'), which this app cannot show."
        return ""

    def file_name(self, project_name: str) -> str:
        """A name for the folder or file, safe everywhere: `garments-web.html`."""
        stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in project_name).strip("-")[:60]
        suffix = "" if self.form == "folder" else self.form
        return f"{stem or 'model'}-{self.key}{suffix}"


APPS: tuple[App, ...] = (
    App(
        key="web",
        title="Web page",
        line="Runs in the browser, nothing to install",
        form=".html",
        help="One file that opens by double click, without a network. Drop or draw a picture, use the camera or the "
        "microphone, type a text or fill in a form; nothing leaves the machine.",
    ),
    App(
        key="python",
        title="Python",
        line="A function and a command, onnxruntime",
        form="folder",
        help="A package that pip installs: predict(...) and a command line. Needs onnxruntime and numpy, and Pillow "
        "for pictures.",
        takes=_ALL,
    ),
    App(
        key="server",
        title="REST server",
        line="Docker or bare, FastAPI",
        form="folder",
        help="A server that answers JSON and files, with a page that describes it at /docs, and a Dockerfile.",
        takes=_ALL,
    ),
    App(
        key="csharp",
        title="C#",
        line=".NET console app",
        form="folder",
        help="A .NET project with its source. Reads PPM pictures, WAV sound, CSV tables and text.",
    ),
    App(
        key="cpp",
        title="C++",
        line="CMake project",
        form="folder",
        help="A CMake project with its source, on the C++ interface of onnxruntime. Reads PPM pictures, WAV sound, "
        "CSV tables and text.",
    ),
    App(
        key="pytorch",
        title="PyTorch code",
        line="The network as source, with its weights",
        form="folder",
        help="The network as a file a person would have written, its weights as safetensors, and scripts that predict "
        "and train on.",
        takes=_ALL,
    ),
    App(
        key="card",
        title="Model card",
        line="What it is and how good",
        form="folder",
        help="A folder in the form of Hugging Face: README.md with the scores filled in, config.json, the model and "
        "golden samples.",
        takes=_ALL,
    ),
    App(
        key="project",
        title="Netwright project",
        line="Everything, to share",
        form=".zip",
        help="A zip of the project with its best run, with or without the data; Netwright opens it anywhere.",
        takes=_ALL,
    ),
)

BY_KEY: Mapping[str, App] = {app.key: app for app in APPS}


def inputs_of(project: Project) -> tuple[Field, ...]:
    """The fields that an answer needs; none for a network that makes something of noise alone."""
    used = _in_nodes(project, "Input")
    return tuple(field for field in project.data.fields if field.role is Role.INPUT and field.name in used)


def answers_of(project: Project) -> tuple[Field, ...]:
    """The fields that the network answers with."""
    used = _in_nodes(project, "Output")
    return tuple(field for field in project.data.fields if field.name in used)


def _in_nodes(project: Project, kind: str) -> set[str]:
    found: set[str] = set()
    for node in project.graph.nodes.values():
        if node.type == kind:
            found.update(_names(node.attributes.get("fields", ())))
            found.update(_names((node.attributes.get("field", ""),)))
    return found


def _names(value: object) -> Sequence[str]:
    return [str(name) for name in value if name] if isinstance(value, list | tuple) else ()
