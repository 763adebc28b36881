"""A project as the JSON of project.json and back: readable to people, strict to us, the same bytes for the same value.

One line a node, edge, source and step, defaults left out, names sorted: a change of one thing is one line in a diff.
"""

import re
from typing import Any

import msgspec

from engine.document.block import BlockDefinition, DrawnBlock
from engine.document.data_spec import DataSpec
from engine.document.graph import Edge, Frame, Graph, Mark, Node, Note, is_id, natural
from engine.document.json_reading import RESTORE, line_of, parse
from engine.document.json_text import plain, readable
from engine.document.migrations import CURRENT_VERSION, migrate
from engine.document.project import Project, View
from engine.document.recipe import Recipe
from engine.errors import GraphError, ProjectError

MAX_NODES = 20_000
_MAX_PORT = 64


class _GraphPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    frames: tuple[Frame, ...] = ()
    notes: tuple[Note, ...] = ()


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    version: int
    name: str
    data: DataSpec = DataSpec()
    graph: _GraphPart = _GraphPart()
    blocks: tuple[DrawnBlock, ...] = ()
    recipe: Recipe = Recipe()
    view: View = View()


# msgspec learns what a type is made of when it first meets it, and two threads that make it do so at once crash the
# process: so it meets this one while the module is imported.
msgspec.json.Decoder(_Document)


def as_document(project: Project) -> dict[str, Any]:
    """The project as the JSON object of project.json, defaults left out. Raises ProjectError for NaN and the like."""
    parts: dict[str, Any] = {"format": "netwright", "version": CURRENT_VERSION, "name": project.name}
    graph = project.graph
    drawn = _GraphPart(
        nodes=tuple(graph.sorted_nodes()),
        edges=tuple(graph.sorted_edges()),
        frames=tuple(graph.frames),
        notes=tuple(graph.notes),
    )
    blocks = [project.blocks[name].drawn() for name in sorted(project.blocks, key=natural)]
    parts["data"] = plain(project.data, "data")
    parts["graph"] = {"nodes": [], "edges": [], **plain(drawn, "graph")}
    if blocks:
        parts["blocks"] = [plain(block, f"blocks[{number}]") for number, block in enumerate(blocks)]
    parts["recipe"] = plain(project.recipe, "recipe")
    parts["view"] = plain(project.view, "view")
    return parts


def to_bytes(project: Project) -> bytes:
    """The content of project.json: the same bytes for the same value, whatever was edited on the way there."""
    return readable(as_document(project), _opened).encode()


_OPEN = re.compile(
    r"""\$ ( \.data ( \.sources | \.fields ( \[\] ( \.preparation | \.augmentation )? )?
                   | \.labelling ( \[\] ( \.renamed | \.labelled )? )? | \.excluded )?
           | \.graph ( \.nodes | \.edges | \.frames | \.notes )?
           | \.blocks ( \[\] ( \.exposed | \.nodes | \.edges | \.frames | \.notes )? )?
           | \.recipe ( \.phases ( \[\] ( \.players ( \[\] )? )? )? )?
           )? """,
    re.VERBOSE,
)


def _opened(path: str, value: Any) -> bool:
    """What spans lines: the parts of the document, and items that hold more than scalars."""
    if not _OPEN.fullmatch(path):
        return False
    return not path.endswith("[]") or any(isinstance(part, dict | list) for part in value.values())


def from_bytes(data: bytes, where: str) -> Project:
    """The project in these bytes; `where` names them in messages. Raises ProjectError, and nothing else."""
    document, text = parse(data, where)
    try:
        return from_document(document, where)
    except ProjectError as error:
        path = re.search(r"\$[^\s]*", error.where)
        if path:
            line = line_of(text, path[0])
            name = path[0].removeprefix("$").removeprefix(".") or "the whole file"
            error.where = f"{where}, line {line}: {name}" if line else f"{where}: {name}"
        raise


def from_document(document: object, where: str) -> Project:
    """The project in a JSON object as `as_document` makes it. Raises ProjectError, the path ($.graph) in `where`."""
    if not isinstance(document, dict) or document.get("format") != "netwright":
        raise ProjectError(
            "This is JSON, but not a Netwright project.",
            where=f"{where}: $",
            expected='an object with "format": "netwright"',
            found=_TYPE_WORDS.get(type(document).__name__, type(document).__name__),
            hint=RESTORE,
        )
    document = migrate(document, where)
    try:
        parts = msgspec.convert(document, _Document, strict=True)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), document, where) from None
    except UnicodeError:
        raise ProjectError("A name in the project file holds a broken character.", where=where, hint=RESTORE) from None
    return Project(
        name=parts.name,
        data=_checked_data(parts.data, where),
        graph=_graph(parts.graph, where, "$.graph"),
        recipe=parts.recipe,
        view=parts.view,
        blocks=_blocks(parts.blocks, where),
    )


def _blocks(drawn: tuple[DrawnBlock, ...], where: str) -> dict[str, BlockDefinition]:
    found: dict[str, BlockDefinition] = {}
    for number, block in enumerate(drawn):
        place = f"$.blocks[{number}]"
        if block.id in found:
            raise ProjectError(
                f"Two blocks are called '{block.id[:80]}'.",
                where=f"{where}: {place}",
                hint="Give one of them another id.",
            )
        if not is_id(block.id):
            raise ProjectError(
                f"'{block.id[:80]}' cannot be a block's id.",
                where=f"{where}: {place}",
                expected="a lower-case letter, then letters, digits and single _ (64 at most)",
                found=block.id[:80],
            )
        graph = _graph(block, where, place)
        found[block.id] = BlockDefinition(id=block.id, title=block.title, exposed=block.exposed, graph=graph)
    return found


