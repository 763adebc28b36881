"""Try it whole: the tab with a real engine beside it, on networks that learned: picture, table, text, generator."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import Role
from engine.document.files import create, load
from engine.document.project import Project
from engine.training.loop import Loop
from engine.training.run_log import Inbox, RunLog
from engine.training.runs import create_run, with_epochs
from engine.training.saver import Saver
from engine.training.task import prepare_task
from gui.engine_client import EngineClient
from gui.models.settings import Settings
from gui.use.try_panel import TryPanel
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.drawn_gan import gan, picture_field

pytestmark = pytest.mark.slow  # a real engine and four trainings; the tab's own tests script the engine
WITHIN_MS = 90_000


def learned(folder: Path, project: Project, epochs: int) -> Path:
    """A project in `folder` with a run of so many epochs."""
    import torch

    from engine.data.dataset import open_dataset

    torch.set_num_threads(1)
    create(folder, project)
    project = load(folder)
    project.recipe = with_epochs(project.recipe, epochs)
    run = create_run(folder, project)
    log = RunLog(run)
    saver = Saver(run, log)
    task = prepare_task(project, open_dataset(folder, project.data))
    try:
        log.append(Loop(task, log, Inbox(run, skip=False), saver).run())
    finally:
        saver.close()
        task.close()
        log.close()
    return folder


def pictures(place: Path) -> Path:
    random = np.random.default_rng(1)
    for number in range(60):
        kind = ("dark", "light")[number % 2]
        pixels = random.integers(0, 90, (12, 12), np.uint8) + (150 if kind == "light" else 0)
        path = place / "pictures" / kind / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    project = propose("pictures", inspect(place / "pictures").data)
    return learned(place / "project", project, 12)


def table(place: Path) -> Path:
    random = np.random.default_rng(2)
    lines = ["width_mm,colour,kind"]
    for number in range(160):
        width = random.uniform(10, 90)
        lines.append(f"{width:.2f},{('red', 'blue')[number % 2]},{'wide' if width > 50 else 'slim'}")
    (place / "rooms.csv").write_text("\n".join(lines) + "\n")
    return learned(place / "project", propose("rooms", inspect(place / "rooms.csv").data), 30)


def prose(place: Path) -> Path:
    random = np.random.default_rng(6)
    words = ["one", "two", "red", "house", "cat", "old"]
    lines = [" ".join(random.choice(words, 6)) + ("." if i % 3 else ".\n") for i in range(120)]
    (place / "prose.txt").write_text("\n".join(lines))
    return learned(place / "project", propose("prose", inspect(place / "prose.txt").data), 1)


def generator(place: Path) -> Path:
    for number in range(24):
        pixels = np.full((8, 8), 10, np.uint8)
        pixels[number % 8] = 240
        path = place / "bars" / "bar" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    found = inspect(place / "bars").data
    (name,) = (field.name for field in found.fields if field.kind == "image")
    fields = tuple(
        msgspec.structs.replace(field, preparation=picture_field(name).preparation, role=Role.INPUT)
        if field.name == name
        else msgspec.structs.replace(field, role=Role.IGNORED)
        for field in found.fields
    )
    return learned(place / "project", gan(data=msgspec.structs.replace(found, fields=fields), field=name), 2)


@pytest.fixture
def bench(tmp_path: Path, qapp) -> Iterator[Workbench]:
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), EngineClient())
    yield bench
    bench.shut_down()


def opened(bench: Workbench, project: Path, qtbot) -> TryPanel:
    """The card on a project, once the first answer is there by itself."""
    bench.engine.start()
    bench.project.open(project)
    tab = TryPanel(bench.project, bench.use, bench.data, bench.runs)
    qtbot.addWidget(tab)
    tab.resize(1200, 900)
    tab.show()
    bench.data.describe()
    answered(bench, qtbot)
    return tab


def answered(bench: Workbench, qtbot) -> None:
    qtbot.waitUntil(lambda: bench.use.predict_state in ("done", "failed"), timeout=WITHIN_MS)
    assert bench.use.predict_error is None, bench.use.predict_error


def next_answer(bench: Workbench, qtbot, act) -> None:
    before = bench.use.prediction
    act()
    qtbot.waitUntil(lambda: bench.use.prediction is not before, timeout=WITHIN_MS)
    answered(bench, qtbot)


def test_a_picture(bench, tmp_path, qtbot):
    tab = opened(bench, pictures(tmp_path), qtbot)
    card, inputs = tab.answer.cards()[0], tab.inputs
    assert card.truth().startswith("Right: the data says"), "a sample of the test split, and what is true of it"
    assert inputs.drop.has_picture() and "ms in onnxruntime" in tab.answer.words_below()
    files = sorted((tmp_path / "pictures" / "light").iterdir())[:3]
    next_answer(bench, qtbot, lambda: inputs.drop.files_dropped.emit([*files, tmp_path / "config"]))
    strip = tab.answer.many
    assert [strip.item(row).text() for row in range(3)] == ["light"] * 3
    qtbot.waitUntil(lambda: strip.pixmap(2) is not None, timeout=WITHIN_MS)
    next_answer(bench, qtbot, lambda: inputs.take_files([files[0]]))
    assert tab.answer.outputs() == ["label: light"]
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG nothing")
    next_answer(bench, qtbot, lambda: inputs.take_files([broken]))
    assert tab.answer.failure.isVisible() and tab.answer.failure.text()


def test_a_row_of_a_table(bench, tmp_path, qtbot):
    tab = opened(bench, table(tmp_path), qtbot)
    inputs, panel = tab.inputs, tab.answer
    number = inputs.input("width_mm")
    assert inputs.sample_shown() is not None and panel.cards()[0].truth()
    next_answer(bench, qtbot, lambda: number.slider.setValue(190))
    assert panel.outputs() == ["kind: wide"] and not panel.notes.isVisible()
    qtbot.mouseClick(number.curve, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: set(panel.what_if.chart.keys()) == {"wide", "slim"}, timeout=WITHIN_MS)
    wide = panel.what_if.chart.series("wide")
    assert wide.y[0] < 0.3 and wide.y[-1] > 0.7, "wider is wider"
    next_answer(bench, qtbot, lambda: inputs.take_row({"width_mm": "900", "colour": "violet"}))
    assert panel.notes.isVisible() and "900" in panel.notes.text() and "'violet'" in panel.notes.text()


def test_a_text_that_is_gone_on_with(bench, tmp_path, qtbot):
    tab = opened(bench, prose(tmp_path), qtbot)
    inputs, panel = tab.inputs, tab.answer
    next_answer(bench, qtbot, lambda: inputs.editor("text").setPlainText("one ho"))
    card = panel.cards()[0]
    assert card.written.text() == "one ho" and card.written.rivals[0].isVisible(), "what may come next"
    rival = card.written.rivals[0]
    inputs.options.length.set_value(12)
    next_answer(bench, qtbot, lambda: qtbot.mouseClick(rival, Qt.MouseButton.LeftButton))
    begun = inputs.editor("text").toPlainText()
    assert len(begun) > len("one ho") and card.written.text().startswith(begun)
    assert len(card.written.text()) == len(begun) + 12
    inputs.options.length.set_value(9_000)
    grown: list[int] = []
    bench.use.text_grew.connect(lambda: grown.append(len(bench.use.written)))
    qtbot.mouseClick(inputs.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(grown) >= 3, timeout=WITHIN_MS)
    assert inputs.ask.text() == "Stop" and grown == sorted(grown)
    qtbot.mouseClick(inputs.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.use.predict_state == "stopped", timeout=WITHIN_MS)
    assert card.written.text().startswith(begun) and len(card.written.text()) > len(begun) + 2
    assert inputs.ask.text() == "Write"


def test_a_generator(bench, tmp_path, qtbot):
    tab = opened(bench, generator(tmp_path), qtbot)
    inputs, panel = tab.inputs, tab.answer
    (latent,) = inputs.latents()
    first = panel.cards()[0].made_picture()
    assert first is not None and (first.width(), first.height()) == (8, 8)
    drawn = bench.use.prediction.predictions[0].drawn[latent.name]
    assert latent.sliders[0].value() == round(drawn[0] / 3 * 120), "the sliders stand where the seed put them"
    next_answer(bench, qtbot, lambda: latent.sliders[0].setValue(120))
    assert bench.use.prediction.predictions[0].drawn[latent.name][0] == pytest.approx(3.0)
    assert panel.cards()[0].made_picture() != first
    next_answer(bench, qtbot, latent.back.click)
    assert panel.cards()[0].made_picture() == first, "the same seed makes the same"
    latent.many.click()
    qtbot.waitUntil(lambda: panel.many.isVisible() and panel.many.count() == 24, timeout=WITHIN_MS)
    next_answer(bench, qtbot, lambda: panel.many.setCurrentRow(5))
    assert latent.seed.number() == 5 and panel.cards()[0].made_picture() is not None
