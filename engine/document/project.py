"""A project in memory: name, data spec, graph, blocks, recipe and view, with one door for changes."""

from dataclasses import dataclass, field

import msgspec

from engine.document.block import BlockDefinition
from engine.document.data_spec import DataSpec
from engine.document.graph import Graph
from engine.document.recipe import Recipe


class ChartPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A chart of the Train tab and how many of the six columns it is wide."""

    kind: str
    columns: int = 3


class ChartsView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The charts of the Train tab, in order; none means those that suit everybody. `log` are the kinds on a logarithmic
    scale, `axis` is step, epoch or time."""

    places: tuple[ChartPlace, ...] = ()
    axis: str = "epoch"
    smoothing: float = 0.9
    log: tuple[str, ...] = ()


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the user last looked at the project; not undoable. `center` is in canvas units."""

    tab: str = "design"
    zoom: float = 1.0
    center: tuple[float, float] | None = None
    charts: ChartsView = ChartsView()


@dataclass(kw_only=True)
class Project:
    """The document. `graph` and `blocks` change through `engine.document.edits.apply` alone; the rest are values."""

    name: str
    data: DataSpec = field(default_factory=DataSpec)
    graph: Graph = field(default_factory=Graph)
    recipe: Recipe = field(default_factory=Recipe)
    view: View = field(default_factory=View)
    blocks: dict[str, BlockDefinition] = field(default_factory=dict)

    def copy(self) -> "Project":
        """A snapshot that later edits do not touch: cheap, for saving and sending from other threads."""
        return Project(
            name=self.name,
            data=self.data,
            graph=self.graph.copy(),
            recipe=self.recipe,
            view=self.view,
            blocks={block.id: block.copy() for block in self.blocks.values()},
        )