def _graph(part: _GraphPart | DrawnBlock, where: str, path: str) -> Graph:
    if len(part.nodes) > MAX_NODES:
        raise ProjectError(
            f"The network has {len(part.nodes):,} nodes.",
            where=f"{where}: {path}.nodes",
            expected=f"{MAX_NODES:,} at most",
            found=f"{len(part.nodes):,}",
        )
    graph = Graph()
    place = path
    try:
        for number, node in enumerate(part.nodes):
            place = f"{path}.nodes[{number}]"
            graph.add(node)
        drawn: tuple[tuple[str, tuple[Mark, ...]], ...] = (("frames", part.frames), ("notes", part.notes))
        for list_name, marks in drawn:
            for number, mark in enumerate(marks):
                place = f"{path}.{list_name}[{number}]"
                if graph.put(mark) is not None:
                    raise GraphError(f"There are two frames or notes '{mark.id}'.", where=mark.id)
        for number, edge in enumerate(part.edges):
            place = f"{path}.edges[{number}]"
            if max(len(edge.output), len(edge.input)) > _MAX_PORT:
                raise GraphError("The name of a port is too long.", where=edge.target, expected=f"{_MAX_PORT} letters")
            old = graph.connect(edge)
            if old is not None:
                raise GraphError(
                    f"Two links end at '{edge.input}' of '{edge.target}', from '{old.source}' and '{edge.source}'.",
                    where=edge.target,
                    expected="one link at an input",
                    found="two",
                    hint="Remove one of them.",
                )
    except GraphError as error:
        raise ProjectError(
            error.message,
            where=f"{where}: {place}",
            expected=error.expected,
            found=error.found,
            hint=error.hint or RESTORE,
        ) from None
    return graph


def _checked_data(data: DataSpec, where: str) -> DataSpec:
    seen: set[str] = set()
    for number, field in enumerate(data.fields):
        if field.name in seen:
            raise ProjectError(
                f"Two fields of the data are called '{field.name[:80]}'.",
                where=f"{where}: $.data.fields[{number}]",
                hint="Give one of them another name.",
            )
        seen.add(field.name)
    labelled: set[str] = set()
    for number, item in enumerate(data.labelling):
        if item.field in labelled:
            raise ProjectError(
                f"The classes of '{item.field[:80]}' are changed in two places.",
                where=f"{where}: $.data.labelling[{number}]",
                hint="Put them together in one.",
            )
        labelled.add(item.field)
    return data


_TYPE_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object {…}",
    "array": "a list […]",
    "null": "nothing",
    "dict": "an object {…}",
    "list": "a list […]",
    "NoneType": "nothing",
}


def _invalid(message: str, document: dict[str, Any], where: str) -> ProjectError:
    """msgspec's message ("Expected `int`, got `str` - at `$.recipe.seed`") in words."""
    text, _, place = message.partition(" - at `")
    path = place.rstrip("`") or "$"
    name = _name_of(path, document)
    expected = found = ""
    if match := re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", text):
        expected = " or ".join(_TYPE_WORDS.get(part.strip(), part.strip()) for part in match[1].split("|"))
        found = _TYPE_WORDS.get(match[2], match[2])
        said = f"{name} should be {expected}, and is {found}"
    elif match := re.fullmatch(r"Object missing required field `([^`]+)`", text):
        said = f"{name} has no '{match[1]}'"
        expected = match[1]
    elif match := re.fullmatch(r"Object contains unknown field `([^`]+)`", text, re.DOTALL):
        said = f"{name} holds '{match[1][:60]}', which this version does not know"
        found = match[1][:60]
    elif match := re.fullmatch(r"Invalid enum value (.+)", text, re.DOTALL):
        said = f"{name} cannot be {match[1][:60]}"
        found = match[1][:60]
    elif match := re.fullmatch(r"Expected `([^`]+)` (.+)", text):
        expected = f"{_TYPE_WORDS.get(match[1], match[1])} {match[2]}"
        said = f"{name} should be {expected}"
    else:
        said = f"{name}: {text.replace('`', '')}"
    return ProjectError(
        f"The project file does not make sense: {said}.",
        where=f"{where}: {path}",
        expected=expected,
        found=found,
        hint=RESTORE,
    )


def _name_of(path: str, document: dict[str, Any]) -> str:
    """What a path leads to, in words: "x of node 'conv1'", "seed of recipe"."""
    if path == "$":
        return "the file"
    if match := re.match(r"\$\.(graph|blocks\[(\d+)\])\.nodes\[(\d+)\]\.?(.*)", path):
        try:
            holder = document["graph"] if match[2] is None else document["blocks"][int(match[2])]
            node_id = str(holder["nodes"][int(match[3])]["id"])[:64]
        except (KeyError, IndexError, TypeError):
            node_id = f"number {int(match[3]) + 1}"
        return f"{match[4] or 'what is said'} of node '{node_id}'"
    return path.removeprefix("$.")
