"""A first network that stands on a pretrained one: frozen, with a small head that is trained."""

from collections.abc import Sequence
from typing import Final

from engine.catalog.pretrained import ONE_ANSWER, Pretrained
from engine.catalog.pretrained.pretrained import instance, prepared_field
from engine.data.proposals.drawing import COLUMN, Drawing
from engine.data.proposals.heads import head
from engine.data.proposals.recipes import between, train_count
from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition
from engine.document.data_spec import DataSpec, FieldKind, Step
from engine.document.graph import Edge
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import DataError

_WIDER: Final = 60.0


def propose_with(name: str, data: DataSpec, pretrained: Pretrained, vocabulary: Sequence[str] = ()) -> Project:
    """A project whose network looks at the first input of the pretrained one's kind. Raises DataError without one."""
    field = next((field for field in data.inputs() if field.kind is pretrained.kind), None)
    if field is None:
        raise DataError(
            f"{pretrained.title} looks at {pretrained.field_name}, and the data has none.",
            where=name,
            expected=f"an input that is {'an' if pretrained.kind is FieldKind.IMAGE else 'a'} {pretrained.kind.value}",
            found=", ".join(item.kind.value for item in data.inputs()) or "no inputs",
            hint="Begin without it, or bring in other data.",
        )
    target = next((item for item in data.targets() if item.kind in ONE_ANSWER), None)
    if target is None:
        raise DataError(
            f"{pretrained.title} gives one answer a sample, and nothing of that kind is to be learned.",
            where=name,
            expected="a category, labels or a number to be learned",
            found=", ".join(item.kind.value for item in data.targets()) or "nothing to learn",
            hint="Choose another field to learn in the tab Data.",
        )
    prepared = prepared_field(field, pretrained, vocabulary)
    data = DataSpec(
        sources=data.sources,
        fields=tuple(prepared if item.name == field.name else item for item in data.fields),
        split=data.split,
        labelling=data.labelling,
        excluded=data.excluded,
    )
    drawing = Drawing()
    blocks = {block.id: BlockDefinition.of(block) for block in pretrained.blocks()}
    definition = blocks[pretrained.blocks()[-1].id]
    (into,), (out,) = definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT)
    drawing.put("sample", "Input", title=field.name, fields=[field.name])
    # A block's card is wider than others: in the middle of its place, links before and behind have the same room.
    drawing.graph.add(instance(pretrained, "pretrained", definition.id, x=COLUMN - _WIDER / 2))
    drawing.graph.connect(Edge(source="sample", target="pretrained", input=into))
    # Features of a unit's length or of all sizes are brought to one size, so that a head learns them in few steps.
    drawing.at("norm", "LayerNorm", 2, 0)
    drawing.graph.connect(Edge(source="pretrained", output=out, target="norm"))
    drawing.skip(2)
    head(drawing, drawing.put("dropout", "Dropout", "norm", p=0.2), target)
    recipe = _recipe(train_count(data))
    return Project(name=name, data=data, graph=drawing.graph, recipe=recipe, blocks=blocks)


def _recipe(count: int) -> Recipe:
    """A head learns in few steps; each costs a pass through the whole network."""
    player = Player(
        optimizer=Step(type="AdamW", attributes={"lr": 2e-3, "weight_decay": 0.05}),
        schedule=Step(type="CosineAnnealing", attributes={"warm_up": 0.1}),
    )
    batch = 16 if count < 500 else 32
    return Recipe(phases=(Phase(epochs=between(2_400 // count, 3, 20), batch_size=batch, players=(player,)),))
