"""The example projects that ship with Netwright: what is there, in which order, and what each is about."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.document import files
from engine.document.graph import Graph
from engine.errors import NetwrightError

FOLDER: Final = Path(__file__).resolve().parents[2] / "projects"
INDEX: Final = "index.json"
"""In the folder of the examples: groups in the order of the start page, `[{title, examples}]`."""

_OTHERS: Final = "More"
_README_BYTES: Final = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """An example: its name, the group it stands in, title, question and first sentence of its README, where it lies.

    The title line of a README is `# Title: question?`. `graph` is its network and `kind` that of its first input; both
    are empty where the document is damaged, which is told when it is opened.
    """

    name: str
    group: str
    title: str
    question: str
    sentence: str
    folder: Path
    graph: Graph
    kind: str


def examples(folder: Path = FOLDER) -> list[Example]:
    """All that ship, in the order of the index; those it does not name come last, by name."""
    try:
        there = {path.name for path in folder.iterdir() if (path / files.FILE_NAME).is_file()}
    except OSError:
        return []
    found = []
    for group, name in _order(folder):
        if name in there:
            there.discard(name)
            found.append(_read(folder / name, group))
    return found + [_read(folder / name, _OTHERS) for name in sorted(there)]


def _order(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        groups = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for group in groups:
        for name in group["examples"]:
            yield group["title"], name


def _read(folder: Path, group: str) -> Example:
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            lines = file.read(_README_BYTES).splitlines()
    except OSError:
        lines = []
    graph, kind = Graph(), ""
    try:
        project = files.load(folder)
        graph = project.graph
        kind = next((str(field.kind) for field in project.data.inputs()), "")
    except NetwrightError:
        pass
    line = next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), folder.name)
    title, _, question = (part.strip() for part in line.partition(":"))
    return Example(
        name=folder.name,
        group=group,
        title=title,
        question=question[:1].upper() + question[1:],
        sentence=_first_sentence(lines),
        folder=folder,
        graph=graph,
        kind=kind,
    )


def _first_sentence(lines: list[str]) -> str:
    """The first sentence of the first paragraph, without marks; a very short one takes the second along."""
    paragraph: list[str] = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            paragraph.append(line.strip())
        elif paragraph:
            break
    text = re.sub(r"\*\*[^*]*\*\*\s*", "", " ".join(paragraph)).replace("*", "").replace("`", "")
    match = re.match(r"(.{48,}?[.!?])(\s|$)", text)
    return match[1] if match else text[:160]
