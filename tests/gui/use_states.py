"""The states of Try it for each kind of network, on a drawing of that kind with a written run and a scripted engine."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from engine.document import files
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.protocol.messages.data import DataDescribed, DescribeData, Shown, SplitCounts
from engine.protocol.messages.deployment import Answer, Predict, Prediction
from engine.protocol.messages.sample_input import ReadSample, SampleRead
from engine.protocol.messages.writing import NextToken, TextWritten, WrittenToken
from gui.workbench import Workbench
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import prediction, use_tab

NUMBER = Field(
    name="width_mm", kind=FieldKind.NUMBER, statistics=Statistics(mean=(40.0,), minimum=(10.0,), maximum=(90.0,))
)
COLOUR = Field(name="colour", kind=FieldKind.CATEGORY, statistics=Statistics(classes=("red", "green", "blue")))
TEXT = Field(name="text", kind=FieldKind.TEXT)
SOUND = Field(name="sound", kind=FieldKind.AUDIO, statistics=Statistics(rate=8000, shape=(None,)))
PHOTO = Field(name="photo", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3)))
PAST = Field(name="past", kind=FieldKind.SERIES, options={"columns": ["co2"]}, statistics=Statistics(shape=(40, 1)))
LABEL = Field(name="label", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=Statistics(classes=("a", "b")))
NEXT = Field(name="next", kind=FieldKind.SERIES, role=Role.TARGET, options={"columns": ["co2"]})
WRITTEN = Field(name="text", kind=FieldKind.TEXT, role=Role.TARGET)
MASK = Field(name="mask", kind=FieldKind.MASK, role=Role.TARGET, statistics=Statistics(classes=("ground", "cell")))
MADE = Field(name="photo", kind=FieldKind.IMAGE, role=Role.TARGET)


def opened(
    bench: Workbench, place: Path, log: type[RunLog], *fields: Field, noise: int = 0, written: bool = False
) -> Any:
    """The tab on a drawing from these fields to an answer, with a finished run."""
    target = next(field for field in fields if field.role is Role.TARGET)
    nodes = [
        Node(id=f"in_{field.name}", type="Input", attributes={"fields": [field.name], "shift": int(written)})
        for field in fields
        if field.role is Role.INPUT or written
    ]
    if noise:
        nodes.append(Node(id="z", type="Noise", attributes={"size": [noise]}))
    nodes.append(Node(id="join", type="Concat"))
    nodes.append(Node(id="out", type="Output", attributes={"field": target.name}))
    sources = [node.id for node in nodes if node.type in ("Input", "Noise")]
    edges = [Edge(source=source, target="join", input=f"in{at}") for at, source in enumerate(sources, 1)]
    edges.append(Edge(source="join", target="out", input="prediction"))
    project = Project(
        name="tried",
        data=DataSpec(sources=(Source(kind=SourceKind.TABLE, path="x.csv"),), fields=fields),
        graph=Graph(nodes, edges),
    )
    files.create(place / "tried", project)
    run = log(place / "tried", 14, name="wider")
    run.prepare()
    run.train(6)
    run.finish()
    bench.engine.answer_with(
        DescribeData, DataDescribed(samples=9, counts=SplitCounts(train=5, test=4), splits=bytes([0] * 5 + [2] * 4))
    )
    bench.project.open(place / "tried")
    bench.data.describe()
    return use_tab(bench)


def told(**outputs: Answer) -> Prediction:
    return Prediction(input="x", outputs=outputs)


def read(values: dict[str, object], truth: dict[str, Answer], **shown: Shown) -> SampleRead:
    return SampleRead(index=5, name="sample 5", split="test", values=values, truth=truth, shown=shown)


def photo() -> Shown:
    y, x = np.mgrid[0:90, 0:120]
    rgb = np.stack([x * 2, y * 2, 200 - x], -1).astype(np.uint8)
    return Shown(width=120, height=90, rgb=rgb.tobytes())


def wave(channels: int = 1) -> Shown:
    line = np.sin(np.arange(200) / 6) * np.hanning(200)
    return Shown(curve=np.repeat(line, 2).astype("<f4").tobytes(), channels=channels)


def unsure(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A row that is unlike the data, and an answer that is not sure and wrong."""
    answer = Answer(value="a", scores={"a": 0.52, "b": 0.48})
    noted = Prediction(
        input="x",
        outputs={"label": answer},
        notes=["width_mm 500 is far outside of what was learned from: 10 to 90.", "colour 'pink' was never seen."],
    )
    bench.engine.answer_with(Predict, prediction(noted))
    values: dict[str, object] = {"width_mm": 500.0, "colour": "pink"}
    bench.engine.answer_with(ReadSample, read(values, {"label": Answer(value="b")}))
    return opened(bench, place, log, NUMBER, COLOUR, LABEL)  # type: ignore[no-any-return]


