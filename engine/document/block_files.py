"""A block as a file of its own, and how a block from elsewhere comes into a project.

A file holds the definition and those it is made of, as JSON in the form of project.json; it is data and nothing in it
can run. The user's blocks and those that come with the program are files of this kind, and copies on the clipboard
travel the same way.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from engine.document.atomic import megabytes
from engine.document.block import BLOCK, BlockDefinition, DrawnBlock, definition_id
from engine.document.edits import AddBlock
from engine.document.graph import Node, is_id
from engine.document.json_text import plain, readable
from engine.document.project import Project
from engine.errors import GraphError, ProjectError

VERSION: Final = 1
_FORMAT: Final = "netwright block"
_MOST_BYTES: Final = 8_000_000
_MOST_NODES: Final = 20_000


class BlockFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`blocks` are the definition named `block` and all it is made of; `help` is one sentence on what it is for."""

    format: str
    version: int
    block: str
    help: str = ""
    blocks: tuple[DrawnBlock, ...] = ()

    @property
    def main(self) -> DrawnBlock:
        """The definition the file is there for."""
        return next(block for block in self.blocks if block.id == self.block)


def block_file(blocks: Mapping[str, BlockDefinition], block_id: str, *, help: str = "") -> BlockFile:
    """The file of a definition of a project. Raises GraphError when there is none of that name."""
    return BlockFile(
        format=_FORMAT, version=VERSION, block=block_id, help=help, blocks=tuple(with_parts(blocks, (block_id,)))
    )


def to_bytes(file: BlockFile) -> bytes:
    """The content of the file: one line a node and link."""
    return readable({"format": _FORMAT, **plain(file, "block")}, _opened).encode()


_OPEN: Final = re.compile(r"\$(\.blocks(\[\](\.exposed|\.nodes|\.edges|\.frames|\.notes)?)?)?")


def _opened(path: str, value: Any) -> bool:
    return bool(_OPEN.fullmatch(path)) and (not path.endswith("[]") or isinstance(value, dict))


def from_bytes(data: bytes, where: str) -> BlockFile:
    """The block in these bytes; `where` names them in messages. Raises ProjectError, and nothing else."""
    if len(data) > _MOST_BYTES:
        raise ProjectError(
            "This block file is too large.",
            where=where,
            expected=f"{megabytes(_MOST_BYTES)} at most",
            found=megabytes(len(data)),
        )
    try:
        file = msgspec.json.decode(data, type=BlockFile, strict=True)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _refused(where, str(error).replace("`", "'")[:200]) from None
    if file.format != _FORMAT:
        raise _refused(where, f"its format is '{file.format[:40]}'")
    if file.version > VERSION:
        raise ProjectError(
            "This block was saved by a newer version of Netwright.",
            where=where,
            expected=f"version {VERSION}",
            found=f"version {file.version}",
            hint="Update Netwright to use it.",
        )
    _check(file, where)
    return file


def _refused(where: str, reason: str) -> ProjectError:
    return ProjectError(
        f"This is not a block that Netwright can read: {reason}.", where=where, hint="Save the block again."
    )


def _check(file: BlockFile, where: str) -> None:
    if sum(len(block.nodes) for block in file.blocks) > _MOST_NODES:
        raise _refused(where, f"it has more than {_MOST_NODES:,} nodes")
    found: dict[str, BlockDefinition] = {}
    for drawn in file.blocks:
        if not is_id(drawn.id):
            raise _refused(where, f"'{drawn.id[:60]}' cannot be a block's id")
        if drawn.id in found:
            raise _refused(where, f"two blocks are called '{drawn.id}'")
        try:
            found[drawn.id] = BlockDefinition.of(drawn)
        except GraphError as error:
            raise _refused(where, error.message.removesuffix(".")) from None
    if file.block not in found:
        raise _refused(where, f"block '{file.block[:60]}' is not in it")
    for drawn in file.blocks:
        for name in parts_of(drawn.nodes):
            if name not in found:
                raise _refused(where, f"block '{name[:60]}' is not in it")
            if holds(found, name, drawn.id):
                raise _refused(where, f"block '{drawn.id}' holds itself")


