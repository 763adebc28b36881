"""The pattern of file names in the tab Data: what it makes of the first names, and reading them anew with another."""

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.document.data_spec import Source, SourceKind
from engine.document.edits import SetData
from engine.protocol.messages.data import DescribeData, ImportData
from gui.data.name_pattern import NamePattern
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from tests.gui.data_scene import FLOWERS, described, engine_of, show_flowers

NAMES = ["set/7_jackson_3.wav", "set/1_theo_0.wav", "set/odd.wav", "set/2_theo_0.wav"]


@pytest.fixture
def pattern(qapp, qtbot: QtBot) -> NamePattern:
    apply_theme(qapp, "dark")
    pattern = NamePattern()
    qtbot.addWidget(pattern)
    pattern.show()
    pattern.set_pattern("{label}_{part2}_{part3}", NAMES)
    return pattern


def test_the_first_names_show_what_the_pattern_makes_of_them(pattern: NamePattern) -> None:
    assert pattern.said.whole_text().splitlines() == [
        "7_jackson_3.wav → 7 (jackson, 3)",
        "1_theo_0.wav → 1 (theo, 0)",
        "odd.wav → no class yet",
    ]


def test_a_pattern_is_tried_while_it_is_typed_and_taken_on_return(pattern: NamePattern, qtbot: QtBot) -> None:
    told: list[str] = []
    pattern.committed.connect(told.append)
    pattern.edit.setFocus()
    pattern.edit.selectAll()
    qtbot.keyClicks(pattern.edit, "{take}_{label}")
    assert pattern.said.whole_text().startswith("7_jackson_3.wav → jackson_3 (7)")
    qtbot.keyClicks(pattern.edit, "_{}")
    assert pattern.said.whole_text().startswith("7_jackson_3.wav → jackson (7)")
    qtbot.keyClick(pattern.edit, Qt.Key.Key_Return)
    assert told == ["{take}_{label}_{}"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("{take}", "no {label}"), ("{label", "not closed"), ("{label}-{x}-{y}", "None of the names follows")],
)
def test_what_makes_no_sense_is_said_and_not_taken(pattern: NamePattern, qtbot: QtBot, text: str, words: str) -> None:
    told: list[str] = []
    pattern.committed.connect(told.append)
    pattern.edit.setText(text)
    assert words in pattern.said.whole_text()
    qtbot.keyClick(pattern.edit, Qt.Key.Key_Return)
    assert told == []


def test_the_pattern_that_is_used_already_asks_for_nothing(pattern: NamePattern, qtbot: QtBot) -> None:
    told: list[str] = []
    pattern.committed.connect(told.append)
    qtbot.keyClick(pattern.edit, Qt.Key.Key_Return)
    assert told == []
    pattern.set_pattern("{label}_{}_{}", NAMES)
    assert pattern.edit.text() == "{label}_{}_{}"


def test_another_pattern_reads_the_files_anew(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    tab = show_flowers(window, qtbot, tmp_path)
    assert tab.sources.pattern.isHidden()
    engine = engine_of(window)
    engine.answer_with(DescribeData, described())
    source = Source(kind=SourceKind.NAMED_FILES, path="/flowers", options={"pattern": "{label}{}"})
    window.bench.project.do(SetData(data=msgspec.structs.replace(FLOWERS, sources=(source,))))
    field = tab.sources.pattern
    qtbot.waitUntil(lambda: not field.isHidden() and "150.jpg → 15" in field.said.whole_text())
    engine.answer_with(ImportData, None)
    field.edit.setText("{label}")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    asked = engine.asked(ImportData)[-1]
    assert (asked.path, asked.layout, asked.options) == ("/flowers", "named_files", {"pattern": "{label}"})
