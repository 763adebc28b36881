"""Runs killed by force at random moments, with all that could make a difference: order, chance, schedules, players.

Pictures are shuffled and varied, blended by mixup, pass a Dropout and a BatchNorm; two players with schedules of their
own train different nodes on different losses, gradients of two batches are added up and clipped, a node follows
another, and the average of the weights answers. The learning rate is changed on the way.
"""

import random
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.document.data_spec import DataSpec, FieldKind, Step
from engine.document.files import create, load
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target
from engine.protocol.run_events import (
    ChangeSettings,
    EpochFinished,
    RunFinished,
    RunResumed,
    SettingsChanged,
    StepsReported,
)
from engine.protocol.run_folder import RunFolder
from engine.training.live import CHANGES
from engine.training.run_log import whole_log
from engine.training.runs import create_run, start_run_process, summary

WITHIN_S = 120.0
EPOCHS = 50
STEPS = EPOCHS * 6


@pytest.fixture(scope="module")
def project_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 small pictures of stripes that lie or stand."""
    import msgspec

    from engine.data.importing import inspect

    folder = tmp_path_factory.mktemp("stripes")
    chance = np.random.default_rng(4)
    for number in range(120):
        name = ("lying", "standing")[number % 2]
        picture = chance.integers(0, 120, (12, 12), dtype=np.uint8)
        picture[3:5] += 100
        (folder / "pictures" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture if name == "lying" else picture.T).save(
            folder / "pictures" / name / f"{number:03d}.png"
        )
    data = inspect(folder / "pictures").data
    fields = []
    for field in data.fields:
        if field.kind is FieldKind.IMAGE:
            steps = (Step(type="RandomFlip"), Step(type="RandomShift"))
            field = msgspec.structs.replace(field, augmentation=steps)
        fields.append(field)
    create(folder / "project", network(msgspec.structs.replace(data, fields=tuple(fields))))
    return folder / "project"


def network(data: DataSpec) -> Project:
    picture = next(field.name for field in data.fields if field.kind is FieldKind.IMAGE)
    label = next(field.name for field in data.fields if field.kind is FieldKind.CATEGORY)
    nodes = [
        Node(id="picture", type="Input", attributes={"fields": [picture]}),
        Node(id="conv1", type="Conv2d", attributes={"out_channels": 4, "kernel_size": 3}),
        Node(id="norm", type="BatchNorm2d"),
        Node(id="relu1", type="ReLU"),
        Node(id="flat", type="Flatten"),
        Node(id="drop", type="Dropout", attributes={"p": 0.2}),
        Node(id="scores", type="Linear", attributes={"out_features": 2}),
        Node(id="other", type="Linear", attributes={"out_features": 2}),
        Node(id="slow", type="Linear", attributes={"out_features": 2}),
        Node(id="answer", type="Output", attributes={"field": label}),
        Node(id="truth", type="Input", attributes={"fields": [label]}),
        Node(id="loss1", type="CrossEntropyLoss"),
        Node(id="loss2", type="CrossEntropyLoss"),
        Node(id="near", type="MSELoss"),
    ]
    chained = ("picture", "conv1", "norm", "relu1", "flat", "drop", "scores")
    edges = [Edge(source=a, target=b) for a, b in pairwise(chained)]
    edges += [
        Edge(source="drop", target="other"),
        Edge(source="drop", target="slow"),
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
        Edge(source="other", target="loss2", input="prediction"),
        Edge(source="truth", target="loss2", input="target"),
        Edge(source="other", target="near", input="prediction"),
        Edge(source="slow", target="near", input="target"),
    ]
    players = (
        Player(
            name="body",
            losses={"loss1": 1.0, "loss2": 0.5},
            nodes=("conv1", "norm", "scores"),
            optimizer=Step(type="AdamW", attributes={"lr": 0.003}),
            schedule=Step(type="CosineAnnealing"),
        ),
        Player(
            name="head",
            losses={"loss2": 1.0, "near": 0.1},
            nodes=("other",),
            optimizer=Step(type="SGD", attributes={"lr": 0.01, "momentum": 0.9}),
            schedule=Step(type="StepLR"),
            every=2,
            targets=(Target(node="slow", of="other", tau=0.05),),
        ),
    )
    recipe = Recipe(
        phases=(Phase(epochs=EPOCHS, batch_size=8, accumulate=2, players=players),),
        clip_norm=1.0,
        average=Step(type="EMA", attributes={"decay": 0.98}),
        mixup=0.2,
        label_smoothing=0.05,
    )
    return Project(name="stripes", data=data, graph=Graph(nodes, edges), recipe=recipe)


def new_run(project_dir: Path) -> RunFolder:
    """A run in which the user changes the learning rate after step 60: as if asked for, so it is the same in each."""
    folder = create_run(project_dir, load(project_dir))
    (folder.path / CHANGES).write_text('[{"phase":0,"step":60,"player":"head","learning_rate":0.005}]')
    return folder


def steps_so_far(folder: RunFolder) -> int:
    events = whole_log(folder)
    return max((e.first_step + len(e.loss) - 1 for e in events if isinstance(e, StepsReported)), default=0)


def ended(folder: RunFolder, process: "subprocess.Popen[bytes]") -> None:
    assert process.wait(WITHIN_S) == 0, (folder.path / "process.log").read_text()
    assert isinstance(whole_log(folder)[-1], RunFinished)


def weights_bytes(folder: RunFolder) -> dict[str, bytes]:
    """Weights and all that the optimizers and the average remember, at the end and at the best epoch."""
    newest = max(folder.checkpoints.glob("last-*"))
    paths = [*folder.checkpoints.glob("best-*/*.safetensors"), *newest.glob("*.safetensors")]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def unbroken(project_dir: Path) -> RunFolder:
    folder = new_run(project_dir)
    ended(folder, start_run_process(folder))
    assert any(isinstance(event, SettingsChanged) and event.step == 60 for event in whole_log(folder))
    return folder


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("seed", "kills"), [(1, 3), *(pytest.param(seed, 10, marks=pytest.mark.slow) for seed in range(2, 7))]
)
def test_killed_at_random_it_reaches_the_same_weights(
    project_dir: Path, unbroken: RunFolder, seed: int, kills: int
) -> None:
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(1, STEPS - 20), kills))
    folder = new_run(project_dir)
    process = start_run_process(folder)
    try:
        for number, moment in enumerate(moments):
            end = time.monotonic() + WITHIN_S
            while steps_so_far(folder) < moment and process.poll() is None:
                assert time.monotonic() < end, f"step {moment} was not reached"
                time.sleep(0.003)
            time.sleep(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(WITHIN_S)
            if summary(folder).state == "finished":
                break
            process = start_run_process(folder, resume=True)
            while sum(isinstance(event, RunResumed) for event in whole_log(folder)) <= number:
                assert time.monotonic() < end, (folder.path / "process.log").read_text()
                time.sleep(0.01)
        if summary(folder).state != "finished":
            ended(folder, process)
    finally:
        process.kill()
        process.wait(WITHIN_S)
    assert weights_bytes(folder) == weights_bytes(unbroken)
    told = {e.epoch: (e.train, e.val) for e in whole_log(folder) if isinstance(e, EpochFinished)}
    assert told == {e.epoch: (e.train, e.val) for e in whole_log(unbroken) if isinstance(e, EpochFinished)}


def test_a_change_that_was_asked_of_a_killed_run_is_not_asked_of_the_next(project_dir: Path) -> None:
    """Only changes that were made are made again; a request nobody read is no surprise later."""
    folder = new_run(project_dir)
    (folder.path / CHANGES).unlink()
    process = start_run_process(folder)
    while steps_so_far(folder) < 30:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(WITHIN_S)
    folder.ask(ChangeSettings(learning_rate=0.5))
    ended(folder, start_run_process(folder, resume=True))
    assert not any(isinstance(event, SettingsChanged) for event in whole_log(folder))
