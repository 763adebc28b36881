"""Reads a chain of layers typed in one line: `conv 64 k3 s2 > bn > relu > pool > linear 10`.

A part is a layer's name or the beginning of one, a number for its width, and short or full settings: k3, s2, p1, d2,
x2, name=value. What a number means follows from the layer's own attributes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type
from engine.catalog.search import search
from engine.catalog.tensors import TensorSpec
from engine.checks.knowledge import Checks
from engine.document.block import BLOCK
from engine.document.edits import AddNode, Connect, Edit
from engine.document.graph import Edge, Node, Value
from engine.document.project import Project
from engine.errors import NetwrightError
from gui.design import graph_edits
from gui.design.flow import flow_of
from gui.design.graph_edits import Loose

_SEPARATOR: Final = re.compile(r"\s*(?:->|>|→|\|)\s*")
_SHORT: Final = {
    "k": ("kernel_size",),
    "s": ("stride",),
    "p": ("padding", "p"),
    "d": ("dilation",),
    "g": ("groups", "num_groups"),
    "h": ("num_heads",),
    "l": ("num_layers",),
    "x": ("scale_factor", "upscale_factor"),
}
_WIDTHS: Final = (
    "out_channels",
    "out_features",
    "hidden_size",
    "embedding_dim",
    "kernel_size",
    "p",
    "num_heads",
    "output_size",
    "scale_factor",
)
"""What a bare number sets: the first of these that a layer has."""
_ALIASES: Final = {"bn": "batchnorm", "fc": "linear", "pool": "maxpool", "gap": "globalaveragepool", "ln": "layernorm"}
_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Link:
    """One layer of a chain with the settings that were typed."""

    kind: type[Layer]
    attributes: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Chain:
    """What was understood; `problem` says which part was not."""

    links: tuple[Link, ...] = ()
    problem: str = ""

    def words(self) -> str:
        """The chain in the names of its layers."""
        return " → ".join(link.kind.label() for link in self.links)


def is_chain(text: str) -> bool:
    """Whether the text means several layers, or one with settings, rather than a word to look for."""
    return bool(_SEPARATOR.search(text.strip())) or bool(re.search(r"[a-z]\s+(?:[a-z_]*=?\d)", text.lower().strip()))


def read_chain(text: str, start: TensorSpec | None = None) -> Chain:
    """The layers named in a text; `start` is the tensor that flows into the first one, where it is known."""
    parts = [part for part in _SEPARATOR.split(text.strip()) if part]
    if len(parts) > _MOST:
        return Chain(problem=f"At most {_MOST} layers at once.")
    links: list[Link] = []
    dimensions = _dimensions(start)
    # Whether a picture, signal or volume flows, known from the start or from the chain.
    spread = start is not None and start.rank in (4, 5)
    for part in parts:
        name, settings = _split(part)
        kind = _kind(name, dimensions)
        if kind is None:
            return Chain(tuple(links), f"No layer is called “{name[:30]}”.")
        attributes, problem = _attributes(kind, settings)
        if problem:
            return Chain(tuple(links), problem)
        if spread and kind.type_name() == "Linear":
            links.append(Link(_flatten(), {}))  # pictures and signals go into a Linear as one row of numbers
        links.append(Link(kind, attributes))
        dimensions = _after(kind, dimensions)
        spread = dimensions > 0 and (spread or kind.type_name()[-2:] in ("1d", "2d", "3d"))
    return Chain(tuple(links))


def add_chain(
    project: Project, checker: Checks, chain: Chain, loose: Loose | None, x: float, y: float
) -> tuple[Edit, list[str]]:
    """Put the layers in a row from (x, y), each fed by the one before it, the first one by the loose end."""
    made: list[Node] = []
    edits: list[Edit] = []
    flow = flow_of(project.graph)
    for number, link in enumerate(chain.links):
        node = graph_edits.new_node(
            project, link.kind.type_name(), *flow.ahead(x, y, number * flow.step), [other.id for other in made]
        )
        if link.attributes:
            node = Node(
                id=node.id, type=node.type, attributes={**node.attributes, **link.attributes}, x=node.x, y=node.y
            )
        edits.append(AddNode(node=node))
        source: tuple[str, str] | None = None
        if number == 0:
            source = (loose.node, loose.port) if loose is not None and loose.forward else None
        elif outputs := graph_edits.outputs_of(chain.links[number - 1].kind):
            source = (made[-1].id, outputs[0])
        if source is not None and graph_edits.ports_of(link.kind):
            spec = checker.specs.get(source) if number == 0 else None
            port = graph_edits.best_port(link.kind, spec)
            edits.append(Connect(edge=Edge(source=source[0], output=source[1], target=node.id, input=port)))
        made.append(node)
    last = chain.links[-1].kind
    if loose is not None and not loose.forward and last.outputs:
        edits.append(
            Connect(edge=Edge(source=made[-1].id, output=last.outputs[0], target=loose.node, input=loose.port))
        )
    title = f"Add {chain.links[0].kind.type_name()}" if len(made) == 1 else f"Add {len(made)} layers"
    return graph_edits.batch(title, edits), [node.id for node in made]


def _split(part: str) -> tuple[str, list[str]]:
    """The name and the settings of a part: "multi head 4" is ("multi head", ["4"])."""
    words = part.replace("(", " ").replace(")", " ").replace(",", " ").split()
    first = next((n for n, word in enumerate(words) if n and _is_setting(word)), len(words))
    return " ".join(words[:first]), words[first:]


def _is_setting(word: str) -> bool:
    return bool(re.fullmatch(r"[a-z_]+=\S+|[a-z]?\d+(?:[.x×]\d+)*|same|\.\d+", word.lower()))


def _dimensions(start: TensorSpec | None) -> int:
    """2 for pictures, taken for granted while nothing is known, 1 for signals, 3 for volumes, 0 for anything else."""
    return 2 if start is None else {5: 3, 4: 2, 3: 1}.get(start.rank, 0)


def _flatten() -> type[Layer]:
    found = layer_type("Flatten")
    assert found is not None
    return found


_FLAT: Final = re.compile(r"Linear|Flatten|Global\w+Pool[123]d")
"""Layers behind which rows of numbers flow."""


def _after(kind: type[Layer], dimensions: int) -> int:
    """What flows behind a layer: signals, pictures, or rows of numbers."""
    name = kind.type_name()
    if _FLAT.fullmatch(name) or kind.family.value in ("recurrent", "embedding", "attention"):
        return 0
    told = {"1d": 1, "2d": 2, "3d": 3}.get(name[-2:], 0)
    # BatchNorm1d and its like stand behind rows of numbers too, which stay what they are.
    return told if told > 1 or (told and dimensions) else dimensions


def _kind(name: str, dimensions: int) -> type[Layer] | None:
    """The layer a word means here: "conv" is Conv2d among pictures and Conv1d among signals."""
    if not name:
        return None
    wanted = _ALIASES.get(name.lower(), name)
    # The same text means the same layers for everybody, whatever they use most; a block is no layer one can name.
    found = tuple(kind for kind in search(wanted) if kind.type_name() != BLOCK)
    if not found:
        return None
    exact = [kind for kind in found if wanted.lower() in (kind.type_name().lower(), kind.label().lower())]
    if exact:
        return exact[0]
    suffix = f"{dimensions}d" if dimensions else "1d"
    stem = re.sub(r"[123]d$", "", found[0].type_name())
    same = [kind for kind in found if re.sub(r"[123]d$", "", kind.type_name()) == stem]
    return next((kind for kind in same if kind.type_name().endswith(suffix)), found[0])


def _attributes(kind: type[Layer], settings: Sequence[str]) -> tuple[dict[str, Value], str]:
    known = {info.name: info for info in kind.attributes()}
    values: dict[str, Value] = {}
    for word in settings:
        name, value = _setting(word, known)
        if not name:
            return {}, f"{kind.label()} has nothing to set to “{word[:20]}”."
        values[name] = value
    try:
        kind.from_attributes(values)
    except NetwrightError as error:
        return {}, error.message
    return {name: value for name, value in values.items() if value != known[name].default}, ""


def _setting(word: str, known: Mapping[str, object]) -> tuple[str, Value]:
    if "=" in word:
        name, _sign, text = word.partition("=")
        return (name if name in known else ""), _value(text)
    if word.lower() == "same":
        return ("padding" if "padding" in known else ""), "same"
    if word[0].isalpha():
        names = _SHORT.get(word[0].lower(), ())
        return next((name for name in names if name in known), ""), _value(word[1:])
    return next((name for name in _WIDTHS if name in known), ""), _value(word)


def _value(text: str) -> Value:
    sides = re.split("[x×]", text)
    if len(sides) > 1 and all(side.isdigit() for side in sides):
        return [int(side) for side in sides]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d*\.\d+", text):
        return float(text)
    return {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}.get(text.lower(), text)