# Definitions and what they are made of.


def parts_of(nodes: Iterable[Node]) -> list[str]:
    """Ids of the definitions that the instances among these nodes name."""
    return list(dict.fromkeys(definition_id(node) for node in nodes if node.type == BLOCK))


def holds(blocks: Mapping[str, BlockDefinition], outer: str, inner: str) -> bool:
    """Whether definition `outer` is `inner`, or has an instance of it at any depth."""
    seen = {outer}
    waiting = [outer]
    while waiting:
        name = waiting.pop()
        if name == inner:
            return True
        if name in blocks:
            fresh = [part for part in parts_of(blocks[name].graph.nodes.values()) if part not in seen]
            seen.update(fresh)
            waiting += fresh
    return False


def with_parts(blocks: Mapping[str, BlockDefinition], names: Sequence[str]) -> list[DrawnBlock]:
    """These definitions and all they are made of, parts first. Raises GraphError for a name that is not there."""
    done: dict[str, DrawnBlock] = {}
    waiting: list[tuple[str, bool]] = [(name, False) for name in reversed(names)]
    open_names: set[str] = set()
    while waiting:
        name, parts_are_done = waiting.pop()
        if name in done:
            continue
        if name not in blocks:
            raise GraphError(f"There is no block '{name[:80]}'.", where=name[:80])
        if parts_are_done:
            done[name] = blocks[name].drawn()
            continue
        if name in open_names:
            continue  # holds itself: the checks say so
        open_names.add(name)
        waiting.append((name, True))
        waiting += [(part, False) for part in parts_of(blocks[name].graph.nodes.values()) if part in blocks]
    return list(done.values())


def named_apart(nodes: Iterable[Node], names: Mapping[str, str]) -> tuple[Node, ...]:
    """The nodes, their instances naming definitions by other ids."""
    return tuple(
        msgspec.structs.replace(node, attributes={**node.attributes, "block": names[definition_id(node)]})
        if names.get(definition_id(node), definition_id(node)) != definition_id(node)
        else node
        for node in nodes
    )


def adopt(project: Project, blocks: Sequence[DrawnBlock]) -> tuple[list[AddBlock], dict[str, str]]:
    """Edits that bring definitions into a project, and the id each has there.

    One that is there already with the same content is used as it is; one whose id is taken by another gets a free one.
    Parts may come in any order.
    """
    edits: list[AddBlock] = []
    names: dict[str, str] = {}
    present = {_content(block.drawn()): block.id for block in project.blocks.values()}
    taken = set(project.blocks)
    ordered = with_parts({block.id: BlockDefinition.of(block) for block in blocks}, [block.id for block in blocks])
    for block in ordered:
        drawn = msgspec.structs.replace(block, nodes=named_apart(block.nodes, names))
        content = _content(drawn)
        if content not in present:
            name = free_block_id(taken, block.id)
            taken.add(name)
            present[content] = name
            edits.append(AddBlock(block=msgspec.structs.replace(drawn, id=name)))
        names[block.id] = present[content]
    return edits, names


def _content(drawn: DrawnBlock) -> bytes:
    """What a definition is, whatever its id."""
    return msgspec.json.encode(msgspec.structs.replace(drawn, id=""), order="deterministic")


def free_block_id(taken: Iterable[str], wanted: str) -> str:
    """`wanted`, or the first of wanted2, wanted3, ... that is not taken."""
    used = set(taken)
    if wanted not in used:
        return wanted
    stem = (wanted.rstrip("0123456789") or "block")[:48].rstrip("_") or "block"
    number = 1 if stem != wanted else 2
    while f"{stem}{number}" in used:
        number += 1
    return f"{stem}{number}"


def with_blocks(project: Project, edits: Iterable[AddBlock]) -> Project:
    """The project as it would be with these definitions; the graph is the same object, and nothing is changed."""
    added = {edit.block.id: BlockDefinition.of(edit.block) for edit in edits}
    return Project(
        name=project.name,
        data=project.data,
        graph=project.graph,
        recipe=project.recipe,
        view=project.view,
        blocks={**project.blocks, **added},
    )