def several_kinds(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A picture, a number and a text together, and two answers."""
    bench.engine.answer_with(
        Predict, prediction(told(label=Answer(value="a", scores={"a": 0.9, "b": 0.1}), price=Answer(value=412.5)))
    )
    values: dict[str, object] = {"photo": {"sample": 5}, "width_mm": 33.0, "text": "a small red house"}
    bench.engine.answer_with(ReadSample, read(values, {"label": Answer(value="a")}, photo=photo()))
    return opened(bench, place, log, PHOTO, NUMBER, TEXT, LABEL)  # type: ignore[no-any-return]


def what_if(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """The curve of a number."""

    def answers(request: Predict) -> Any:
        made = []
        for row in request.inputs:
            share = 1 / (1 + math.exp((float(row.get("width_mm") or 40) - 50) / 6))  # type: ignore[arg-type]
            made.append(told(label=Answer(value="a", scores={"a": share, "b": 1 - share})))
        return prediction(*made)

    bench.engine.answer_with(Predict, answers)
    values: dict[str, object] = {"width_mm": 38.0, "colour": "blue"}
    bench.engine.answer_with(ReadSample, read(values, {"label": Answer(value="a")}))
    tab = opened(bench, place, log, NUMBER, COLOUR, LABEL)
    tab.setProperty("act", lambda: tab.trying.inputs.input("width_mm").curve.click())
    return tab  # type: ignore[no-any-return]


def forecast(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A stretch of a series with its forecast and what came."""
    past = [[float(math.sin(at / 5) * 3 + at / 20)] for at in range(40)]
    ahead = [[math.sin(at / 5) * 3 + at / 20] for at in range(40, 52)]
    guess = [[value[0] + 0.3 * math.sin(at)] for at, value in enumerate(ahead)]
    bench.engine.answer_with(Predict, prediction(told(next=Answer(value="1, 2", series=guess, names=["co2"]))))
    values: dict[str, object] = {"past": past, "next": ahead}
    truth = {"next": Answer(value="1, 2", series=ahead, names=["co2"])}
    bench.engine.answer_with(ReadSample, read(values, truth, past=wave()))
    return opened(bench, place, log, PAST, NEXT)  # type: ignore[no-any-return]


def sound(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A recording of the data."""
    bench.engine.answer_with(Predict, prediction(told(label=Answer(value="a", scores={"a": 0.97, "b": 0.03}))))
    values: dict[str, object] = {"sound": {"sample": 5}}
    bench.engine.answer_with(ReadSample, read(values, {"label": Answer(value="a")}, sound=wave()))
    return opened(bench, place, log, SOUND, LABEL)  # type: ignore[no-any-return]


def mask(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Regions over a picture."""
    y, x = np.mgrid[0:90, 0:120]
    cells = (((x - 60) ** 2 + (y - 45) ** 2) < 900).astype(np.uint8).tobytes()
    answer = Answer(value="x", scores={"ground": 0.74, "cell": 0.26}, mask=cells, height=90, width=120)
    bench.engine.answer_with(Predict, prediction(told(mask=answer)))
    values: dict[str, object] = {"photo": {"sample": 5}}
    truth = {"mask": Answer(value="26.0% cell", mask=cells, height=90, width=120)}
    bench.engine.answer_with(ReadSample, read(values, truth, photo=photo()))
    return opened(bench, place, log, PHOTO, MASK)  # type: ignore[no-any-return]


def _token(text: str, chance: float) -> WrittenToken:
    others = [NextToken(text=text, chance=chance), *(NextToken(text=f" {word}", chance=0.02) for word in "abcd")]
    return WrittenToken(text=text, chance=chance, others=others)


_WORDS = [
    _token(f" {word}", 0.9 / (1 + at % 4 * 5))
    for at, word in enumerate(("upon", "a", "time", "there", "was", "a", "red", "house"))
]


def _text(bench: Workbench, place: Path, log: type[RunLog]) -> Any:
    values: dict[str, object] = {"text": "Once"}
    bench.engine.answer_with(ReadSample, read(values, {"text": Answer(value="Once upon")}))
    return opened(bench, place, log, WRITTEN, written=True)


def peeking(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """What may come next in a text."""
    bench.engine.answer_with(Predict, prediction(told(text=Answer(value="Once upon", written=_WORDS[:1]))))
    return _text(bench, place, log)  # type: ignore[no-any-return]


def writing(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A text under way."""
    whole = "Once" + "".join(token.text for token in _WORDS)

    def answers(request: Predict) -> Any:
        if request.stream:
            return [TextWritten(fraction=-1.0, field="text", tokens=_WORDS, written=len(_WORDS))]
        return prediction(told(text=Answer(value=whole, written=_WORDS[:1])))

    bench.engine.answer_with(Predict, answers)
    tab = _text(bench, place, log)
    tab.setProperty("act", lambda: tab.trying.inputs.ask.click())
    return tab  # type: ignore[no-any-return]


def written_text(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A text that was written, and what else might have come."""
    whole = "Once" + "".join(token.text for token in _WORDS)
    bench.engine.answer_with(Predict, prediction(told(text=Answer(value=whole, written=_WORDS))))
    tab = _text(bench, place, log)

    def act() -> None:
        tab.trying.inputs.ask.click()

    tab.setProperty("act", act)
    return tab  # type: ignore[no-any-return]


def _made(seed: int) -> Prediction:
    y, x = np.mgrid[0:8, 0:8]
    pixels = ((x * (seed + 3) + y * 20) % 256).astype(np.uint8)
    answer = Answer(value="a picture, 8 × 8", pixels=pixels.tobytes(), height=8, width=8, channels=1)
    drawn = {"z": [math.sin(seed + at) for at in range(16)]}
    return Prediction(input="made", outputs={"photo": answer}, drawn=drawn)


def _generator(bench: Workbench, place: Path, log: type[RunLog], size: int) -> Any:
    def answers(request: Predict) -> Any:
        return prediction(*(_made(int(item["z"]["seed"])) for item in request.inputs))  # type: ignore[index]

    bench.engine.answer_with(Predict, answers)
    return opened(bench, place, log, MADE, noise=size)


def generator(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Something made of random numbers."""
    return _generator(bench, place, log, 20)  # type: ignore[no-any-return]


def point(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Something made of two numbers."""
    return _generator(bench, place, log, 2)  # type: ignore[no-any-return]


def gallery(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A page of what was made."""
    tab = _generator(bench, place, log, 20)
    tab.setProperty("act", lambda: tab.trying.inputs.latents()[0].many.click())
    return tab  # type: ignore[no-any-return]


def refused(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Something was given that cannot be used."""
    bench.engine.answer_with(Predict, prediction(Prediction(input="x.png", problem="The picture is damaged.")))
    values: dict[str, object] = {"photo": {"sample": 5}}
    bench.engine.answer_with(ReadSample, read(values, {}, photo=photo()))
    tab = opened(bench, place, log, PHOTO, LABEL)
    tab.setProperty("act", lambda: tab.trying.inputs.refused.emit("Nothing that could be used was copied."))
    return tab  # type: ignore[no-any-return]


def starting(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """The engine is not there yet."""
    bench.engine.answer_with(Predict, None)
    values: dict[str, object] = {"photo": {"sample": 5}}
    bench.engine.answer_with(ReadSample, read(values, {}, photo=photo()))
    tab = opened(bench, place, log, PHOTO, LABEL)
    bench.engine.state = "starting"
    return tab  # type: ignore[no-any-return]


TRIED: dict[str, Callable[[Any, Path, Any], QWidget]] = {
    name.__name__: name
    for name in (
        unsure, several_kinds, what_if, forecast, sound, mask, peeking, writing, written_text, generator, point,
        gallery, refused, starting,
    )
}  # fmt: skip
