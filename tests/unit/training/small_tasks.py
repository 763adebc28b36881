"""Small projects with their data in memory, and a loop on them without a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import AnyRunEvent, RunFinished, RunStopped
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.device import choose_precision
from engine.training.loop import Loop
from engine.training.run_log import Inbox, RunLog, whole_log
from engine.training.saver import Saver
from engine.training.task import Task, prepare_task

CLASSES = ("apple", "pear", "plum")


class MemoryColumn:
    """Rows that are there; `resident` False gathers them each time, like a set that does not fit in memory."""

    def __init__(self, rows: Tensor, *, resident: bool = True) -> None:
        self.rows, self.resident = rows, resident

    def __len__(self) -> int:
        return len(self.rows)

    def whole(self) -> Tensor | None:
        return self.rows if self.resident else None

    def gather(self, rows: Tensor) -> Tensor:
        return self.rows.index_select(0, rows)


@dataclass
class MemoryData:
    """Prepared values of each field for each split."""

    values: dict[tuple[str, str], Tensor]
    resident: bool = True
    fingerprint: str = "memory"
    asked: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    def columns(self, fields: Sequence[str], split: str) -> MemoryColumn:
        self.asked.append((tuple(fields), split))
        tensors = [self.values[(name, split)] for name in fields]
        return MemoryColumn(tensors[0] if len(tensors) == 1 else torch.cat(tensors, -1), resident=self.resident)


def features(name: str, width: int) -> Field:
    return Field(name=name, kind=FieldKind.ARRAY, statistics=Statistics(shape=(width,)))


def category(name: str = "fruit", classes: tuple[str, ...] = CLASSES) -> Field:
    return Field(
        name=name,
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=classes, counts=(1,) * len(classes)),
    )


def number(name: str = "price", mean: float = 10.0, std: float = 2.0) -> Field:
    return Field(
        name=name,
        kind=FieldKind.NUMBER,
        role=Role.TARGET,
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(mean=(mean,), std=(std,)),
    )


def chain(*nodes: tuple[str, str, dict[str, object]]) -> tuple[list[Node], list[Edge]]:
    """Nodes one behind the other."""
    made = [Node(id=name, type=kind, attributes=attributes) for name, kind, attributes in nodes]
    links = [Edge(source=a.id, target=b.id) for a, b in pairwise(made)]
    return made, links


def classifier(
    *middle: tuple[str, str, dict[str, object]],
    recipe: Recipe | None = None,
    width: int = 6,
    target: Field | None = None,
) -> Project:
    """features -> `middle` -> scores -> output, with a loss for the target."""
    target = target or category()
    wide = len(target.statistics.classes) if target.kind is FieldKind.CATEGORY else 1
    nodes, edges = chain(
        ("features", "Input", {"fields": ["features"]}), *middle, ("scores", "Linear", {"out_features": wide})
    )
    loss = "CrossEntropyLoss" if target.kind is FieldKind.CATEGORY else "MSELoss"
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": [target.name]}),
        Node(id="answer", type="Output", attributes={"field": target.name}),
        Node(id="loss1", type=loss),
    ]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    data = DataSpec(fields=(features("features", width), target))
    recipe = recipe or one_phase(Phase(epochs=3, batch_size=16))
    return Project(name="small", data=data, graph=Graph(nodes, edges), recipe=recipe)


def one_phase(phase: Phase, **more: object) -> Recipe:
    return msgspec.structs.replace(Recipe(phases=(phase,)), **more)


def optimizer(name: str, **attributes: object) -> Player:
    return Player(optimizer=Step(type=name, attributes=attributes))  # type: ignore[arg-type]


def class_data(
    train: int = 100, val: int = 40, *, width: int = 6, resident: bool = True, classes: int = 3
) -> MemoryData:
    """Points around one centre a class."""
    generator = torch.Generator().manual_seed(1)
    centers = torch.randn(classes, width, generator=generator) * 2
    values = {}
    for split, count in (("train", train), ("val", val)):
        labels = torch.randint(0, classes, (count,), generator=generator)
        values[("features", split)] = centers[labels] + torch.randn(count, width, generator=generator)
        values[("fruit", split)] = labels
    return MemoryData(values, resident=resident)


def number_data(train: int = 100, val: int = 40, *, width: int = 6) -> MemoryData:
    """A weighted sum of the features, standardized."""
    generator = torch.Generator().manual_seed(2)
    weights = torch.randn(width, 1, generator=generator)
    values = {}
    for split, count in (("train", train), ("val", val)):
        rows = torch.randn(count, width, generator=generator)
        values[("features", split)] = rows
        values[("price", split)] = rows @ weights / weights.norm()
    return MemoryData(values)


def picture_project(recipe: Recipe, *, augmentation: tuple[Step, ...] = ()) -> tuple[Project, MemoryData]:
    """A small convolutional network on 40 pictures of noise, 8 × 8 in colour."""
    nodes, edges = chain(
        ("picture", "Input", {"fields": ["picture"]}),
        ("conv1", "Conv2d", {"out_channels": 4, "kernel_size": 3}),
        ("relu1", "ReLU", {}),
        ("flat", "Flatten", {}),
        ("scores", "Linear", {"out_features": 3}),
    )
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": ["fruit"]}),
        Node(id="answer", type="Output", attributes={"field": "fruit"}),
        Node(id="loss1", type="CrossEntropyLoss"),
    ]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    steps = (
        Step(type="Channels", attributes={"mode": "rgb"}),
        Step(type="Resize", attributes={"height": 8, "width": 8}),
        Step(type="Scale"),
    )
    picture = Field(
        name="picture",
        kind=FieldKind.IMAGE,
        preparation=steps,
        augmentation=augmentation,
        statistics=Statistics(shape=(8, 8, 3)),
    )
    spec = DataSpec(fields=(picture, category()))
    project = Project(name="pictures", data=spec, graph=Graph(nodes, edges), recipe=recipe)
    generator = torch.Generator().manual_seed(3)
    data = MemoryData({("picture", split): torch.rand(40, 3, 8, 8, generator=generator) for split in ("train", "val")})
    data.values.update(
        {("fruit", split): torch.randint(0, 3, (40,), generator=generator) for split in ("train", "val")}
    )
    return project, data


class Rig:
    """A run folder with a loop in it; `step_limit` breaks the loop off with KilledError as a kill would."""

    def __init__(self, tmp_path: Path, project: Project, data: MemoryData) -> None:
        self.folder = RunFolder(tmp_path / "runs" / "0001")
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.project, self.data = project, data
        self.loop: Loop | None = None
        self.task: Task | None = None

    def run(
        self, *, resume: bool = False, step_limit: int = 0, begin: Callable[[Task], object] = lambda _task: None
    ) -> RunFinished | RunStopped:
        log, inbox = RunLog(self.folder), Inbox(self.folder, skip=resume)
        precision = choose_precision(self.project.recipe.precision, torch.device("cpu"))[0]
        task = self.task = prepare_task(self.project, self.data, precision=precision)
        if self.project.recipe.class_weights:
            task.weigh_classes()
        begin(task)
        found = checkpoint.read(self.folder) if resume else None
        saver = Saver(self.folder, log)
        try:
            self.loop = Loop(task, log, inbox, saver, precision=precision, checkpoint=found)
            if step_limit:
                break_off(task, step_limit)
            last = self.loop.run()
            log.append(last)
            return last
        finally:
            saver.close()
            task.close()
            log.close()

    def events(self, kind: type | None = None) -> list[AnyRunEvent]:
        found = whole_log(self.folder)
        return [event for event in found if kind is None or isinstance(event, kind)]

    def weights(self, which: str = "last") -> dict[str, Tensor]:
        return checkpoint.load_weights(self.folder, which)  # type: ignore[arg-type]


class KilledError(Exception):
    """Stands for a kill."""


def break_off(task: Task, steps: int) -> None:
    """Let the training forward fail after so many training calls."""
    forward, left = task.network.training_forward, [steps]

    def limited(*inputs: Tensor) -> object:
        if task.network.training:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError
        return forward(*inputs)

    task.network.training_forward = limited  # type: ignore[method-assign, assignment]


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Whether all tensors are equal to the last bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
