"""Which blocks can be added here, and what brings one in: the project's, the user's own, and the shipped ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from engine.catalog.pretrained import Pretrained
from engine.catalog.pretrained.kept import is_kept, kept_vocabulary
from engine.catalog.pretrained.pretrained import field_for, preparing, taking_weights
from engine.document.atomic import megabytes
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, DrawnBlock
from engine.document.block_files import adopt, with_blocks
from engine.document.block_places import instances, refusal_to_hold
from engine.document.edits import AddNode, Batch, Edit
from engine.document.graph import natural
from engine.document.project import Project
from engine.errors import GraphError
from gui.design.graph_edits import BLOCK_NAME
from gui.models.block_shelf import BlockShelf
from gui.models.scope import Scope

_PORTS: Final = (BLOCK_INPUT, BLOCK_OUTPUT)


class Section(Enum):
    """Where a block is kept; the value is the heading in the palette."""

    PROJECT = "Blocks of this project"
    MINE = "My blocks"
    SHIPPED = "Blocks"
    NETWORKS = "Networks"
    PRETRAINED = "Pretrained"


def stands_here(type_name: str, inside: bool) -> bool:
    """Whether a layer is offered in a graph: ports stand in blocks only, and blocks are offered by their names."""
    return type_name != BLOCK and (inside or type_name not in _PORTS)


@dataclass(frozen=True, slots=True)
class Item:
    """A block on offer. `key` is what the canvas is asked to add."""

    key: str
    title: str
    help: str
    section: Section
    inputs: int
    outputs: int
    uses: int = 0
    synonyms: tuple[str, ...] = ()
    note: str = ""
    """What stands at the right of its row."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A block that can be added: the project as if it were there, what brings it in, and the name to add."""

    project: Project
    edits: tuple[Edit, ...]
    name: str
    pretrained: Pretrained | None = None

    def with_added(self, edit: Edit) -> Edit:
        """One step: the definitions, then what was done with them; then the weights of what has learned already, and
        the preparation it was trained with."""
        behind = self._behind(edit) if self.pretrained is not None else []
        if not self.edits and not behind:
            return edit
        title = edit.title if isinstance(edit, Batch) else "Add a block"
        if self.pretrained is not None:
            title = f"Add {self.pretrained.title}"
        return Batch(title=title, edits=(*self.edits, edit, *behind))

    def _behind(self, edit: Edit) -> list[Edit]:
        pretrained = self.pretrained
        assert pretrained is not None
        added = [part for part in _parts(edit) if isinstance(part, AddNode)]
        found = taking_weights(pretrained, added, self.name.removeprefix(BLOCK_NAME))
        field = field_for(self.project, pretrained)
        if field is None or (pretrained.source.vocabulary and not is_kept(pretrained)):
            return found  # its word pieces are not here yet: they come with the weights
        return [*found, *preparing(field, pretrained, kept_vocabulary(pretrained))]


class BlockStock:
    """Reads the project and the shelf when asked."""

    def __init__(self, scope: Scope, shelf: BlockShelf) -> None:
        self._scope = scope
        self.shelf = shelf

    def items(self) -> list[Item]:
        """Every block that may stand in the graph that is shown: the project's first."""
        document, holder = self._scope.document, self._scope.block
        found = [
            _item(BLOCK_NAME + block.id, block.drawn(), "", Section.PROJECT, len(instances(document, block.id)))
            for block in sorted(document.blocks.values(), key=lambda block: natural(block.title or block.id))
            if not refusal_to_hold(document.blocks, holder, block.id)
        ]
        for stored in (*self.shelf.mine, *self.shelf.shipped):
            section = Section.MINE if stored.mine else Section.NETWORKS if stored.network else Section.SHIPPED
            item = _item(stored.key, stored.file.main, stored.file.help, section, synonyms=stored.synonyms)
            if stored.pretrained is not None:
                note = "here" if is_kept(stored.pretrained) else megabytes(stored.pretrained.source.bytes)
                item = replace(item, section=Section.PRETRAINED, note=note)
            found.append(item)
        return found

    def search(self, text: str) -> list[Item]:
        """Blocks all of whose typed words are in the title, best first; without words all."""
        words = text.lower().split()
        found = [
            (not item.title.lower().startswith(" ".join(words)), number, item)
            for number, item in enumerate(self.items())
            if all(word in f"{item.title} block {item.help} {' '.join(item.synonyms)}".lower() for word in words)
        ]
        return [item for *_, item in sorted(found, key=lambda entry: entry[:2])]

    def bring(self, name: str) -> Brought:
        """What it takes to add a layer or block of that name. Raises GraphError with the reason."""
        project = self._scope.project
        stored = self.shelf.find(name) if "/" in name else None
        if stored is None:
            if name.startswith(BLOCK_NAME):
                self._check(project, name.removeprefix(BLOCK_NAME))
            return Brought(project, (), name)
        if stored.pretrained is not None and self._scope.path:
            raise GraphError(
                f"{stored.title} stands in the network itself, where its data comes in.",
                where=self._scope.block,
                hint="Leave the block and add it there.",
            )
        edits, names = adopt(self._scope.document, stored.file.blocks)
        grown = with_blocks(project, edits)
        self._check(grown, names[stored.file.block])
        return Brought(grown, tuple(edits), BLOCK_NAME + names[stored.file.block], stored.pretrained)

    def _check(self, project: Project, block_id: str) -> None:
        reason = refusal_to_hold(project.blocks, self._scope.block, block_id)
        if reason:
            raise GraphError(reason, where=block_id)


def _parts(edit: Edit) -> Iterator[Edit]:
    waiting = [edit]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Batch):
            waiting += part.edits
        else:
            yield part


def _item(
    key: str, block: DrawnBlock, help: str, section: Section, uses: int = 0, synonyms: tuple[str, ...] = ()
) -> Item:
    layers = [node for node in block.nodes if node.type not in _PORTS]
    words = [help] if help else []
    words.append(f"{_count(len(layers), 'layer')}: {_kinds([node.type for node in layers])}" if layers else "Empty.")
    if section is Section.PROJECT:
        words.append(_count(uses, "instance") + ("." if uses else ", it can be deleted."))
    return Item(
        key=key,
        title=block.title or block.id,
        help="\n".join(words),
        section=section,
        inputs=sum(node.type == BLOCK_INPUT for node in block.nodes),
        outputs=sum(node.type == BLOCK_OUTPUT for node in block.nodes),
        uses=uses,
        synonyms=synonyms,
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _kinds(types: Sequence[str]) -> str:
    names = list(dict.fromkeys(types))
    return ", ".join(names[:4]) + ("…" if len(names) > 4 else "")


def layers_of(block: BlockDefinition) -> int:
    """How many nodes a definition holds besides its ports."""
    return sum(node.type not in _PORTS for node in block.graph.nodes.values())
