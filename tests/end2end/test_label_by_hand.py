"""A folder of pictures is dropped, searched, labelled by keyboard and mended, in the real window with a real engine."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.document import files
from engine.document.sample_names import names
from gui.data.tab import DataTab
from gui.widgets.grid_view import GridView
from tests.end2end.user import User

Key = Qt.Key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes of eight small pictures, each one different."""
    rng = np.random.default_rng(5)
    for place, name in enumerate(("ash", "birch", "cedar")):
        for number in range(8):
            pixels = rng.integers(0, 80, (24, 24, 3)).astype(np.uint8)
            pixels[..., place] += 150
            path = tmp_path / "trees" / name / f"{name}{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "trees"


def test_labels_given_by_hand_are_counted_by_the_engine_and_kept(user: User, folder: Path) -> None:
    window, data = user.window, user.window.bench.data
    user.click("start.empty")
    user.wait(lambda: window.bench.project.directory is not None)
    user.wait(lambda: window.tab() == "data")
    user.drop("data.drop", folder)
    user.wait(lambda: data.state in ("ready", "failed"))
    assert data.error is None, (data.error, window.bench.engine.last_words)
    assert data.classes == ["ash", "birch", "cedar"] and data.class_counts() == [8, 8, 8]
    tab = window.tab_widget("data")
    assert isinstance(tab, DataTab)
    grid = user.find("data.samples")
    assert isinstance(grid, GridView)
    user.wait(lambda: all(data.known_card(sample) is not None for sample in range(8)))

    # The engine searches; the first picture found becomes a cedar, the next two lose their label.
    tab.samples.filter.setFocus()
    QTest.keyClicks(tab.samples.filter, "birch3")
    user.wait(lambda: tab.samples.model.rowCount() == 1)
    chosen = tab.samples.model.sample(0)
    tab.samples.filter.clear()
    user.wait(lambda: tab.samples.model.rowCount() == 24)
    described = data.description
    grid.setFocus()
    grid.select_one(tab.samples.model.row_of(chosen))
    user.wait(lambda: data.known_card(chosen) is not None)
    user.press(Key.Key_3)
    assert data.class_counts() == [8, 7, 9]
    user.press(Key.Key_Right)
    user.press(Key.Key_Space)
    user.press(Key.Key_Right)
    user.press(Key.Key_Space)
    user.press(Key.Key_U)
    user.wait(lambda: data.description is not described and data.state == "ready" and not window.bench.project.dirty)
    user.wait(lambda: data.description is not None and data.description.counts.pool == 2)
    assert data.description is not None
    assert data.description.class_counts == data.class_counts()
    assert sum(data.class_counts()) == 22

    # A class is called otherwise, and everything is in the file.
    classes = tab.sources.classes
    classes.setFocus()
    classes.setCurrentRow(0)
    user.press(Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClicks(editor, "oak")
    user.press(Key.Key_Return)
    user.wait(lambda: data.description is not None and data.description.classes == ["oak", "birch", "cedar"])
    user.wait(lambda: not window.bench.project.dirty and not window.bench.project.saving)
    directory = window.bench.project.directory
    assert directory is not None
    saved = files.load(directory).data.labelling_of("label")
    assert saved.renamed == {"ash": "oak"}
    assert [(part.labels, len(list(names(part.samples)))) for part in saved.labelled] == [(("cedar",), 1), ((), 2)]
    assert sorted(path.name for path in (folder / "ash").iterdir()) == [f"ash{number}.png" for number in range(8)]

    # Undo, step by step, back to what was dropped.
    for _ in range(3):
        window.bench.project.history.undo()
    user.wait(lambda: data.description is not None and data.description.class_counts == [8, 8, 8])
    assert data.classes == ["ash", "birch", "cedar"]
