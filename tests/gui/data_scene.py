"""A window on a project with flowers in it, and an engine that answers about them: for the tests of the Data tab."""

import random
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics, Step
from engine.document.project import Project
from engine.document.sample_names import as_runs
from engine.protocol.messages.data import (
    DataCheck,
    DataDescribed,
    DescribeData,
    Distribution,
    FieldDetail,
    FieldSummary,
    FindSamples,
    GetDetail,
    GetNames,
    GetSamples,
    NamesRead,
    RefreshData,
    SampleCard,
    SampleDetail,
    SamplesFound,
    SamplesRead,
    Shown,
    SplitCounts,
    ValueCount,
)
from gui.data.tab import DataTab
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine

CLASSES = ["daisy", "rose", "tulip"]
SAMPLES = 300
_DEALT = random.Random(2)
LABELS = [-1 if index % 10 == 9 else _DEALT.choices(range(3), (5, 3, 2))[0] for index in range(SAMPLES)]
SPLITS = [3 if label < 0 else index % 10 // 8 * (1 + index % 2) for index, label in enumerate(LABELS)]
FLOWERS = DataSpec(
    sources=(Source(kind=SourceKind.IMAGE_FOLDER, path="/flowers"),),
    fields=(
        Field(
            name="pixels",
            kind=FieldKind.IMAGE,
            preparation=(Step(type="Resize", attributes={"height": 32, "width": 32}), Step(type="Scale")),
            augmentation=(Step(type="RandomFlip"),),
            statistics=Statistics(shape=(None, None, 3)),
        ),
        Field(
            name="label",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            preparation=(Step(type="ClassIndex"),),
            statistics=Statistics(classes=tuple(CLASSES), counts=(1, 1, 1)),
        ),
        Field(name="height_cm", kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),)),
        Field(name="garden", kind=FieldKind.CATEGORY, role=Role.IGNORED),
    ),
)


def described(checks: list[DataCheck] | None = None) -> DataDescribed:
    """Three classes, some samples without one."""
    return DataDescribed(
        samples=SAMPLES,
        counts=SplitCounts(train=SPLITS.count(0), val=SPLITS.count(1), test=SPLITS.count(2), pool=SPLITS.count(3)),
        label_field="label",
        classes=CLASSES,
        labels=np.array(LABELS, "<i4").tobytes(),
        splits=bytes(SPLITS),
        class_counts=[LABELS.count(index) for index in range(3)],
        checks=checks or [],
        fields=[
            FieldSummary(
                name="height_cm",
                kind="number",
                role="input",
                reason="All values are numbers.",
                kinds=["number", "category"],
                count=298,
                missing=2,
                distinct=40,
                distributions=[
                    Distribution(
                        minimum=0, maximum=40, mean=20, std=5, edges=[0, 10, 20, 30, 40], counts=[5, 90, 150, 53]
                    )
                ],
            ),
            FieldSummary(
                name="label",
                kind="category",
                role="target",
                count=270,
                distinct=3,
                top=[ValueCount(value=name, count=LABELS.count(index)) for index, name in enumerate(CLASSES)],
            ),
        ],
    )


def cards(request: GetSamples) -> SamplesRead:
    """A small picture for each."""
    return SamplesRead(
        cards=[
            SampleCard(
                index=i,
                label=CLASSES[LABELS[i]] if LABELS[i] >= 0 else "",
                name=f"{i}.jpg",
                width=8,
                height=8,
                rgb=bytes([i % 256]) * 192,
                cells=[f"{i}.jpg", CLASSES[LABELS[i]] if LABELS[i] >= 0 else "", f"{i % 40}.5"],
            )
            for i in request.indices
        ]
    )


def find(request: FindSamples) -> SamplesFound:
    """By part of the class, by height, in either order."""
    fits = [i for i in range(SAMPLES) if request.text.lower() in (CLASSES[LABELS[i]] if LABELS[i] >= 0 else "")]
    for wanted in request.ranges:
        fits = [i for i in fits if wanted.low <= i % 40 + 0.5 <= wanted.high]
    for value in request.values:
        fits = [i for i in fits if LABELS[i] >= 0 and CLASSES[LABELS[i]] == value.value]
    if request.sort == "height_cm":
        fits.sort(key=lambda i: (i % 40, i))
    if request.descending:
        fits.reverse()
    return SamplesFound(indices=np.array(fits, "<i4").tobytes())


def names(request: GetNames) -> NamesRead:
    """As on the cards, in runs."""
    return NamesRead(names=list(as_runs(f"{i}.jpg" for i in np.frombuffer(request.indices, "<i4").tolist())))


def detail(request: GetDetail) -> SampleDetail:
    """The steps of the fields as they were sent."""

    def picture(caption: str) -> Shown:
        return Shown(caption=caption, width=4, height=4, rgb=bytes([request.seed % 256]) * 48, facts="3 × 4 × 4")

    fields = []
    for field in request.fields:
        if field.role is Role.IGNORED:
            continue
        image = field.kind is FieldKind.IMAGE
        raw = picture("") if image else Shown(text="12.5")
        steps = [picture(step.type) if image else Shown(caption=step.type, text="0.1") for step in field.preparation]
        variants = [picture(f"Variant {n + 1}") for n in range(request.variants)] if field.augmentation else []
        fields.append(
            FieldDetail(name=field.name, kind=field.kind, role=field.role, raw=raw, steps=steps, variants=variants)
        )
    return SampleDetail(index=request.index, name=f"{request.index}.jpg", split="train", label="rose", fields=fields)


def show_flowers(window: MainWindow, qtbot: QtBot, folder: Path, checks: list[DataCheck] | None = None) -> DataTab:
    """Open the project and wait for its data; later descriptions stay away, as on a slow machine."""
    engine = engine_of(window)
    engine.answer_with(DescribeData, described(checks))
    for kind, script in ((GetSamples, cards), (FindSamples, find), (GetNames, names), (GetDetail, detail)):
        engine.answer_with(kind, script)
    engine.answer_with(RefreshData, None)
    window.bench.project.create(folder / "p", Project(name="p", data=FLOWERS))
    window.show_tab("data")
    tab = window.tab_widget("data")
    assert isinstance(tab, DataTab)
    qtbot.waitUntil(lambda: window.bench.data.state == "ready")
    engine.answer_with(DescribeData, None)
    qtbot.waitUntil(lambda: tab.samples.grid.isVisible())
    return tab


def engine_of(window: MainWindow) -> FakeEngine:
    """The scripted engine."""
    assert isinstance(window.bench.engine, FakeEngine)
    return window.bench.engine


def click_sample(qtbot: QtBot, tab: DataTab, row: int, modifier: Qt.KeyboardModifier | None = None) -> None:
    """A click on a card of the grid."""
    grid = tab.samples.grid
    place: QPoint = grid.visualRect(grid.model().index(row, 0)).center()
    qtbot.mouseClick(
        grid.viewport(),
        Qt.MouseButton.LeftButton,
        modifier or Qt.KeyboardModifier.NoModifier,
        place,
    )
    grid.setFocus()


def press(qtbot: QtBot, widget: QWidget, *keys: Qt.Key) -> None:
    """Keys one after the other."""
    for key in keys:
        qtbot.keyClick(widget, key)
